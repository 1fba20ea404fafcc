// A STAND-IN for the node's /openapi/v1.json: a document of the same shape (OpenAPI 3.1, shared schemas, nullable
// members, integers that may be written as text), with some of the node's operations.

const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const text = (description) => ({ type: "string", ...(description ? { description } : {}) });
const whole = (description) => ({
  pattern: "^-?(?:0|[1-9]\\d*)$",
  type: ["integer", "string"],
  format: "int64",
  ...(description ? { description } : {}),
});
const orNull = (schema) =>
  schema.$ref ? { oneOf: [{ type: "null" }, schema] } : { ...schema, type: ["null", ...[schema.type].flat()] };
const list = (items) => ({ type: "array", items });
const shape = (properties, required = Object.keys(properties)) => ({ type: "object", required, properties });
const path = (name, description, schema = text()) => ({ name, in: "path", required: true, description, schema });
const query = (name, description, schema = text()) => ({ name, in: "query", description, schema });
const answer = (schema, description = "OK", type = "application/json") => ({
  description,
  content: { [type]: { schema } },
});
const refused = {
  description: "Refused; the detail says what to do.",
  content: { "application/problem+json": { schema: ref("Problem") } },
};
const limit = query("limit", "How many at most: 50 unless told, never more than 200.", { ...whole(), default: 50 });

export const openapi = {
  openapi: "3.1.1",
  info: {
    title: "Ledger",
    version: "v1",
    description:
      "Records, blocks, proofs and anchors of this node. Reading needs no account; records authenticate themselves.",
  },
  servers: [{ url: "/" }],
  tags: [
    { name: "Records", description: "Seal, read and prove records." },
    { name: "Streams" },
    { name: "Chain" },
    { name: "Anchors" },
    { name: "Operations" },
  ],
  paths: {
    "/v1/records": {
      post: {
        tags: ["Records"],
        operationId: "submitRecords",
        summary: "Submit one record or many",
        description: "Each record is judged by itself: the answer holds one receipt per record, in order.",
        parameters: [
          query("wait", "Hold the answer until this state is reached.", { enum: ["settled", "anchored"] }),
          query("timeout", "Seconds to wait at most, up to 60.", whole()),
        ],
        requestBody: {
          required: true,
          content: {
            "application/cose": { schema: { type: "string", format: "binary" } },
            "application/cbor-seq": { schema: { type: "string", format: "binary" } },
          },
        },
        responses: {
          201: answer(ref("Receipts"), "Every record has the state waited for."),
          202: answer(ref("Receipts"), "Some records are only sealed."),
          400: refused,
          429: refused,
        },
      },
      get: {
        tags: ["Records"],
        operationId: "listRecords",
        summary: "List records, newest first",
        parameters: [query("before", "Only records with a smaller index.", whole()), limit],
        responses: { 200: answer(ref("RecordPage")), 400: refused },
      },
    },
    "/v1/records/{id}": {
      get: {
        tags: ["Records"],
        operationId: "getRecord",
        summary: "One record",
        description: "The bytes as signed, or with `Accept: application/json` its summary.",
        parameters: [path("id", "Record id, 128 hexadecimal digits.")],
        responses: {
          200: {
            description: "OK",
            content: {
              "application/cose": { schema: { type: "string", format: "binary" } },
              "application/json": { schema: ref("RecordSummary") },
            },
          },
          404: refused,
        },
      },
    },
    "/v1/records/{id}/evidence": {
      get: {
        tags: ["Records"],
        operationId: "getEvidence",
        summary: "The evidence file of a record",
        parameters: [
          path("id", "Record id, 128 hexadecimal digits."),
          query("format", "Instead of CBOR.", { enum: ["cbor", "json", "ots"], default: "cbor" }),
        ],
        responses: {
          200: answer(
            { type: "string", format: "binary" },
            "The evidence file.",
            "application/vnd.ledger.evidence+cbor",
          ),
          404: refused,
        },
      },
    },
    "/v1/streams/{id}": {
      get: {
        tags: ["Streams"],
        operationId: "getStream",
        summary: "One stream",
        parameters: [path("id", "Stream id, 64 hexadecimal digits.")],
        responses: { 200: answer(ref("Stream")), 404: refused },
      },
    },
    "/v1/blocks/{reference}": {
      get: {
        tags: ["Chain"],
        operationId: "getBlock",
        summary: "One block, by height or id",
        parameters: [path("reference", "Height, or block id.")],
        responses: { 200: answer(ref("Block")), 404: refused },
      },
    },
    "/v1/status": {
      get: {
        tags: ["Chain"],
        operationId: "getStatus",
        summary: "The state of the chain at this node",
        responses: { 200: answer(ref("Status")) },
      },
    },
    "/v1/events": {
      get: {
        tags: ["Chain"],
        operationId: "events",
        summary: "Follow the chain",
        description: "Server-sent events: `block`, `record`, `anchor`, `status`.",
        responses: { 200: { description: "An event stream.", content: { "text/event-stream": { schema: text() } } } },
      },
    },
    "/v1/anchors/{batch}": {
      get: {
        tags: ["Anchors"],
        operationId: "getAnchor",
        summary: "One anchor",
        parameters: [path("batch", "Height of the anchored block.", whole())],
        responses: { 200: answer(ref("Anchor")), 404: refused },
      },
    },
    "/readyz": {
      get: {
        tags: ["Operations"],
        operationId: "ready",
        summary: "Whether this node is ready",
        responses: { 200: answer(ref("Readiness")), 503: answer(ref("Readiness"), "Not ready.") },
      },
    },
  },
  components: {
    schemas: {
      RecordSummary: shape({
        id: text("Record id."),
        entry: text(),
        stream: text(),
        seq: whole(),
        kind: text(),
        time: whole("The signer's claim, in milliseconds since 1970."),
        issuer: text(),
        subject: text(),
        size: whole(),
        state: { enum: ["sealed", "settled", "anchored"] },
        height: orNull(whole()),
        index: orNull(whole()),
        blockTime: orNull(whole()),
        anchor: orNull(ref("RecordAnchor")),
      }),
      RecordAnchor: shape({
        batch: whole(),
        txid: text(),
        bitcoinHeight: whole(),
        bitcoinTime: whole(),
        confirmations: whole(),
      }),
      RecordPage: shape({ records: list(ref("RecordSummary")), next: orNull(whole()) }),
      Receipt: shape({
        id: text(),
        entry: text(),
        stream: text(),
        seq: whole(),
        state: text(),
        height: orNull(whole()),
        index: orNull(whole()),
        blockTime: orNull(whole()),
        problem: orNull(ref("Problem")),
      }),
      Receipts: shape({ receipts: list(ref("Receipt")) }),
      Stream: shape({
        stream: text(),
        seq: whole(),
        head: text(),
        time: whole(),
        sponsor: text(),
        keys: list(ref("StreamKey")),
        recovery: orNull(text()),
      }),
      StreamKey: shape({ kid: text(), first: whole(), revoked: orNull(whole()) }),
      Block: shape({
        height: whole(),
        id: text(),
        time: whole(),
        prev: text(),
        proposer: text(),
        size: whole(),
        root: text(),
        recordIds: list(text()),
        anchor: orNull(ref("Anchor")),
      }),
      Anchor: shape({
        batch: whole(),
        block: text(),
        state: { enum: ["waiting", "broadcast", "mined", "final", "failed"] },
        txid: orNull(text()),
        bitcoinHeight: orNull(whole()),
        confirmations: whole(),
        problem: orNull(text()),
      }),
      Status: shape({
        chain: text("SHA-256 of the genesis document."),
        name: text(),
        height: whole(),
        ready: { type: "boolean" },
        problems: list(text()),
        mempool: shape({ records: whole(), bytes: whole() }),
      }),
      Readiness: shape({ ready: { type: "boolean" }, problems: list(text()) }),
      Problem: shape(
        {
          type: text("Stable."),
          title: text(),
          status: whole(),
          detail: text("What to do."),
          cause: orNull(ref("Problem")),
        },
        ["type", "detail"],
      ),
    },
  },
};

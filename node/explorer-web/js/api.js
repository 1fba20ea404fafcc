// The node's HTTP interface as these pages use it. Every answer is data from the network: the callers show it as text.

/** What the node said, or that it said nothing. `status` is 0 when there was no answer. */
export class Problem extends Error {
  constructor(status, detail, type = null) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

const patience_ms = 15_000;

async function ask(path, accept) {
  let response;
  try {
    response = await fetch(path, { headers: { accept }, signal: AbortSignal.timeout(patience_ms), cache: "no-store" });
  } catch (error) {
    throw new Problem(
      0,
      error.name === "TimeoutError" ? "The node took too long to answer." : "The node does not answer.",
    );
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response) {
  let document = null;
  try {
    document = await response.json();
  } catch {
    // Something between us and the node may answer in its own way; the status is all there is.
  }
  const detail =
    typeof document?.detail === "string"
      ? document.detail
      : typeof document?.title === "string"
        ? document.title
        : `The node answered with status ${response.status}.`;
  return new Problem(response.status, detail, document?.type ?? null);
}

export async function getJson(path) {
  const response = await ask(path, "application/json");
  try {
    return await response.json();
  } catch {
    throw new Problem(response.status, "The node answered with something that is not JSON.");
  }
}

export async function getBytes(path, accept) {
  const response = await ask(path, accept);
  return new Uint8Array(await response.arrayBuffer());
}

function query(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export const api = {
  status: () => getJson("/v1/status"),
  blocks: (limit, before = null) => getJson(query("/v1/blocks", { before, limit })),
  block: (reference) => getJson(`/v1/blocks/${encodeURIComponent(reference)}`),
  records: (limit, before = null) => getJson(query("/v1/records", { before, limit })),
  record: (id) => getJson(`/v1/records/${encodeURIComponent(id)}`),
  recordBytes: (id) => getBytes(`/v1/records/${encodeURIComponent(id)}`, "application/cose"),
  anchors: (limit, before = null) => getJson(query("/v1/anchors", { before, limit })),
  anchor: (batch) => getJson(`/v1/anchors/${encodeURIComponent(batch)}`),
  validators: () => getJson("/v1/validators"),
  peers: () => getJson("/v1/peers"),
  streams: (limit, after = null) => getJson(query("/v1/streams", { after, limit })),
  stream: (id) => getJson(`/v1/streams/${encodeURIComponent(id)}`),
  streamRecords: (id, limit, from = null) =>
    getJson(query(`/v1/streams/${encodeURIComponent(id)}/records`, { from, limit })),
};

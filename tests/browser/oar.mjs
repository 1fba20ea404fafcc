// Writes Open Audit Records (OAR v1: COSE_Sign1 with tag 18 around deterministic CBOR) in JavaScript, from the format
// alone. The stand-in serves such records, and against a real node the suite seals some of its own.

import { createHash } from "node:crypto";

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
export const sha3_512 = (bytes) => createHash("sha3-512").update(bytes).digest();

const signatureBytes = 3309;

function head(major, value) {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 0x100) return Buffer.from([(major << 5) | 24, value]);
  if (value < 0x10000) return Buffer.from([(major << 5) | 25, value >> 8, value & 255]);
  const wide = Buffer.alloc(value < 0x1_0000_0000 ? 5 : 9);
  wide[0] = (major << 5) | (wide.length === 5 ? 26 : 27);
  if (wide.length === 5) wide.writeUInt32BE(value, 1);
  else wide.writeBigUInt64BE(BigInt(value), 1);
  return wide;
}

/** Deterministic CBOR (RFC 8949 §4.2.1) of booleans, integers, text, Uint8Array, arrays, Map or objects (text keys). */
export function cbor(value) {
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  const pairs = (value instanceof Map ? [...value] : Object.entries(value)).map(([key, member]) => [
    cbor(key),
    cbor(member),
  ]);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
}

/**
 * One record. `sign` gets the Sig_structure of RFC 9052 §4.4 and gives the 3309 bytes of an ML-DSA-65 signature.
 * @returns {{bytes: Buffer, id: Buffer, entry: Buffer}}
 */
export function record({ kid, issuer, subject, stream, seq, prev, time, kind, body, causes }, sign) {
  const header = cbor(
    new Map([
      [1, -49],
      [3, "application/oar+cbor"],
      [4, kid],
      [
        15,
        new Map([
          [1, issuer],
          [2, subject],
        ]),
      ],
    ]),
  );
  const payload = cbor({ v: 1, stream, seq, prev, time, kind, body, ...(causes ? { causes } : {}) });
  const signature = sign(cbor(["Signature1", header, Buffer.alloc(0), payload]));
  if (signature.length !== signatureBytes)
    throw new Error(`A signature has ${signatureBytes} bytes, not ${signature.length}.`);
  const bytes = Buffer.concat([
    Buffer.from([0xd2, 0x84]),
    cbor(header),
    Buffer.from([0xa0]),
    cbor(payload),
    cbor(signature),
  ]);
  return { bytes, id: sha3_512(bytes), entry: sha256(bytes) };
}

const salted = (text) => ({
  alg: "sha-256",
  hash: sha256(Buffer.from(`salt of the tests ${text}`)),
  type: "text/plain",
  size: text.length,
});

/** Bodies as an operator of an AI system would seal them. */
export const bodies = {
  genesis: (key, name) => ({ key, name }),
  intent: (action) => ({
    action,
    actor: { id: "agent-7f3a", type: "agent" },
    authority: "policy-12",
    model: { name: "assistant", version: "4.2" },
    config: { prompt: sha256(Buffer.from("prompt 3")) },
    input: [salted(action)],
    target: "case-90210",
  }),
  outcome: (intent, status = "executed") => ({
    intent,
    status,
    output: [salted(status)],
    reported: "assistant-4.2-b7",
  }),
  measure: () => ({
    metric: "accuracy",
    value: "0.947",
    dataset: salted("held-out set"),
    model: { name: "assistant", version: "4.2" },
  }),
  document: () => ({ type: "model-card", doc: salted("model card"), issued: 1_780_000_000_000 }),
};

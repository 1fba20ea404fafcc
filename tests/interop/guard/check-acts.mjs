// Matches acts to intents with nothing of the SDK: reads a chain file and the log of act.py, verifies every signature
// and every link, and asks for each act whether its intent stood in the file, whole, when the act took place.
// Arguments: chain file, log. Prints one JSON document; exit code 1 if an act has no such intent.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { sha3_512 } from "@noble/hashes/sha3.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const fail = (reason) => {
  throw new Error(reason);
};

/** A decoder for what records are made of; where it stops is part of its answer. */
function decode(bytes, at) {
  const major = bytes[at] >> 5;
  const info = bytes[at] & 31;
  const extra = info < 24 ? 0 : info < 28 ? 1 << (info - 24) : fail("an item of a kind that no record holds");
  let n = info;
  if (extra) n = Number(BigInt(`0x${hex(bytes.subarray(at + 1, at + 1 + extra))}`));
  at += 1 + extra;
  if (major === 0) return [n, at];
  if (major === 1) return [-1 - n, at];
  if (major === 2 || major === 3) {
    if (at + n > bytes.length) fail("torn");
    const content = bytes.subarray(at, at + n);
    return [major === 2 ? content : Buffer.from(content).toString("utf8"), at + n];
  }
  if (major === 4) {
    const items = [];
    for (let i = 0; i < n; i++) [items[i], at] = decode(bytes, at);
    return [items, at];
  }
  if (major === 5) {
    const members = new Map();
    for (let i = 0; i < n; i++) {
      let key, value;
      [key, at] = decode(bytes, at);
      [value, at] = decode(bytes, at);
      members.set(key, value);
    }
    return [members, at];
  }
  if (major === 6) return decode(bytes, at);
  return [n === 21 ? true : n === 20 ? false : null, at];
}

const byteString = (bytes) => {
  const n = bytes.length;
  const head = n < 24 ? [0x40 | n] : n < 256 ? [0x58, n] : [0x59, n >> 8, n & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
};

/** What the signature covers (RFC 9052 §4.4). */
const signed = (protectedHeader, payload) => Buffer.concat([
  Buffer.from([0x84, 0x6a]), Buffer.from("Signature1"), byteString(protectedHeader), byteString(Buffer.alloc(0)),
  byteString(payload),
]);

const chain = readFileSync(process.argv[2]);
const intents = new Map();
const outcomes = new Set();
let key;
let records = 0;
let previous = Buffer.alloc(64);
for (let at = 0; at < chain.length; ) {
  let item, end;
  try {
    [item, end] = decode(chain, at);
  } catch {
    break; // what a kill tore off is no record
  }
  const [protectedHeader, , payload, signature] = item;
  const [content] = decode(payload, 0);
  const [header] = decode(protectedHeader, 0);
  const body = content.get("body");
  key ??= body.get("key");
  const kid = createHash("sha256").update(key).digest();
  if (!kid.equals(header.get(4))) fail(`record ${records} is signed by another key`);
  if (!ml_dsa65.verify(signature, signed(protectedHeader, payload), key)) fail(`record ${records}: bad signature`);
  if (content.get("seq") !== records || !previous.equals(content.get("prev"))) fail(`record ${records}: bad link`);
  previous = Buffer.from(sha3_512(chain.subarray(at, end)));
  if (content.get("kind") === "intent") intents.set(hex(previous), end);
  if (content.get("kind") === "outcome") outcomes.add(hex(body.get("intent")));
  records++;
  at = end;
}

const acts = readFileSync(process.argv[3], "utf8").split("\n").filter(Boolean).map((line) => line.split(" "));
const missing = acts.filter(([id]) => !intents.has(id)).length;
const early = acts.filter(([id, length]) => intents.has(id) && intents.get(id) > Number(length)).length;
const open = [...intents.keys()].filter((id) => !outcomes.has(id)).length;
console.log(JSON.stringify({ records, intents: intents.size, acts: acts.length, missing, early, open }));
process.exit(missing + early > 0 ? 1 : 0);

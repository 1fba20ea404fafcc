// Opens the vault of tests/vectors/vault from node/VAULT.md alone, by its passphrase. No packages.
import { createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import assert from "node:assert/strict";

const root = new URL("./vault/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("vault.json", root)));
const read = (name) => readFileSync(new URL(`sample.vault/${name}`, root));
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function open(key, nonce, sealed, bound) {
  const cipher = createDecipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(bound);
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}

// Deterministic CBOR: as much of it as the file "key" has.
function decode(bytes) {
  let at = 0;
  const item = () => {
    const head = bytes[at++];
    const info = head & 31;
    let value = info;
    if (info >= 24) {
      const size = 1 << (info - 24);
      value = bytes.readUIntBE(at, size);
      at += size;
    }
    const take = () => bytes.subarray(at, (at += value));
    switch (head >> 5) {
      case 0: return value;
      case 2: return take();
      case 3: return take().toString("utf8");
      case 4: return Array.from({ length: value }, item);
      case 5: return Object.fromEntries(Array.from({ length: value }, () => [item(), item()]));
      default: throw new Error(`no item begins with ${head}`);
    }
  };
  const value = item();
  assert.equal(at, bytes.length);
  return value;
}

function head(major, value) {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  const size = value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
  const out = Buffer.alloc(1 + size);
  out[0] = (major << 5) | { 1: 24, 2: 25, 4: 26 }[size];
  out.writeUIntBE(value, 1, size);
  return out;
}

const text = (value) => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
const bytes = (value) => Buffer.concat([head(2, value.length), value]);

// The data key, by the slot of the passphrase.
const file = decode(read("key"));
assert.deepEqual([file.v, file.type, file.stream.toString("hex")], [1, "vault-key", expected.stream]);
assert.equal(file.slots.length, 2);
const slot = file.slots.find((one) => one.salt);
const sealing = pbkdf2Sync(expected.passphrase, slot.salt, slot.rounds, 32, "sha512");
const bound = Buffer.concat([
  head(4, 4), text("ledger/vault/key/1"), bytes(file.stream), bytes(slot.salt), head(0, slot.rounds),
]);
const dataKey = open(sealing, slot.sealed.subarray(0, 12), slot.sealed.subarray(12), bound);
const derive = (use) =>
  Buffer.from(hkdfSync("sha256", dataKey, Buffer.alloc(0), Buffer.from(`ledger/vault/1 ${use}`), 32));
const draw = (use, name, value) =>
  createHmac("sha256", derive("draw")).update(`ledger/vault/1\0${use}\0${name}\0`).update(value).digest();

// The keys of the contents.
const table = read("keys");
const start = table.subarray(0, 12);
assert.deepEqual(start, Buffer.from("LedgerKeys\u0000\u0001"));
assert.equal((table.length - 12) % 93, 0);
const keys = new Map();
const parts = new Map();
let overwritten = 0;
for (let at = 12; at < table.length; at += 93) {
  const entry = table.subarray(at, at + 93);
  if (entry[0] === 0) {
    assert.ok(entry.every((byte) => byte === 0));
    overwritten++;
    continue;
  }
  const secret = open(
    derive("keys"), entry.subarray(33, 45), entry.subarray(45), Buffer.concat([start, entry.subarray(0, 33)]));
  (entry[0] === 1 ? keys : parts).set(entry.subarray(1, 33).toString("hex"), secret);
}
assert.equal(overwritten, 1);

// A content, piece by piece.
function content(name) {
  const sealed = read(`contents/${name}`);
  const header = sealed.subarray(0, 12);
  assert.deepEqual(header, Buffer.from("LedgerVault\u0001"));
  const plain = [];
  for (let at = 12, piece = 0; at < sealed.length; piece++) {
    const end = Math.min(at + 65_536 + 16, sealed.length);
    const last = end === sealed.length;
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(piece, 7);
    nonce[11] = last ? 1 : 0;
    const named = last ? Buffer.concat([header, Buffer.from(name, "hex")]) : header;
    plain.push(open(keys.get(name), nonce, sealed.subarray(at, end), named));
    at = end;
  }
  return Buffer.concat(plain);
}

for (const one of expected.contents) {
  const plain = content(one.name);
  assert.equal(sha256(plain).toString("hex"), one.name);
  assert.equal(plain.subarray(0, 32).toString("hex"), one.salt);
  assert.equal(sha256(plain.subarray(32)).toString("hex"), one.sha256);
}
const version = draw("part", expected.part.word, sha256(Buffer.from(expected.part.content))).toString("hex");
assert.equal(parts.get(version).toString("hex"), expected.part.name);
assert.equal(content(expected.part.name).subarray(32).toString(), expected.part.content);
const { name, text: stands } = expected.pseudonym;
assert.equal(`p-${draw("pseudonym", "", Buffer.from(stands)).subarray(0, 16).toString("hex")}`, name);
const nameOf = sha256(Buffer.from(`ledger/vault/name/1\0${name}`)).toString("hex");
assert.equal(content(nameOf).toString(), stands);
assert.ok(!keys.has(expected.erased) && !existsSync(new URL(`sample.vault/contents/${expected.erased}`, root)));
console.log(`vault: ${keys.size} contents opened from the specification`);

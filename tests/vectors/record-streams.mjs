// Streams of records and the verdict on a bare chain file, as consensus/README.md specifies them: S1 to S16, V1 to V6.
// Written from that page. Revocation by its definition, with the whole file at hand.
import { Refused, Reader, bytes, digest, encode, map, unsigned } from './cbor.mjs';
import { readRecord, same, sha256 } from './record-formats.mjs';

const KEYS_MAX = 256;
const KEYS_FOR_RECOVERY = 16;
const RECORD_BYTES_MAX = 60_000;
const CAUSES_COUNTED_IN = 65_536;

class Fault extends Error {
  constructor(layer, reason) {
    super(reason);
    this.layer = layer;
    this.reason = reason;
  }
}

const link = (holds, reason) => { if (!holds) throw new Fault('link', reason); };
const zeros = Buffer.alloc(64);

export const keyStatement = (record) => encode(['ledger/key/1', record.stream, record.seq, record.prev, record.body.key]);
export const freezeStatement = (chain, stream, n) => encode(['ledger/freeze/1', chain, stream, n]);
const key = bytes(1_952);
const freezeShape = map({ n: unsigned(), sig: bytes(3_309), chain: digest, signer: key, stream: digest });

/** S16: reads a freeze; whether chain, stream and number are right is for whoever heeds it. */
export function readFreeze(wire, verify) {
  const freeze = new Reader(wire).document(freezeShape);
  if (!verify(freeze.signer, freezeStatement(freeze.chain, freeze.stream, freeze.n), freeze.sig)) {
    throw new Fault('signature', 'not signed by the key that it carries');
  }
  return freeze;
}

// ---- V1: a file is cut by the lengths of its items alone. ----

/** Length of the item at `at`, or null where none can be read. */
function itemLength(file, at) {
  let owed = 1;
  let next = at;
  while (owed > 0) {
    owed--;
    if (next >= file.length) return null;
    const major = file[next] >> 5;
    const info = file[next] & 31;
    if (info > 27) return null;
    const size = info < 24 ? 0 : 1 << (info - 24);
    if (next + 1 + size > file.length) return null;
    let argument = info;
    if (size > 0) argument = Number(BigInt(`0x${file.subarray(next + 1, next + 1 + size).toString('hex')}`));
    next += 1 + size;
    if (major === 2 || major === 3) next += argument;
    if (major === 4) owed += argument;
    if (major === 5) owed += 2 * argument;
    if (major === 6) owed += 1;
    if (next + owed - at > RECORD_BYTES_MAX) return null;
  }
  return next <= file.length ? next - at : null;
}

// ---- The stream rules. ----

/** The key that must have made the signature, if one is known (V2). */
function signingKey(state, record) {
  if (state === null) return record.kind === 'genesis' && same(sha256(record.body.key), record.kid) ? record.body.key : null;
  if (same(record.kid, state.keys.at(-1).kid)) return state.keys.at(-1).key;
  const carried = ['key', 'revoke'].includes(record.kind) ? record.body.signer : undefined;
  const byRecovery = state.recovery !== null && same(record.kid, state.recovery);
  return byRecovery && carried && same(sha256(carried), record.kid) ? carried : null;
}

function judgeFirst(record) {
  if (record.seq !== 0) throw new Fault('gap', 'S2: the first number is 0');
  link(same(record.prev, zeros), 'S3');
  link(record.kind === 'genesis', 'S4: no genesis record');
  link(same(sha256(record.body.key), record.kid), 'S4: signed by another key than it names');
  link(!record.body.recovery || !same(record.body.recovery, record.kid), 'S4: the recovery key is the first key');
  link(same(record.stream, record.kid), 'S1');
}

function judgeNext(state, record, verify) {
  link(same(record.stream, state.keys[0].kid), 'S1');
  if (record.seq > state.seq + 1) throw new Fault('gap', 'S2: a hole');
  link(record.seq === state.seq + 1, 'S2: taken');
  link(same(record.prev, state.head), 'S3');
  link(record.kind !== 'genesis', 'S4');
  link(record.time >= state.time || record.kind === 'gap', 'S6');
  const byRecovery = state.recovery !== null && same(record.kid, state.recovery);
  link(byRecovery || same(record.kid, state.keys.at(-1).kid), 'S7: not the key in force');
  const mayCarry = record.kind === 'key' || record.kind === 'revoke';
  if (byRecovery) {
    link(mayCarry, 'S7: the recovery key signs key and revoke');
    link(record.body.signer && same(sha256(record.body.signer), record.kid), 'S7: signer');
  } else if (mayCarry) {
    link(record.body.signer === undefined, 'S7: signer');
  }
  if (record.kind === 'key') judgeKey(state, record, byRecovery, verify);
  if (record.kind === 'revoke') judgeRevoke(state, record, byRecovery);
}

function judgeKey(state, record, byRecovery, verify) {
  const kid = sha256(record.body.key);
  link(!state.keys.some((held) => same(held.kid, kid)), 'S8: in force before');
  link(state.recovery === null || !same(kid, state.recovery), 'S8: the recovery key');
  link(state.keys.length < (byRecovery ? KEYS_MAX : KEYS_MAX - KEYS_FOR_RECOVERY), 'S9');
  if (!verify(record.body.key, keyStatement(record), record.body.proof)) throw new Fault('proof', 'S10');
}

function judgeRevoke(state, record, byRecovery) {
  const place = state.keys.findIndex((held) => same(held.kid, record.body.kid));
  link(place >= 0, 'S11: never in force');
  link(record.body.since <= record.seq, 'S11: in the future');
  if (state.recovery === null || byRecovery) return;
  const least = place + 1 < state.keys.length ? state.keys[place + 1].first : record.seq;
  link(record.body.since >= least, 'S12');
}

function advance(state, record) {
  if (state === null) {
    return { seq: 0, head: record.id, time: record.time, recovery: record.body.recovery ?? null,
      keys: [{ kid: record.kid, key: record.body.key, first: 0, byRecovery: false }] };
  }
  const byRecovery = state.recovery !== null && same(record.kid, state.recovery);
  const keys = record.kind === 'key'
    ? [...state.keys, { kid: sha256(record.body.key), key: record.body.key, first: record.seq + 1, byRecovery }] : state.keys;
  return { ...state, seq: record.seq, head: record.id, time: record.time, keys };
}

// ---- Which records are revoked, from the definition. ----

/** What one `revoke` record condemns: numbers of records, and from which number on each key is revoked. */
function condemned(records, revoke) {
  const { kid, since, heirs = false } = revoke.body;
  const numbers = new Set();
  const keys = new Map();
  const reached = [{ kid, since }];
  while (reached.length > 0) {
    const one = reached.pop();
    const name = one.kid.toString('hex');
    keys.set(name, Math.min(one.since, keys.get(name) ?? Infinity));
    for (const record of records) {
      if (record.seq < one.since || !same(record.kid, one.kid) || record === revoke) continue;
      numbers.add(record.seq);
      if (heirs && record.kind === 'key' && record.seq < revoke.seq) {
        reached.push({ kid: sha256(record.body.key), since: record.seq + 1 });
      }
    }
  }
  return { numbers, keys };
}

/** S14: the state after the last of some sound records, encoded as the streams map commits to it. */
export function encodedState(records, sponsor) {
  const state = records.reduce((before, record) => advance(before, record), null);
  const revoked = new Map();
  for (const revoke of records.filter((record) => record.kind === 'revoke')) {
    for (const [name, since] of condemned(records.filter((record) => record.seq <= revoke.seq), revoke).keys) {
      revoked.set(name, Math.min(since, revoked.get(name) ?? Infinity));
    }
  }
  const keys = state.keys.map(({ kid, first, byRecovery }) => [kid, first, revoked.get(kid.toString('hex')) ?? null, byRecovery]);
  return encode([state.seq, state.head, state.time, state.recovery, sponsor, keys]);
}

// ---- The verdict. ----

/** `verify(publicKey, message, signature)` is ML-DSA-65. */
export function verdictOn(file, verify) {
  const records = [];
  let state = null;
  const invalid = (layer, reason) => ({ verdict: 'INVALID', layer, index: records.length, reason });
  for (let at = 0; at < file.length;) {
    const length = itemLength(file, at);
    if (length === null) return invalid('encoding', 'no whole record');
    try {
      const record = readRecord(file.subarray(at, at + length));
      const publicKey = signingKey(state, record);
      if (publicKey && !verify(publicKey, record.signed, record.signature)) throw new Fault('signature', 'the signature does not hold');
      if (state === null) judgeFirst(record);
      else judgeNext(state, record, verify);
      if (!publicKey) throw new Error('a record passed every rule without a key for its signature');
      state = advance(state, record);
      records.push(record);
    } catch (fault) {
      if (fault instanceof Refused) return invalid('encoding', fault.reason);
      if (fault instanceof Fault) return invalid(fault.layer, fault.reason);
      throw fault;
    }
    at += length;
  }
  if (records.length === 0) return invalid('encoding', 'an empty file');
  const revoked = records.filter((record) => record.kind === 'revoke').flatMap((revoke) => [...condemned(records, revoke).numbers]);
  const shown = new Set(records.map((record) => record.id.toString('hex')));
  const notShown = records.flatMap((record) => record.causes).filter((cause) => !shown.has(cause.toString('hex'))).length;
  const causes = records.length <= CAUSES_COUNTED_IN ? { notShown } : {};
  return revoked.length > 0
    ? { verdict: 'REVOKED', layer: 'revocation', index: Math.min(...revoked), ...causes }
    : { verdict: 'VERIFIED', layer: null, index: null, ...causes };
}

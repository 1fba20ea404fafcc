// The formats of the chain as consensus/README.md gives them: the shape that a reader demands, and the encoding of a
// value. Used by check-chain.mjs.
import { createHash } from 'node:crypto';
import { array, bytes, checked, digest, encode, integer, map, nested, text, tuple, unsigned, word } from './cbor.mjs';

export const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
export const sha3 = (data) => createHash('sha3-512').update(data).digest();
export const hex = (data) => Buffer.from(data).toString('hex');
export const unhex = (data) => Buffer.from(data, 'hex');

const keysOf = ({ vote, governance }) => [vote, governance].map(hex);
const apart = (value, before) => !before.some(({ name, stream }) => name === value.name || stream.equals(value.stream))
  && new Set([value, ...before].flatMap(keysOf)).size === 2 * (before.length + 1);

// ---- Configuration and genesis document. ----

const sponsorQuota = map({ bytes: unsigned(), records: unsigned(), streams: unsigned() });
const streamQuota = map({ bytes: unsigned(), records: unsigned() });
const member = map({ kids: array(digest, 0, 4_096), name: checked(text(64), (name) => !['', 'open'].includes(name)) });
const kidsOf = (members) => members.flatMap(({ kids }) => kids.map(hex));
const members = checked(array(member, 0, 1_024), (all) => new Set(kidsOf(all)).size === kidsOf(all).length);
const admission = map({ mode: word('open', 'invited'), open: sponsorQuota, roots: unsigned(), member: sponsorQuota,
  stream: streamQuota, window: unsigned(1), members });
const parameters = map({ read: word('open', 'members'), protocol: unsigned(), heartbeat: unsigned(),
  precision: unsigned(), voteTimeout: unsigned(), anchorBlocks: unsigned(), blockRecords: unsigned(1, 15_000),
  messageDelay: unsigned(), anchorMinutes: unsigned(), timeoutGrowth: unsigned(), proposeTimeout: unsigned() });
const validator = map({ name: text(64), peer: bytes(0, 64), vote: bytes(1_952), power: unsigned(1, 1_000_000_000),
  stream: digest, governance: bytes(1_952) });
export const configuration = map({ v: unsigned(1, 1), change: unsigned(), admission,
  observers: array(bytes(0, 64), 0, 256), parameters, validators: array(validator, 1, 256, apart) });
const predecessor = map({ root: digest, size: unsigned(), block: digest, chain: digest, height: unsigned(),
  streams: digest });
export const genesisDocument = map({ v: unsigned(1, 1), name: text(64), time: unsigned(),
  bitcoin: word('main', 'testnet4', 'signet', 'regtest'), predecessor, configuration }, ['predecessor']);

// ---- Blocks. ----

export const header = map({ v: unsigned(1, 1), body: digest, next: digest, prev: digest, root: digest,
  size: unsigned(), time: unsigned(), chain: digest, commit: digest, height: unsigned(), streams: digest,
  proposer: digest, validators: digest });
export const body = map({ records: array(bytes(64), 0, 15_000), misbehaviour: array(bytes(0, 16_384), 0, 64) });
const vote = tuple(unsigned(0, 255), bytes(3_309));
export const commit = map({ v: unsigned(1, 1), block: digest, round: unsigned(0, 2 ** 31 - 1),
  votes: array(vote, 1, 256, ([voter], before) => before.every(([other]) => other < voter)), height: unsigned() });

// ---- Governance: changes, and the files that carry what people agree on. ----

const invited = map({ kids: array(digest, 0, 4_096), name: checked(text(64), (name) => !['', 'open'].includes(name)) });
const memberName = checked(text(64), (name) => name !== '');
const changeMembers = { set: array(validator, 1, 256), invite: array(invited, 1, 1_024), remove: array(memberName, 1, 256),
  withdraw: array(digest, 1, 4_096), admission: checked(admission, ({ members }) => members.length === 0),
  observers: array(bytes(0, 64), 0, 256), parameters };
export const change = checked(map(changeMembers, Object.keys(changeMembers)), (value) => Object.keys(value).length > 0);
const approval = map({ kid: digest, sig: bytes(3_309) });
export const proposal = map({ v: unsigned(1, 1), at: unsigned(), chain: digest, change,
  approvals: array(approval, 0, 256, ({ kid }, before) => before.every((one) => Buffer.compare(one.kid, kid) < 0)) });
export const seat = map({ v: unsigned(1, 1), chain: digest, validator });
export const invitation = map({ v: unsigned(1, 1), genesis: nested(4_194_304, genesisDocument),
  addresses: array(text(512), 1, 256) });
export const governanceBytes = ({ chain, at, change: what }) => encode(['ledger/gov/1', chain, at, what]);

/** The first 128 bits of a digest as eight words: proquints (arXiv:0901.4016). */
export const words = (hash) => Array.from({ length: 8 }, (_, i) => hash.readUInt16BE(2 * i)).map((bits) =>
  [12, 10, 6, 4, 0].map((at, i) => (i % 2 ? 'aiou'[bits >> at & 3] : 'bdfghjklmnprstvz'[bits >> at & 15])).join('')).join('-');

// ---- Sign bytes. ----

export const voteBytes = ({ chain, height, round, step, block }) =>
  encode(['ledger/vote/1', chain, height, round, step, block]);
export const proposalBytes = ({ chain, height, round, validRound, block }) =>
  encode(['ledger/proposal/1', chain, height, round, validRound, block]);

// ---- Misbehaviour: two signed statements that contradict each other. ----

const place = [digest, unsigned(), unsigned(0, 2 ** 31 - 1)];
const blockOrNil = (reader) => reader.bytes[reader.at] === 0xf6 ? (reader.at++, null) : digest(reader);
const statements = {
  'ledger/vote/1': [...place, unsigned(1, 2), blockOrNil],
  'ledger/proposal/1': [...place, integer, digest],
};

function consensusStatement(reader) {
  const start = reader.at;
  if (reader.open(4, 1) !== 6) reader.refuse('an array or map has the wrong number of items', start);
  const at = reader.at;
  const purpose = reader.text();
  if (!(purpose in statements)) reader.refuse('a value that is not allowed here', at);
  const items = [];
  for (const shape of statements[purpose]) {
    items.push(checked(shape, (value) => shape !== integer || (value >= -1 && value < items[2]))(reader));
  }
  reader.depth--;
  return { purpose, items };
}

/** X1 and X2: of one kind, chain, height, round and, for votes, step; different; the smaller bytes first. */
function contradict(one, other) {
  const same = one.purpose === other.purpose ? (one.purpose === 'ledger/vote/1' ? 4 : 3) : 0;
  return same > 0 && Buffer.compare(one.whole, other.whole) < 0
    && one.items.slice(0, same).every((item, i) => encode(item).equals(encode(other.items[i])));
}

export const misbehaviour = (reader) => {
  let first;
  const signed = (condition) => tuple(checked(nested(128, consensusStatement), condition), bytes(3_309));
  return map({ v: unsigned(1, 1), key: bytes(1_952), type: word('misbehaviour'),
    first: (inner) => (first = signed(() => true)(inner)),
    second: (inner) => signed((second) => contradict(first[0], second))(inner) })(reader);
};

/** X5: one height, the smaller block id first. */
export const fork = (reader) => {
  let first;
  const inner = nested(1 << 20, commit);
  return map({ v: unsigned(1, 1), type: word('fork'), first: (outer) => (first = inner(outer)),
    second: checked(inner, (second) => first.height === second.height && Buffer.compare(first.block, second.block) < 0),
    genesis: nested(4_194_304, genesisDocument) })(reader);
};

// ---- What an encoding consists of, piece by piece. ----

const isBytes = (value) => value instanceof Uint8Array;
const say = (value) => value === null ? 'null' : isBytes(value) ? `${value.length} bytes` : JSON.stringify(value);

/** [hex, meaning] for the head of an array or map of simple items and for each of them. */
export function layoutOf(value) {
  const isArray = Array.isArray(value);
  const items = isArray ? value.map((item) => [null, item]) : Object.entries(value);
  const whole = encode(value);
  const rows = [[hex(whole.subarray(0, 1)), `${isArray ? 'array' : 'map'} of ${items.length}`]];
  for (const [key, item] of items) {
    const encoded = Buffer.concat([key === null ? Buffer.alloc(0) : encode(key), encode(item)]);
    rows.push([hex(encoded), key === null ? say(item) : `${key}: ${say(item)}`]);
  }
  if (rows.map(([piece]) => piece).join('') !== hex(whole)) throw new Error('the pieces are not the whole');
  return rows;
}

// ---- Log and streams map, for few leaves. ----

export function logRoot(entries) {
  const fold = (leaves) => {
    if (leaves.length === 1) return leaves[0];
    const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
    return sha256(Buffer.of(1), fold(leaves.slice(0, k)), fold(leaves.slice(k)));
  };
  return entries.length === 0 ? sha256() : fold(entries.map((entry) => sha256(Buffer.of(0), entry)));
}

export function logPath(entries, index) {
  if (entries.length === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(entries.length) - 1);
  return index < k
    ? [...logPath(entries.slice(0, k), index), logRoot(entries.slice(k))]
    : [...logPath(entries.slice(k), index - k), logRoot(entries.slice(0, k))];
}

const bit = (key, depth) => (key[depth >> 3] >> (7 - (depth & 7))) & 1;

export function mapRoot(leaves, depth = 0) {
  if (leaves.length === 0) return Buffer.alloc(32);
  if (leaves.length === 1) return sha256(Buffer.of(2), ...leaves[0]);
  const half = (side) => mapRoot(leaves.filter(([key]) => bit(key, depth) === side), depth + 1);
  return sha256(Buffer.of(3), half(0), half(1));
}

export function mapProof(leaves, key) {
  const siblings = [];
  while (leaves.length > 1) {
    const depth = siblings.length;
    siblings.push(mapRoot(leaves.filter(([other]) => bit(other, depth) !== bit(key, depth)), depth + 1));
    leaves = leaves.filter(([other]) => bit(other, depth) === bit(key, depth));
  }
  const mask = Buffer.alloc(Math.ceil(siblings.length / 8));
  siblings.forEach((sibling, i) => { if (sibling.some((byte) => byte !== 0)) mask[i >> 3] |= 0x80 >> (i & 7); });
  return { end: leaves[0][1], mask, path: siblings.filter((sibling) => sibling.some((byte) => byte !== 0)) };
}

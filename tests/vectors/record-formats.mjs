// One Open Audit Record as consensus/README.md specifies it: C1 to C9, R1 to R12, B1 to B17, D1 to D4, and F1 to F5 on
// which fault is reported and where. Written from that page.
import { createHash } from 'node:crypto';
import { Reader, array, bytes, checked, digest, encode, head, tuple } from './cbor.mjs';

export const sha256 = (data) => createHash('sha256').update(data).digest();
export const sha3 = (data) => createHash('sha3-512').update(data).digest();
export const hex = (data) => Buffer.from(data).toString('hex');
export const unhex = (text) => Buffer.from(text, 'hex');
export const same = (left, right) => Buffer.compare(left, right) === 0;

const UNKNOWN = 'a member that this map does not allow';
const MISSING = 'a required member is missing';
const WRONG_COUNT = 'an array or map has the wrong number of items';

// ---- Shapes beside those of cbor.mjs. ----

const majorOf = (reader) => reader.bytes[reader.at] >> 5;
const hasByte = (reader) => reader.at < reader.bytes.length;
const unsigned = (reader) => reader.unsigned();
const text = (reader) => reader.text();
const anyBytes = (reader) => reader.string(2);
const word = (...words) => checked(text, (value) => words.includes(value));
const many = (item) => array(item, 1, Infinity);

function integer(reader) {
  if (!hasByte(reader) || majorOf(reader) !== 1) return reader.unsigned();
  const start = reader.at;
  const value = -1 - reader.head(1);
  if (value < -(2 ** 53 - 1)) reader.refuse('an integer outside ±(2^53 - 1)', start);
  return value;
}

function boolean(reader) {
  if (!hasByte(reader)) reader.refuse('the bytes end inside an item');
  const first = reader.bytes[reader.at];
  if (first !== 0xf4 && first !== 0xf5) reader.refuseType(first);
  reader.at++;
  return first === 0xf5;
}

/** Any value that C1 to C9 allow. A map comes back as a Map, so that its order stays. */
function any(reader) {
  if (!hasByte(reader)) reader.refuse('the bytes end inside an item');
  switch (majorOf(reader)) {
    case 0:
    case 1: return integer(reader);
    case 2: return reader.string(2);
    case 3: return reader.text();
    case 4: return array(any, 0, Infinity)(reader);
    case 5: return table(any, { least: 0 })(reader);
    default: break;
  }
  const first = reader.bytes[reader.at];
  if (first === 0xf6) {
    reader.at++;
    return null;
  }
  return first === 0xf4 || first === 0xf5 ? boolean(reader) : reader.refuseType(first);
}

/** F3, first half: reads a key and compares it with the one before. */
function readKey(reader, scope) {
  const start = reader.at;
  if (scope.labels) {
    scope.key = reader.unsigned();
  } else {
    if (hasByte(reader) && majorOf(reader) !== 3) reader.refuse('a map key is not a text');
    scope.key = reader.text();
  }
  const encoded = reader.bytes.subarray(start, reader.at);
  const order = scope.last === null ? -1 : Buffer.compare(scope.last, encoded);
  if (order === 0) reader.refuse('a map key stands twice', start);
  if (order > 0) reader.refuse('map keys are not in ascending order of their encodings', start);
  scope.last = encoded;
  scope.left--;
  return scope.key;
}

/** A map of any keys, or of some only, and values of one shape. */
function table(item, { least = 1, keys = null } = {}) {
  return (reader) => {
    const start = reader.at;
    const scope = { left: reader.open(5, 2), last: null };
    if (scope.left < least) reader.refuse(WRONG_COUNT, start);
    const value = new Map();
    while (scope.left > 0) {
      const keyStart = reader.at;
      const key = readKey(reader, scope);
      if (keys && !keys.includes(key)) reader.refuse(UNKNOWN, keyStart);
      value.set(key, item(reader));
    }
    reader.depth--;
    return value;
  };
}

/** A map with named members, given in any order; a name that ends in ? is optional. */
function named(members, { open = false, labels = false } = {}) {
  const list = Object.entries(members)
    .map(([name, shape]) => ({ name: name.replace('?', ''), optional: name.endsWith('?'), shape }))
    .map((member) => ({ ...member, encoded: encode(labels ? Number(member.name) : member.name) }))
    .sort((left, right) => Buffer.compare(left.encoded, right.encoded));
  return (reader) => {
    const scope = { left: reader.open(5, 2), last: null, labels };
    const value = {};
    let next = 0;
    while (scope.left > 0) {
      const keyStart = reader.at;
      if (!open && next === list.length) reader.refuse(UNKNOWN); // F4
      readKey(reader, scope);
      while (next < list.length && Buffer.compare(list[next].encoded, scope.last) < 0) {
        if (!list[next++].optional) reader.refuse(MISSING, keyStart);
      }
      if (next < list.length && same(list[next].encoded, scope.last)) {
        value[list[next].name] = list[next].shape(reader);
        next++;
      } else if (open) {
        any(reader);
      } else {
        reader.refuse(UNKNOWN, keyStart);
      }
    }
    while (next < list.length) if (!list[next++].optional) reader.refuse(MISSING);
    reader.depth--;
    return value;
  };
}

const openMap = (members) => named(members, { open: true });

// ---- The bodies: B1 to B17, D1 to D4. ----

const id = bytes(64);
const key = bytes(1_952);
const signature = bytes(3_309);
const sha = word('sha-256');
const commit = named({ alg: sha, hash: digest, 'type?': text, 'size?': unsigned });
const model = named({ name: text, version: text, 'weights?': digest, 'adapters?': many(digest), 'state?': id });
const config = named({ 'prompt?': digest, 'sampling?': digest, 'filter?': digest, 'policy?': digest });
const source = named({ commit, corpus: text, version: text, 'part?': digest });
const parts = table(digest, { keys: ['model', 'weights', 'adapter', 'prompt', 'corpus', 'filter', 'sampling', 'provider'] });

const documentMembers = { type: text, doc: commit, 'issued?': unsigned, 'expires?': unsigned, 'about?': model };
const documents = {
  'model-card': { 'limits?': many(text), 'cutoff?': text, 'biases?': many(text),
    'hallucination?': named({ rate: text, 'method?': text, 'dataset?': commit }) },
  'red-team': { 'cases?': named({ run: unsigned, failed: unsigned }), 'state?': id, 'method?': text, 'findings?': many(commit) },
  'zero-training': { 'scope?': text, 'from?': unsigned, 'to?': unsigned, 'exceptions?': many(text) },
  residency: { 'jurisdictions?': many(text),
    'processors?': many(named({ role: text, name: text, 'jurisdiction?': text })),
    'upstream?': many(named({ provider: text, 'service?': text, 'jurisdiction?': text })) },
};

const bodies = {
  genesis: openMap({ key, name: text, 'recovery?': digest, 'policy?': commit, 'residency?': text, 'chain?': digest }),
  intent: openMap({ action: text, actor: named({ id: text, type: word('human', 'service', 'agent') }), authority: text, model,
    config, input: many(commit), 'context?': many(source), 'target?': text, 'deadline?': unsigned }),
  outcome: openMap({ intent: id, status: word('executed', 'refused', 'blocked', 'failed', 'timed-out', 'abandoned'),
    'output?': many(commit), 'oversight?': named({ person: text, decision: text }), 'reported?': text }),
  model: openMap({ before: parts, after: parts, reason: text, 'named?': table(text), 'base?': text, 'tuning?': many(commit),
    'data?': many(commit) }),
  document: (reader) => {
    // D1 to D4 by the type, which stands somewhere inside: a first reading that cannot fail, since the payload was read.
    const ahead = Object.assign(new Reader(reader.bytes), { at: reader.at });
    const type = table(any, { least: 0 })(ahead).get('type');
    const further = Object.hasOwn(documents, String(type)) && typeof type === 'string' ? documents[type] : {};
    return openMap({ ...documentMembers, ...further })(reader);
  },
  measure: openMap({ metric: text, value: text, dataset: commit, model }),
  incident: openMap({ what: text, severity: word('low', 'medium', 'high', 'critical'), status: word('open', 'contained', 'closed'),
    'about?': many(id), 'opened?': id, 'from?': unsigned, 'to?': unsigned, 'detected?': unsigned,
    'notified?': many(named({ to: text, at: unsigned, 'reference?': text })), 'report?': commit }),
  oversight: openMap({ person: text, decision: text, 'about?': many(id), 'role?': text, 'reason?': text, 'notes?': commit }),
  correction: openMap({ record: id, reason: text, 'members?': table(any), 'by?': id, 'report?': commit }),
  gap: openMap({ type: word('offline', 'unrecorded', 'clock'), reason: text, 'from?': unsigned, 'to?': unsigned, 'acts?': unsigned }),
  erasure: openMap({ erased: many(named({ record: id, members: many(text) })), reason: text, 'authority?': text, 'at?': unsigned }),
  hold: openMap({ hold: text, action: word('place', 'release'), reason: text, 'authority?': text, 'records?': many(id),
    'from?': unsigned, 'to?': unsigned }),
  key: openMap({ key, proof: signature, 'signer?': key }),
  revoke: openMap({ kid: digest, since: unsigned, reason: text, 'heirs?': boolean, 'signer?': key }),
  root: openMap({ alg: sha, root: digest, count: unsigned, 'label?': text }),
  anchor: openMap({ block: digest, height: unsigned, network: text, txid: digest,
    'proof?': named({ tx: anyBytes, index: unsigned, branch: array(digest, 0, Infinity), header: bytes(80), height: unsigned }) }),
  governance: openMap({ change: table(any), at: unsigned, approvals: many(named({ kid: digest, sig: signature })) }),
};

export const kinds = Object.keys(bodies);

// ---- Envelope, header, payload: R1 to R12. ----

const RECORD_BYTES_MAX = 60_000;
const ROOT_RECORD_BYTES_MAX = 4_095;

function tag18(reader) {
  const start = reader.at;
  if (reader.head(6) !== 18) reader.refuse('a tag that is not allowed here', start);
}

/** A byte string, and where it stands. */
const placed = (shape) => (reader) => {
  const start = reader.at;
  const content = shape(reader);
  return { content, item: reader.bytes.subarray(start, reader.at), from: reader.at - content.length, to: reader.at };
};

const envelope = (reader) => {
  tag18(reader);
  return tuple(placed(anyBytes), named({}), placed(anyBytes), placed(signature))(reader);
};

const protectedHeader = named({
  1: checked(integer, (value) => value === -49), 3: word('application/oar+cbor'), 4: digest,
  15: named({ 1: text, 2: text }, { labels: true }),
}, { labels: true });

/** A map of any members, kept as it stands with its place. */
const anyMap = placed((reader) => {
  const start = reader.at;
  table(any, { least: 0 })(reader);
  return reader.bytes.subarray(start, reader.at);
});

const payload = named({
  v: checked(unsigned, (value) => value === 1), seq: unsigned, body: anyMap, kind: word(...kinds), prev: id, time: unsigned,
  'causes?': array(id, 1, 64), stream: digest,
});

/** A document inside the record: its offsets stay the record's. */
function inside(record, from, to, shape) {
  const reader = new Reader(record.subarray(0, to));
  reader.at = from;
  return reader.document(shape);
}

/** Reads a record or throws `Refused`. */
export function readRecord(record) {
  if (record.length > RECORD_BYTES_MAX) new Reader(record).refuse('a record has at most 60,000 bytes', RECORD_BYTES_MAX);
  const [header, , content, sig] = new Reader(record).document(envelope);
  const { 4: kid, 15: claims } = inside(record, header.from, header.to, protectedHeader);
  const members = inside(record, content.from, content.to, payload);
  const body = inside(record, members.body.from, members.body.to, bodies[members.kind]);
  if (members.kind === 'root' && record.length > ROOT_RECORD_BYTES_MAX) {
    new Reader(record).refuse('a root record has at most 4,095 bytes', ROOT_RECORD_BYTES_MAX);
  }
  return {
    bytes: record, id: sha3(record), entry: sha256(record), kid, claims, signature: sig.content, ...members, body,
    bodyBytes: members.body.content, causes: members.causes ?? [],
    signed: Buffer.concat([unhex('846a5369676e617475726531'), header.item, unhex('40'), content.item]),
  };
}

/** Diagnostic notation (RFC 8949 §8) of an encoded body. */
export function diagnostic(encoded) {
  const show = (value) => {
    if (value instanceof Map) return `{${[...value].map(([name, item]) => `${quote(name)}: ${show(item)}`).join(', ')}}`;
    if (value instanceof Uint8Array) return `h'${hex(value)}'`;
    if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
    return typeof value === 'string' ? quote(value) : String(value);
  };
  const quote = (value) => `"${value.replace(/["\\]/g, '\\$&')}"`;
  return show(new Reader(encoded).document(any));
}

/** A record with this content, laid out anew: the other direction. `sign` makes the signature. */
export function writeRecord({ kid, claims, bodyBytes, ...content }, sign) {
  const label = (n, value) => Buffer.concat([encode(n), value]);
  const header = Buffer.concat([head(5, 4), label(1, encode(-49)), label(3, encode('application/oar+cbor')), label(4, encode(kid)),
    label(15, Buffer.concat([head(5, 2), label(1, encode(claims[1])), label(2, encode(claims[2]))]))]);
  const caused = content.causes.length > 0;
  const items = [['v', encode(1)], ['seq', encode(content.seq)], ['body', bodyBytes], ['kind', encode(content.kind)],
    ['prev', encode(content.prev)], ['time', encode(content.time)], ...(caused ? [['causes', encode(content.causes)]] : []),
    ['stream', encode(content.stream)]];
  const payloadBytes = Buffer.concat([head(5, items.length), ...items.flatMap(([name, value]) => [encode(name), value])]);
  const signed = encode(['Signature1', header, Buffer.alloc(0), payloadBytes]);
  return Buffer.concat([Buffer.of(0xd2), head(4, 4), encode(header), head(5, 0), encode(payloadBytes), encode(sign(signed))]);
}

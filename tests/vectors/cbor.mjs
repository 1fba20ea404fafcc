// Deterministic CBOR as consensus/README.md narrows it: an encoder, and a reader that follows a shape and stops at the
// first fault. Written from that page, with nothing but the language.

const INTEGER_MAX = 2 ** 53 - 1;
const DEPTH_MAX = 8;

// ---- Encoding. A map is written as it stands: the caller lays its members in order. ----

export function head(major, n) {
  if (n < 24) return Buffer.of((major << 5) | n);
  const info = n < 0x100 ? 24 : n < 0x10000 ? 25 : n < 0x100000000 ? 26 : 27;
  const bytes = Buffer.alloc(1 + (1 << (info - 24)));
  bytes[0] = (major << 5) | info;
  for (let at = bytes.length - 1, rest = BigInt(n); at > 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}

/** Bytes as they are, texts, integers, booleans, null, arrays; an object is a map whose members are in order. */
export function encode(value) {
  if (value === null) return Buffer.of(0xf6);
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Buffer.concat([head(5, members.length), ...members.flatMap(([key, member]) => [encode(key), encode(member)])]);
}

// ---- Reading. ----

export class Refused extends Error {
  constructor(reason, offset) {
    super(reason);
    this.reason = reason;
    this.offset = offset;
  }
}

export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.depth = 0;
  }

  refuse(reason, offset = this.at) {
    throw new Refused(reason, offset);
  }

  head(major) {
    const start = this.at;
    if (start >= this.bytes.length) this.refuse('the bytes end inside an item');
    const first = this.bytes[start];
    if (first >> 5 !== major) this.refuseType(first);
    const info = first & 31;
    if (info < 24) {
      this.at++;
      return info;
    }
    if (info > 27) this.refuse(info === 31 ? 'indefinite lengths are not allowed' : 'a reserved initial byte');
    const size = 1 << (info - 24);
    if (this.bytes.length - start - 1 < size) this.refuse('the bytes end inside an item');
    let value = 0n;
    for (let i = 1; i <= size; i++) value = (value << 8n) | BigInt(this.bytes[start + i]);
    const least = [24n, 0x100n, 0x10000n, 0x100000000n][info - 24];
    if (value < least) this.refuse('a length or integer is not in its shortest form');
    this.at += 1 + size;
    return Number(value);
  }

  refuseType(first) {
    if (first >= 0xf9 && first <= 0xfb) this.refuse('floating-point numbers are not allowed');
    if (first >= 0xfc && first <= 0xfe) this.refuse('a reserved initial byte');
    if (first === 0xff) this.refuse('indefinite lengths are not allowed');
    if (first >= 0xe0 && ![0xf4, 0xf5, 0xf6].includes(first)) {
      this.refuse('no simple value but true, false and null is allowed');
    }
    this.refuse(first >= 0xc0 && first < 0xe0 ? 'a tag that is not allowed here' : 'an item of another type was expected');
  }

  unsigned() {
    const start = this.at;
    const value = this.head(0);
    if (value > INTEGER_MAX) this.refuse('an integer outside ±(2^53 - 1)', start);
    return value;
  }

  string(major) {
    const start = this.at;
    const length = this.head(major);
    if (length > this.bytes.length - this.at) this.refuse('the bytes end inside an item', start);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text() {
    const start = this.at;
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.string(3));
    } catch (fault) {
      if (fault instanceof Refused) throw fault;
      return this.refuse('a text is not valid UTF-8', start);
    }
  }

  open(major, itemsPerEntry) {
    const start = this.at;
    const count = this.head(major);
    if (++this.depth > DEPTH_MAX) this.refuse('arrays and maps are nested too deeply', start);
    if (count > Math.floor((this.bytes.length - this.at) / itemsPerEntry)) this.refuse('the bytes end inside an item', start);
    return count;
  }

  /** A whole document of one shape. */
  document(shape) {
    const value = shape(this);
    if (this.at < this.bytes.length) this.refuse('bytes follow the end of the item');
    return value;
  }
}

// ---- Shapes: each reads one item. ----

const WRONG_VALUE = 'a value that is not allowed here';
const WRONG_LENGTH = 'a string has the wrong length';
const WRONG_COUNT = 'an array or map has the wrong number of items';

export const unsigned = (least = 0, most = INTEGER_MAX) => checked((reader) => reader.unsigned(),
  (value) => value >= least && value <= most);
export const integer = (reader) => {
  if (reader.bytes[reader.at] >> 5 !== 1) return reader.unsigned();
  const start = reader.at;
  const value = -1 - reader.head(1);
  if (value < -INTEGER_MAX) reader.refuse('an integer outside ±(2^53 - 1)', start);
  return value;
};
export const text = (bytesMax) => (reader) => {
  const start = reader.at;
  const value = reader.text();
  if (Buffer.byteLength(value) > bytesMax) reader.refuse(WRONG_LENGTH, start);
  return value;
};
export const word = (...words) => checked(text(16), (value) => words.includes(value));
export const bytes = (least, most = least) => (reader) => {
  const start = reader.at;
  const value = reader.string(2);
  if (value.length < least || value.length > most) reader.refuse(WRONG_LENGTH, start);
  return value;
};
export const digest = bytes(32);

/** The same item under a further condition. */
export function checked(shape, condition) {
  return (reader) => {
    const start = reader.at;
    const value = shape(reader);
    if (!condition(value)) reader.refuse(WRONG_VALUE, start);
    return value;
  };
}

/** A document of its own inside a byte string; its faults are told at the string. */
export const nested = (bytesMax, shape) => (reader) => {
  const start = reader.at;
  const whole = reader.string(2);
  if (whole.length > bytesMax) reader.refuse(WRONG_LENGTH, start);
  try {
    return { whole, ...new Reader(whole).document(shape) };
  } catch (fault) {
    if (fault instanceof Refused) reader.refuse(fault.reason, start);
    throw fault;
  }
};

/** Each item may be asked about those before it. */
export const array = (item, least, most, condition = () => true) => (reader) => {
  const start = reader.at;
  const count = reader.open(4, 1);
  if (count < least || count > most) reader.refuse(WRONG_COUNT, start);
  const items = [];
  for (let i = 0; i < count; i++) items.push(checked(item, (value) => condition(value, items))(reader));
  reader.depth--;
  return items;
};

export const tuple = (...shapes) => (reader) => {
  const start = reader.at;
  if (reader.open(4, 1) !== shapes.length) reader.refuse(WRONG_COUNT, start);
  const items = shapes.map((shape) => shape(reader));
  reader.depth--;
  return items;
};

/** A closed map: members in the order of their encodings, those named in `optional` may be absent. */
export const map = (members, optional = []) => (reader) => {
  const scope = { left: reader.open(5, 2), last: null };
  const value = {};
  for (const [key, shape] of Object.entries(members)) {
    const start = reader.at;
    const before = { ...scope };
    if (optional.includes(key)) {
      if (scope.left === 0) continue;
      if (readKey(reader, scope) !== key) {
        reader.at = start;
        Object.assign(scope, before);
        continue;
      }
    } else {
      if (scope.left === 0) reader.refuse('a required member is missing');
      const found = readKey(reader, scope);
      if (found !== key) {
        reader.refuse(isBefore(found, key) ? 'a member that this map does not allow' : 'a required member is missing', start);
      }
    }
    value[key] = shape(reader);
  }
  if (scope.left > 0) reader.refuse('a member that this map does not allow');
  reader.depth--;
  return value;
};

function readKey(reader, scope) {
  const start = reader.at;
  if (start < reader.bytes.length && reader.bytes[start] >> 5 !== 3) reader.refuse('a map key is not a text');
  const key = reader.text();
  const encoded = reader.bytes.subarray(start, reader.at);
  const order = scope.last === null ? -1 : Buffer.compare(scope.last, encoded);
  if (order === 0) reader.refuse('a map key stands twice', start);
  if (order > 0) reader.refuse('map keys are not in ascending order of their encodings', start);
  scope.last = encoded;
  scope.left--;
  return key;
}

const isBefore = (key, other) => Buffer.compare(encode(key), encode(other)) < 0;

// A reader for the deterministic CBOR of records (RFC 8949 §4.2.1), to show what a record says. It reads only what
// records may hold, is for display, and judges nothing: a verdict comes from `ledger verify` on the evidence file.

const depthMost = 9;
const itemsMost = 20_000;

export class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** Reads one item and nothing after it. Maps become Map, byte strings Uint8Array. Throws Error with the byte offset. */
export function readCbor(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(1);
  if (reader.at !== bytes.length) reader.fail("bytes after the end");
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.items = 0;
  }

  fail(reason) {
    throw new Error(`Not readable at byte ${this.at}: ${reason}`);
  }

  take(length) {
    if (length > this.bytes.length - this.at) this.fail("cut short");
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }

  argument(info) {
    if (info < 24) return info;
    if (info > 27) this.fail("indefinite or reserved length");
    let value = 0;
    for (const byte of this.take(1 << (info - 24))) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) this.fail("integer beyond 2^53");
    return value;
  }

  item(depth) {
    if (depth > depthMost) this.fail("nested too deeply");
    if (++this.items > itemsMost) this.fail("too many items");
    const [head] = this.take(1);
    const major = head >> 5;
    if (major === 7) return this.simple(head);
    const size = this.argument(head & 31);
    switch (major) {
      case 0:
        return size;
      case 1:
        return -1 - size;
      case 2:
        return this.take(size);
      case 3:
        return this.text(size);
      case 4:
        return Array.from({ length: this.fits(size) }, () => this.item(depth + 1));
      case 5:
        return this.map(this.fits(size), depth);
      default:
        return new Tagged(size, this.item(depth));
    }
  }

  // An announced count cannot exceed the bytes left, since every item takes at least one.
  fits(size) {
    if (size > this.bytes.length - this.at) this.fail("more items than bytes");
    return size;
  }

  text(size) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(size));
    } catch {
      return this.fail("text is not UTF-8");
    }
  }

  map(size, depth) {
    const map = new Map();
    for (let i = 0; i < size; i++) {
      const key = this.item(depth + 1);
      map.set(key, this.item(depth + 1));
    }
    return map;
  }

  simple(head) {
    if (head === 0xf4) return false;
    if (head === 0xf5) return true;
    if (head === 0xf6) return null;
    return this.fail("a float or an unknown simple value");
  }
}

/** Protected header and payload of a record (COSE_Sign1, tag 18), both as Maps. */
export function readRecord(bytes) {
  const outer = readCbor(bytes);
  const parts = outer instanceof Tagged && outer.tag === 18 ? outer.value : null;
  if (!Array.isArray(parts) || parts.length !== 4) throw new Error("Not a COSE_Sign1 structure.");
  return { header: readCbor(parts[0]), payload: readCbor(parts[2]), signature: parts[3] };
}

// Deterministic CBOR (rules C1 to C9), read strictly and in the order of F2 and F3, so that two readers that refuse the
// same bytes name the same reason and offset.
import { type Bytes, bytesOf, compare, isUtf8, join, textOf } from "./bytes.ts";

export type Value = number | string | boolean | null | Bytes | Value[] | Map<string, Value>;

export class Fault extends Error {
    constructor(
        readonly reason: string,
        readonly offset: number,
        readonly where = "",
    ) {
        super(where === "" ? reason : `${where}: ${reason}`);
    }
}

export const reasons = {
    end: "the bytes end inside an item",
    after: "bytes follow the end of the item",
    shortest: "a length or integer is not in its shortest form",
    indefinite: "indefinite lengths are not allowed",
    reserved: "a reserved initial byte",
    order: "map keys are not in ascending order of their encodings",
    twice: "a map key stands twice",
    textKey: "a map key is not a text",
    range: "an integer outside ±(2^53 - 1)",
    float: "floating-point numbers are not allowed",
    simple: "no simple value but true, false and null is allowed",
    tag: "a tag that is not allowed here",
    utf8: "a text is not valid UTF-8",
    depth: "arrays and maps are nested too deeply",
    type: "an item of another type was expected",
    missing: "a required member is missing",
    member: "a member that this map does not allow",
    length: "a string has the wrong length",
    count: "an array or map has the wrong number of items",
    value: "a value that is not allowed here",
} as const;

const deepest = 8;
export const major = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const everyMajor = [0, 1, 2, 3, 4, 5, 7];

// Reads one document, bytes[start, end), of a buffer whose offsets it reports. `depth` is that of the items around it.
export class Reader {
    position: number;
    where = "";

    constructor(
        readonly bytes: Bytes,
        start = 0,
        readonly end = bytes.length,
        private depth = 0,
    ) {
        this.position = start;
    }

    fault(reason: string, offset = this.position): never {
        throw new Fault(reason, offset, this.where);
    }

    // Runs `read` with a longer path in front of its faults.
    within<T>(name: string, read: () => T): T {
        const outer = this.where;
        this.where = name.startsWith("[") || outer === "" ? outer + name : `${outer}.${name}`;
        const result = read();
        this.where = outer;
        return result;
    }

    private misfit(initial: number): string {
        if (initial >> 5 === major.tag) return reasons.tag;
        if (initial >= 0xf9 && initial <= 0xfb) return reasons.float;
        if (initial >= 0xfc && initial <= 0xfe) return reasons.reserved;
        if (initial === 0xff) return reasons.indefinite;
        if (initial >= 0xe0 && !(initial >= 0xf4 && initial <= 0xf6)) return reasons.simple;
        return reasons.type;
    }

    // The head of an item of a wanted major type: its type and its argument.
    head(wanted: readonly number[], misfit?: string): { kind: number; argument: number; start: number } {
        const start = this.position;
        if (start >= this.end) this.fault(reasons.end, this.end);
        const initial = this.bytes[start]!;
        const kind = initial >> 5;
        const low = initial & 31;
        if (!wanted.includes(kind)) this.fault(misfit ?? this.misfit(initial));
        if (kind === major.simple && !(initial >= 0xf4 && initial <= 0xf6))
            this.fault(misfit ?? this.misfit(initial));
        if (low >= 28) this.fault(low === 31 ? reasons.indefinite : reasons.reserved);
        let argument = low;
        let width = 0;
        if (low >= 24) {
            width = 1 << (low - 24);
            if (start + 1 + width > this.end) this.fault(reasons.end);
            argument = 0;
            for (let at = 1; at <= width; at++) argument = argument * 256 + this.bytes[start + at]!;
            if (argument < (width === 1 ? 24 : 2 ** (4 * width))) this.fault(reasons.shortest);
        }
        this.position = start + 1 + width;
        return { kind, argument, start };
    }

    private integerOf(kind: number, argument: number, start: number): number {
        // −1 − argument: the range is symmetric, so its highest argument is one smaller. Above 2^53 it was rounded.
        const most = kind === major.negative ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
        if (argument > most) this.fault(reasons.range, start);
        return kind === major.negative ? -1 - argument : argument;
    }

    uint(least = 0, most = Number.MAX_SAFE_INTEGER): number {
        const { kind, argument, start } = this.head([major.uint]);
        const value = this.integerOf(kind, argument, start);
        if (value < least || value > most) this.fault(reasons.value, start);
        return value;
    }

    integer(): number {
        const { kind, argument, start } = this.head([major.uint, major.negative]);
        return this.integerOf(kind, argument, start);
    }

    private take(length: number, start: number): Bytes {
        if (length > this.end - this.position) this.fault(reasons.end, start);
        this.position += length;
        return this.bytes.subarray(this.position - length, this.position);
    }

    byteString(least = 0, most = Number.MAX_SAFE_INTEGER): Bytes {
        const { argument, start } = this.head([major.bytes]);
        const value = this.take(argument, start);
        if (argument < least || argument > most) this.fault(reasons.length, start);
        return value;
    }

    fixed(length: number): Bytes {
        return this.byteString(length, length);
    }

    text(allowed?: readonly string[], least = 0, most = Number.MAX_SAFE_INTEGER, misfit?: string): string {
        const { argument, start } = this.head([major.text], misfit);
        const bytes = this.take(argument, start);
        if (!isUtf8(bytes)) this.fault(reasons.utf8, start);
        if (argument < least || argument > most) this.fault(reasons.length, start);
        const value = textOf(bytes);
        if (allowed && !allowed.includes(value)) this.fault(reasons.value, start);
        return value;
    }

    boolean(): boolean {
        const start = this.position;
        const { argument } = this.head([major.simple]);
        if (argument === 22) this.fault(reasons.type, start);
        return argument === 21;
    }

    isNull(): boolean {
        return this.position < this.end && this.bytes[this.position] === 0xf6;
    }

    // null, or what `read` reads.
    nullOr<T>(read: () => T): T | null {
        if (!this.isNull()) return read();
        this.position++;
        return null;
    }

    private enter(count: number, perItem: number, least: number, most: number, start: number): void {
        if (this.depth === deepest) this.fault(reasons.depth, start);
        if (count * perItem > this.end - this.position) this.fault(reasons.end, start);
        if (count < least || count > most) this.fault(reasons.count, start);
        this.depth++;
    }

    array<T>(read: (at: number) => T, least = 0, most = Number.MAX_SAFE_INTEGER): T[] {
        const { argument, start } = this.head([major.array]);
        this.enter(argument, 1, least, most, start);
        const items: T[] = [];
        for (let at = 0; at < argument; at++) items.push(this.within(`[${at}]`, () => read(at)));
        this.depth--;
        return items;
    }

    // A tuple is an array of a fixed length whose items `read` reads one after the other.
    tuple<T>(length: number, read: () => T): T {
        const { argument, start } = this.head([major.array]);
        this.enter(argument, 1, length, length, start);
        const result = read();
        this.depth--;
        return result;
    }

    // F3, F4. `value` reads one member's value; `named` says which members there are (null: any) and which must be.
    map(named: readonly Member[] | null, closed: boolean, value: (name: string) => void, least = 0): void {
        const { argument, start } = this.head([major.map]);
        this.enter(argument, 2, least, Number.MAX_SAFE_INTEGER, start);
        const last = named?.at(-1)?.encoded;
        let next = 0;
        let before: Bytes | null = null;
        for (let at = 0; at < argument; at++) {
            const keyStart = this.position;
            if (closed && named && (last === undefined || (before && compare(before, last) === 0))) {
                this.fault(reasons.member);
            }
            const name = this.text(undefined, 0, Number.MAX_SAFE_INTEGER, reasons.textKey);
            const encoded = this.bytes.subarray(keyStart, this.position);
            const order = before ? compare(before, encoded) : -1;
            if (order === 0) this.fault(reasons.twice, keyStart);
            if (order > 0) this.fault(reasons.order, keyStart);
            before = encoded;
            if (named) {
                while (next < named.length && compare(named[next]!.encoded, encoded) < 0) {
                    const skipped = named[next++]!;
                    if (skipped.required) this.within(skipped.name, () => this.fault(reasons.missing, keyStart));
                }
                const known = next < named.length && compare(named[next]!.encoded, encoded) === 0;
                if (known) next++;
                else if (closed) this.fault(reasons.member, keyStart);
            }
            this.within(name, () => value(name));
        }
        for (; named && next < named.length; next++) {
            const absent = named[next]!;
            if (absent.required) this.within(absent.name, () => this.fault(reasons.missing));
        }
        this.depth--;
    }

    any(): Value {
        const { kind, argument, start } = this.head(everyMajor);
        if (kind <= major.negative) return this.integerOf(kind, argument, start);
        if (kind === major.simple) return argument === 22 ? null : argument === 21;
        this.position = start;
        if (kind === major.bytes) return this.byteString();
        if (kind === major.text) return this.text();
        if (kind === major.array) return this.array(() => this.any());
        const members = new Map<string, Value>();
        this.map(null, false, name => members.set(name, this.any()));
        return members;
    }

    finish(): void {
        if (this.position < this.end) this.fault(reasons.after);
    }
}

export type Member = { name: string; encoded: Bytes; required: boolean };

// The members of a map in the order of their encodings; a name that ends in "?" may be left out.
export function members(...names: string[]): Member[] {
    const all = names.map(name => ({
        name: name.replace("?", ""),
        encoded: encode(name.replace("?", "")),
        required: !name.endsWith("?"),
    }));
    return all.sort((left, right) => compare(left.encoded, right.encoded));
}

function encodeHead(kind: number, argument: number): Bytes {
    if (argument < 24) return Uint8Array.of((kind << 5) | argument);
    const width = argument < 256 ? 1 : argument < 65536 ? 2 : argument < 2 ** 32 ? 4 : 8;
    const head = new Uint8Array(1 + width);
    head[0] = (kind << 5) | (24 + Math.log2(width));
    for (let at = width; at > 0; at--) {
        head[at] = argument % 256;
        argument = Math.floor(argument / 256);
    }
    return head;
}

// The one encoding of a value; the members of a map may come in any order.
export function encode(value: Value): Bytes {
    if (value === null) return Uint8Array.of(0xf6);
    if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
    if (typeof value === "number") return value < 0 ? encodeHead(1, -1 - value) : encodeHead(0, value);
    if (typeof value === "string") return join(encodeHead(3, bytesOf(value).length), bytesOf(value));
    if (value instanceof Uint8Array) return join(encodeHead(2, value.length), value);
    if (Array.isArray(value)) return join(encodeHead(4, value.length), ...value.map(encode));
    const pairs = [...value].map(([name, item]) => [encode(name), encode(item)] as const);
    pairs.sort((left, right) => compare(left[0], right[0]));
    return join(encodeHead(5, value.size), ...pairs.flat());
}

// Seeded changes of sound files: bytes at random, and items of the CBOR inside, with the checksum made good again.
import { sha256 } from "./forge.mjs";

// xorshift32: the same seed gives the same changes on every machine.
export function chance(seed) {
    let state = (seed * 2654435761 + 1) >>> 0 || 1;
    return below => {
        state ^= state << 13;
        state >>>= 0;
        state ^= state >>> 17;
        state ^= state << 5;
        state >>>= 0;
        return state % below;
    };
}

export function changeBytes(bytes, next) {
    const copy = Uint8Array.from(bytes);
    const at = next(copy.length);
    switch (next(4)) {
        case 0:
            return copy.subarray(0, at);
        case 1:
            return Uint8Array.from([...copy.subarray(0, at), next(256), ...copy.subarray(at)]);
        case 2:
            return Uint8Array.from([...copy.subarray(0, at), ...copy.subarray(at + 1 + next(40))]);
        default:
            copy[at] ^= 1 << next(8);
            return copy;
    }
}

export function withChecksum(bytes) {
    const copy = Uint8Array.from(bytes);
    copy.set(sha256(copy.subarray(0, copy.length - 43)), copy.length - 32);
    return copy;
}

// Reads deterministic CBOR into values; byte strings that hold a map or an array become { inside }.
export function decode(bytes, encode) {
    let at = 0;
    const item = () => {
        const kind = bytes[at] >> 5;
        const low = bytes[at++] & 31;
        const width = low < 24 ? 0 : 1 << (low - 24);
        let argument = low < 24 ? low : 0;
        for (let next = 0; next < width; next++) argument = argument * 256 + bytes[at++];
        if (kind === 7) return low === 22 ? null : low === 21;
        if (kind === 0) return argument;
        if (kind === 1) return -1 - argument;
        if (kind === 4) return Array.from({ length: argument }, item);
        if (kind === 5) return new Map(Array.from({ length: argument }, () => [item(), item()]));
        if (kind === 6) throw new Error("a tag");
        const string = bytes.subarray(at, (at += argument));
        if (at > bytes.length) throw new Error("short");
        if (kind === 3) return new TextDecoder().decode(string);
        return embedded(string, encode) ?? string;
    };
    const value = item();
    if (at !== bytes.length) throw new Error("more");
    return value;
}

function embedded(string, encode) {
    if (string.length < 3 || (string[0] >> 5 !== 4 && string[0] >> 5 !== 5)) return null;
    try {
        const inside = decode(string, encode);
        return Buffer.compare(encode(flat(inside, encode)), string) === 0 ? { inside } : null;
    } catch {
        return null;
    }
}

// The value that `encode` takes, with embedded documents as byte strings again.
export function flat(value, encode) {
    if (Array.isArray(value)) return value.map(item => flat(item, encode));
    if (value instanceof Map) return new Map([...value].map(([name, item]) => [name, flat(item, encode)]));
    return value !== null && typeof value === "object" && "inside" in value
        ? encode(flat(value.inside, encode))
        : value;
}

// Every place in a value, as a function that replaces what stands there.
function places(value, replace, found = []) {
    found.push([value, replace]);
    if (Array.isArray(value))
        value.forEach((item, at) =>
            places(
                item,
                other => {
                    value[at] = other;
                },
                found,
            ),
        );
    else if (value instanceof Map)
        for (const [name, item] of value) places(item, other => value.set(name, other), found);
    else if (value !== null && typeof value === "object" && "inside" in value) {
        places(
            value.inside,
            other => {
                value.inside = other;
            },
            found,
        );
    }
    return found;
}

function changed(value, next) {
    if (typeof value === "number") return [value + 1, Math.max(0, value - 1), 0, 2 ** 40, -1, "text"][next(6)];
    if (typeof value === "string") return [`${value}x`, "", 7, value.slice(1)][next(4)];
    if (typeof value === "boolean") return !value;
    if (value === null) return [0, new Uint8Array(32)][next(2)];
    if (value instanceof Uint8Array) {
        const copy = Uint8Array.from(value);
        if (copy.length > 0) copy[next(copy.length)] ^= 1 << next(8);
        return [copy, copy, copy, copy.subarray(1), new Uint8Array(value.length), null][next(6)];
    }
    if (Array.isArray(value)) {
        const at = next(value.length || 1);
        const swapped = [...value.slice(0, at), ...value.slice(at).reverse()];
        return [value.toSpliced(at, 1), value.toSpliced(at, 0, value[at] ?? 0), swapped, []][next(4)];
    }
    if (value instanceof Map) {
        const copy = new Map(value);
        const name = [...value.keys()][next(value.size || 1)];
        if (next(3) === 0) copy.set("extra", 1);
        else copy.delete(name);
        return copy;
    }
    return null;
}

// A file with one item changed, and with its checksum made good if it has one.
export function changeItem(bytes, next, encode) {
    const root = { value: decode(bytes, encode) };
    const all = places(root.value, other => {
        root.value = other;
    });
    // The higher an item stands the fewer there are of its like: half of the time one of the first 60 places.
    const [value, replace] = all[next(2) === 0 ? next(Math.min(60, all.length)) : next(all.length)];
    replace(changed(value, next));
    const made = encode(flat(root.value, encode));
    return made.length > 43 && made[0] >> 5 === 5 && root.value instanceof Map && root.value.has("checksum")
        ? withChecksum(made)
        : made;
}

// Byte strings: comparison, joining, hexadecimal, UTF-8.

export type Bytes = Uint8Array;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

export const textOf = (bytes: Bytes): string => strictUtf8.decode(bytes);
export const bytesOf = (text: string): Bytes => utf8.encode(text);

export function isUtf8(bytes: Bytes): boolean {
    try {
        strictUtf8.decode(bytes);
        return true;
    } catch {
        return false;
    }
}

export function compare(left: Bytes, right: Bytes): number {
    const shared = Math.min(left.length, right.length);
    for (let at = 0; at < shared; at++) {
        if (left[at] !== right[at]) return left[at]! - right[at]!;
    }
    return left.length - right.length;
}

export const equal = (left: Bytes, right: Bytes): boolean =>
    left.length === right.length && compare(left, right) === 0;

export function join(...parts: Bytes[]): Bytes {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

const digits = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

export function hex(bytes: Bytes): string {
    let text = "";
    for (const value of bytes) text += digits[value];
    return text;
}

// null unless the text is `length` bytes in hexadecimal.
export function fromHex(text: string, length: number): Bytes | null {
    if (text.length !== 2 * length || !/^[0-9a-fA-F]*$/.test(text)) return null;
    return Uint8Array.from({ length }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export const reversed = (bytes: Bytes): Bytes => Uint8Array.from(bytes).reverse();

// A little-endian number.
export function littleEndian(bytes: Bytes): bigint {
    let value = 0n;
    for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]!);
    return value;
}

export const zeros = (length: number): Bytes => new Uint8Array(length);

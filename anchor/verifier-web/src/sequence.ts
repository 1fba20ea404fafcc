// Cuts a CBOR sequence (RFC 8742) into items by their lengths alone (V1).
import type { Bytes } from "./bytes.ts";
import { reasons } from "./cbor.ts";
import { recordLimit } from "./record.ts";

export type Cut = { end: number } | { unreadable: string };

// Where the item that begins at `start` ends.
export function itemEnd(bytes: Bytes, start: number): Cut {
    const limit = Math.min(bytes.length, start + recordLimit);
    const short = limit < bytes.length ? "an item is longer than 60,000 bytes" : reasons.end;
    let at = start;
    for (let waiting = 1; waiting > 0; waiting--) {
        if (at >= limit) return { unreadable: short };
        const kind = bytes[at]! >> 5;
        const low = bytes[at]! & 31;
        if (low === 31) return { unreadable: reasons.indefinite };
        if (low >= 28) return { unreadable: reasons.reserved };
        const width = low < 24 ? 0 : 1 << (low - 24);
        if (at + 1 + width > limit) return { unreadable: short };
        let argument = low < 24 ? low : 0;
        for (let next = 1; next <= width; next++) argument = argument * 256 + bytes[at + next]!;
        at += 1 + width;
        if (kind === 2 || kind === 3) at += argument;
        else if (kind === 4) waiting += argument;
        else if (kind === 5) waiting += 2 * argument;
        else if (kind === 6) waiting++;
        if (at > limit || waiting - 1 > limit - at) return { unreadable: short };
    }
    return { end: at };
}

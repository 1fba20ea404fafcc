// A record as people read it: plain data that can travel from a worker to the page.
import { hex } from "../bytes.ts";
import type { Value } from "../cbor.ts";
import type { OarRecord } from "../record.ts";

export type ShownValue = string | ShownValue[] | { [name: string]: ShownValue };
export type ShownRecord = {
    seq: number;
    kind: string;
    time: number;
    id: string;
    kid: string;
    issuer: string;
    subject: string;
    causes: string[];
    bytes: number;
    body: ShownValue;
};

export function shownValue(value: Value): ShownValue {
    if (value instanceof Uint8Array) {
        return value.length <= 64 ? hex(value) : `${hex(value.subarray(0, 32))}… (${value.length} bytes)`;
    }
    if (Array.isArray(value)) return value.map(shownValue);
    if (value instanceof Map) return Object.fromEntries([...value].map(([name, item]) => [name, shownValue(item)]));
    return String(value);
}

export const shownRecord = (record: OarRecord): ShownRecord => ({
    seq: record.seq,
    kind: record.kind,
    time: record.time,
    id: hex(record.id),
    kid: hex(record.kid),
    issuer: record.issuer,
    subject: record.subject,
    causes: record.causes.map(hex),
    bytes: record.bytes.length,
    body: shownValue(record.body),
});

// What a person dropped: the file to judge, a trust file, disclosures.
import type { Bytes } from "../bytes.ts";
import { fileKind, secondKey } from "../judge.ts";
import { type Trust, readTrust } from "../trust.ts";

export type Dropped = { name: string; bytes: Bytes };
export type Sorted = { file: Dropped | null; trust: { name: string; trust: Trust } | null; disclosures: Dropped[] };

function isTrust(bytes: Bytes): boolean {
    const first = bytes.find(value => ![0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf].includes(value));
    return first === 0x7b || ["chain", "streams", "bitcoin", "checkpoint"].includes(secondKey(bytes) ?? "");
}

// Throws a TrustFault where what looks like a trust file is none.
export function sort(dropped: readonly Dropped[], before: Sorted): Sorted {
    const sorted = { ...before, disclosures: [...before.disclosures] };
    for (const item of dropped) {
        if (isTrust(item.bytes)) sorted.trust = { name: item.name, trust: readTrust(item.bytes) };
        else if (secondKey(item.bytes) === "salt") sorted.disclosures.push(item);
        else {
            sorted.file = item;
            if (before.file) sorted.disclosures = [];
        }
    }
    return sorted;
}

export const kindWords: Record<ReturnType<typeof fileKind>, string> = {
    evidence: "Evidence file",
    chain: "Bare chain of records",
    misbehaviour: "Proof of misbehaviour",
    fork: "Proof of a fork",
};

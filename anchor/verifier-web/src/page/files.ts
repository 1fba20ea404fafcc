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
    const plain = dropped.filter(({ bytes }) => !isTrust(bytes));
    const file = plain.findLast(({ bytes }) => secondKey(bytes) !== "salt") ?? null;
    // Disclosures are from the file that they were dropped with or after.
    const sorted: Sorted = { ...before, file: file ?? before.file, disclosures: file ? [] : [...before.disclosures] };
    sorted.disclosures.push(...plain.filter(({ bytes }) => secondKey(bytes) === "salt"));
    const trust = dropped.findLast(({ bytes }) => isTrust(bytes));
    if (trust) sorted.trust = { name: trust.name, trust: readTrust(trust.bytes) };
    return sorted;
}

export const kindWords: Record<ReturnType<typeof fileKind>, string> = {
    evidence: "Evidence file",
    chain: "Bare chain of records",
    misbehaviour: "Proof of misbehaviour",
    fork: "Proof of a fork",
};

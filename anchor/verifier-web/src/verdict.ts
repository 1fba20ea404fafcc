// What a judge says: the words, members and exit codes that every surface shares.
import type { Bytes } from "./bytes.ts";
import type { OarRecord } from "./record.ts";

export type Word = "INVALID" | "REVOKED" | "STALE" | "VERIFIED";
export type Layer =
    "encoding" | "signature" | "gap" | "link" | "proof" | "revocation" | "log" | "quorum" | "bitcoin" | "freshness";
export type Outcome = "passed" | "failed" | "not checked";
export type LayerLine = { layer: Layer; outcome: Outcome; text: string };
export type Pin = "pinned" | "not pinned" | "not shown";

export type Settled = {
    chain: string;
    height: number;
    ownBlock: boolean;
    block: string;
    time: number;
    leadMs: number;
};
export type Anchored = {
    network: string;
    provesTime: boolean;
    txid: string;
    block: string;
    height: number;
    time: number;
    cost: string;
};
export type DisclosureLine = {
    outcome: "passed" | "failed";
    text: string;
    record: string | null;
    member: string | null;
    index: number | null;
    bytes: number | null;
    type: string | null;
    sha256: string | null;
};

export type Report = {
    verdict: Word;
    layer: Layer | null;
    reason: string | null;
    index: number | null;
    stream: string | null;
    records: number;
    scope: string | null;
    asOf: number | null;
    trust: {
        key: Pin;
        chain: Pin;
        bitcoin: { pin: Pin; network: string | null; work: string | null; floor: string | null };
    };
    settled: Settled | null;
    anchored: Anchored | null;
    layers: LayerLine[];
    notes: string[];
    disclosures: DisclosureLine[];
};

// The report for machines, and what a page shows beside it: the records that were read, and what was not even a record.
export type Judgement = {
    report: Report;
    records: OarRecord[];
    files: "evidence" | "chain" | "misbehaviour" | "fork";
};

// Ends a judgement as INVALID.
export class Invalid extends Error {
    constructor(
        readonly layer: Layer,
        readonly reason: string,
        readonly index: number,
    ) {
        super(reason);
    }
}

export const exitCodes: Record<Word, number> = { VERIFIED: 0, INVALID: 1, STALE: 2, REVOKED: 3 };

export const emptyReport = (): Report => ({
    verdict: "VERIFIED",
    layer: null,
    reason: null,
    index: null,
    stream: null,
    records: 0,
    scope: null,
    asOf: null,
    trust: {
        key: "not pinned",
        chain: "not pinned",
        bitcoin: { pin: "not shown", network: null, work: null, floor: null },
    },
    settled: null,
    anchored: null,
    layers: [],
    notes: [],
    disclosures: [],
});

export function fail(report: Report, verdict: Word, layer: Layer, reason: string, index: number): void {
    report.verdict = verdict;
    report.layer = layer;
    report.reason = reason;
    report.index = index;
}

// How many of the causes that records name are records of the same file; null where nobody names any.
export function causesNote(records: readonly OarRecord[], name: (id: Bytes) => string): string | null {
    const here = new Set(records.map(record => name(record.id)));
    const causes = records.flatMap(record => record.causes);
    if (causes.length === 0 || records.length > 65_536) return null;
    const shown = causes.filter(cause => here.has(name(cause))).length;
    return `${shown} of ${causes.length} causes are shown in this file.`;
}

// Tells the four kinds of file apart and judges one: a pure function of its bytes, what is trusted, and signatures.
import type { Bytes } from "./bytes.ts";
import { judgeChain } from "./chain-file.ts";
import type { Oracle } from "./crypto.ts";
import { checkDisclosure } from "./disclosure.ts";
import { type Freshness, judgeEvidence } from "./evidence-check.ts";
import { judgeMisconduct } from "./misbehaviour.ts";
import type { Trust } from "./trust.ts";
import { type Judgement, fail } from "./verdict.ts";

export type Question = { trust: Trust; freshness: Freshness; disclosures: Bytes[] };

export const plainQuestion: Question = { trust: {}, freshness: null, disclosures: [] };

// The second key of a map whose first member is the small integer `v`; null for anything else.
export function secondKey(bytes: Bytes): string | null {
    const starts =
        bytes.length > 5 && bytes[0]! >> 5 === 5 && bytes[1] === 0x61 && bytes[2] === 0x76 && bytes[3]! < 0x18;
    if (!starts) return null;
    const length = bytes[4]! - 0x60;
    return length >= 0 && length < 24 ? String.fromCharCode(...bytes.subarray(5, 5 + length)) : null;
}

export function fileKind(bytes: Bytes): Judgement["files"] {
    if (bytes.length === 0 || bytes[0]! >> 5 !== 5) return "chain";
    const second = secondKey(bytes);
    return second === "key" ? "misbehaviour" : second === "type" ? "fork" : "evidence";
}

function judgeAlone(bytes: Bytes, { trust, freshness }: Question, oracle: Oracle): Judgement {
    const kind = fileKind(bytes);
    if (kind === "chain") return judgeChain(bytes, trust, freshness !== null, oracle);
    if (kind === "evidence") return judgeEvidence(bytes, trust, freshness, oracle);
    return judgeMisconduct(bytes, kind, trust, oracle);
}

export function judge(bytes: Bytes, question: Question, oracle: Oracle): Judgement {
    const judgement = judgeAlone(bytes, question, oracle);
    const { report, records } = judgement;
    if (report.verdict === "INVALID") return judgement;
    report.disclosures = question.disclosures.map(disclosure => checkDisclosure(disclosure, records));
    const failed = report.disclosures.find(line => line.outcome === "failed");
    if (failed) {
        fail(
            report,
            "INVALID",
            failed.record === null ? "encoding" : "proof",
            failed.text,
            failed.index ?? records.length,
        );
    }
    return judgement;
}

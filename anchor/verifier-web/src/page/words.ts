// What a verdict means, for someone who has never heard of us.
import type { Layer, Report } from "../verdict.ts";
import { pinsOf } from "../text.ts";

export function meaning(report: Report, kind: string): string {
    const record =
        report.records > 0 ? `Record ${report.index} of the file (counted from 0)` : "What stands in the file";
    switch (report.verdict) {
        case "INVALID":
            return (
                `This file does not prove what it gives itself out for. ${record} is the first that fails, for the ` +
                "reason above. Do not rely on it, nor on anything after it."
            );
        case "REVOKED":
            return (
                "The records are genuine and unbroken, but their owner has withdrawn the key that signed " +
                `record ${report.index}. When it was withdrawn matters: ` +
                "disowning a record that was already in place is itself a finding."
            );
        case "STALE":
            return (
                "The records are genuine and unbroken, but the file is not the latest word: it is older than you " +
                "asked for, or records that exist were left out at its end."
            );
        default:
            return kind === "misbehaviour" || kind === "fork" ? misconduct(kind) : sound(report);
    }
}

const misconduct = (kind: string): string =>
    kind === "fork"
        ? "Validators of this chain signed two different blocks for one place. The chain has two histories."
        : "Whoever holds this key signed two statements that no honest validator makes both.";

function sound(report: Report): string {
    const pins = pinsOf(report);
    const held = report.settled
        ? "These records are unchanged since they were signed, none is missing between them, and a quorum of the " +
          "consortium's validators settled them."
        : "These records are unchanged since they were signed, and none is missing between them.";
    return pins.length > 0
        ? `${held} They were compared with ${pins.join(" and ")} that you named.`
        : `${held} But nothing was compared with a key or a chain that you know from elsewhere. Enter them ` +
              "above, as you have them from a contract, a call or a register.";
}

export const layerTitles: Record<Layer, string> = {
    encoding: "Form",
    signature: "Signatures",
    gap: "Completeness",
    link: "Order",
    proof: "Proofs inside",
    revocation: "Revocation",
    log: "Public log",
    quorum: "Consortium",
    bitcoin: "Bitcoin",
    freshness: "Freshness",
};

export const notShown = [
    "That what a record says is true. It shows who signed it, in what order, and since when it cannot change.",
    "That every act was recorded. An act outside the recording software leaves none; holes in the numbering do show.",
    "The signer's own time. It is a claim. The block's time is the consortium's; Bitcoin's is good to two hours.",
    "That a decision was recorded before the act, beyond the operator's word, where both settled in one block.",
    "Anything about time on a test network: anybody can make its blocks.",
    "That the Bitcoin block stayed in Bitcoin's chain. It shows what forging it would have cost.",
    "Who gave you this page. Compare its digest with the published one before you rely on it.",
];

// A report as people read it: the lines that `ledger verify` prints.
import type { Report } from "./verdict.ts";

const marks = { passed: "ok  ", failed: "FAIL", "not checked": "–   " } as const;

export const utc = (ms: number): string => {
    const date = new Date(ms);
    return Number.isNaN(date.getTime())
        ? `${ms} ms after 1970`
        : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
};

// What a verdict was held against, in words; empty if nothing is pinned that says who made the file.
export function pinsOf(report: Report): string[] {
    const pins = [];
    if (report.trust.key === "pinned") pins.push("the stream's key");
    if (report.trust.chain === "pinned") pins.push("the chain");
    return pins;
}

export function firstLine(report: Report): string {
    if (report.verdict !== "VERIFIED") {
        return `${report.verdict} at record ${report.index}, ${report.layer}: ${report.reason}`;
    }
    const pins = pinsOf(report);
    return pins.length > 0
        ? `VERIFIED, held against ${pins.join(", ")} of the trust file`
        : "VERIFIED as far as this file goes: whoever made it could have made all of it";
}

export function settledText(report: Report): string | null {
    const settled = report.settled;
    if (!settled) return null;
    const place = settled.ownBlock ? `in block ${settled.height}` : `in block ${settled.height} or before`;
    const lead = settled.leadMs >= 0 ? `${settled.leadMs} ms after` : `${-settled.leadMs} ms before`;
    return `${place}, ${utc(settled.time)}: ${lead} the record's own time`;
}

export function anchoredText(report: Report): string | null {
    const anchored = report.anchored;
    return (
        anchored &&
        `Bitcoin ${anchored.network}, block ${anchored.height} (the node's claim), ` +
            `${utc(anchored.time)} ± 2 h, transaction ${anchored.txid}`
    );
}

const disclosureShows = [
    "  A disclosure shows that whoever signed the record had fixed this content, bit for bit, when the record was " +
        "signed, and so before the time since when the record stands.",
    "  It does not show that the content is true, that the act used it, that it was ever kept secret, or " +
        "anything of what was not disclosed.",
];

export function textOf(report: Report): string {
    const lines = [firstLine(report), ""];
    for (const { layer, outcome, text } of report.layers)
        lines.push(`  ${marks[outcome]}  ${layer.padEnd(10)} ${text}`);
    lines.push("");
    const settled = settledText(report);
    const anchored = anchoredText(report);
    if (settled) lines.push(`  settled   ${settled}`);
    if (anchored) lines.push(`  anchored  ${anchored}`);
    if (report.asOf !== null) lines.push(`  as of     ${utc(report.asOf)} (block time of the newest checkpoint)`);
    for (const note of report.notes) lines.push(`  Note: ${note}`);
    for (const line of report.disclosures) {
        const what =
            line.bytes === null
                ? ""
                : ` (${line.bytes} bytes${line.type ? `, ${line.type}` : ""}, SHA-256 ${line.sha256})`;
        lines.push(`  disclosure ${line.outcome}: ${line.text}${what}`);
    }
    if (report.disclosures.some(line => line.outcome === "passed")) lines.push(...disclosureShows);
    return `${lines.join("\n")}\n`;
}

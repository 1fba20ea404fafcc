// What a report says of a sound evidence file: when it settled, what Bitcoin holds, and each layer.
import { costText, shown, timeOf } from "./bitcoin.ts";
import { hex } from "./bytes.ts";
import type { Chain, Evidence } from "./evidence.ts";
import type { Findings } from "./evidence-check.ts";
import type { Documents } from "./quorum-check.ts";
import type { OarRecord } from "./record.ts";
import type { Layer, Report, Settled } from "./verdict.ts";

// When the file's last record settled, as far as its checkpoint's links show.
function settledOf(record: OarRecord, chain: Chain, documents: Documents): Settled {
    const { checkpoint, index } = chain.log.at(-1)!;
    const { links, header } = documents.checkpoints[checkpoint]!;
    const blocks = [...links, header];
    const at = blocks.findIndex(block => block.size > index);
    const block = blocks[at]!;
    return {
        chain: hex(header.chain),
        height: block.height,
        ownBlock: at > 0 || block.height === 1,
        block: hex(block.id),
        time: block.time,
        leadMs: block.time - record.time,
    };
}

export function describe(report: Report, evidence: Evidence, findings: Findings): void {
    const { chain } = evidence;
    const { documents, anchors, records } = findings;
    if (!chain || !documents) return;
    report.settled = settledOf(records.at(-1)!, chain, documents);
    const own = chain.log.at(-1)!.checkpoint;
    const place = anchors[own] ? own : anchors.findIndex(found => found !== null);
    const anchor = anchors[place];
    if (!anchor) {
        report.notes.push("Not anchored yet: the quorum's word, not Bitcoin's.");
        return;
    }
    const proof = chain.checkpoints[place]!.bitcoin!;
    const provesTime = proof.network === "main";
    report.anchored = {
        network: proof.network,
        provesTime,
        txid: shown(anchor.txid),
        block: shown(anchor.block),
        height: proof.height,
        time: timeOf(proof.header),
        cost: costText(anchor.target),
    };
    report.notes.push(
        provesTime
            ? "Without a chain of headers to a checkpoint one knows what forging the header would have cost, " +
                  "not that it stayed."
            : `${proof.network} is a test network: anybody can make its blocks, so it proves no time.`,
    );
}

const asked: Layer[] = ["encoding", "signature", "link", "log", "quorum", "bitcoin"];

function passedText(layer: Layer, evidence: Evidence, report: Report): string {
    switch (layer) {
        case "encoding":
            return `${evidence.records.length} records and everything beside them are of sound form`;
        case "signature":
            return "each record is signed by the key it names (ML-DSA-65)";
        case "link":
            return "the records follow each other, each under the key in force";
        case "log":
            return "each record is in the log, and the streams map holds the stream's state";
        case "quorum":
            return "more than two thirds of the validators' power signed the blocks";
        default:
            return `Bitcoin (${report.anchored!.network}) holds the block's id. ${report.anchored!.cost}`;
    }
}

export function layersOf(report: Report, evidence: Evidence | null): void {
    const refused = report.verdict === "INVALID";
    const layer = report.layer === "gap" || report.layer === "proof" ? "link" : report.layer!;
    const failedAt = refused ? asked.indexOf(layer) : asked.length;
    for (const [place, name] of asked.entries()) {
        const shown =
            name === "bitcoin"
                ? report.anchored !== null
                : evidence?.chain || (name !== "log" && name !== "quorum");
        if (place === failedAt) {
            report.layers.push({
                layer: report.layer!,
                outcome: "failed",
                text: `record ${report.index}: ${report.reason}`,
            });
        } else if (place > failedAt) {
            report.layers.push({ layer: name, outcome: "not checked", text: "not asked any more" });
        } else if (shown) {
            report.layers.push({ layer: name, outcome: "passed", text: passedText(name, evidence!, report) });
        } else {
            report.layers.push({ layer: name, outcome: "not checked", text: "the file does not show it" });
        }
    }
    if (report.verdict === "REVOKED") {
        report.layers.push({
            layer: "revocation",
            outcome: "failed",
            text: `record ${report.index}: ${report.reason}`,
        });
    }
}

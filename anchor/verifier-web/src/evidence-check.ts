// The verdict on an evidence file.
import { type BitcoinProof, type Found, checkBitcoin, costText, floors, shown, targetOf, timeOf, workOf } from "./bitcoin.ts";
import { type Bytes, equal, hex } from "./bytes.ts";
import { Fault } from "./cbor.ts";
import { type Oracle, sha256 } from "./crypto.ts";
import { type Chain, type Evidence, type Head, type Partial, readEvidence } from "./evidence.ts";
import { mapRootOf, rootOf } from "./merkle.ts";
import { checkQuorum, restingOn } from "./quorum-check.ts";
import type { OarRecord } from "./record.ts";
import { type Keyring, type StreamKey, type StreamState, begin, isRevoked, keep, next } from "./stream.ts";
import type { Trust } from "./trust.ts";
import { type Judgement, type Layer, type Report, type Settled, Invalid, causesNote, emptyReport, fail } from "./verdict.ts";

// A limit in milliseconds on the age of the newest checkpoint at a time.
export type Freshness = { at: number; maxAge: number } | null;

// The key record that put a key in force may be older than the file: then its state in the streams map stands for it.
function stateBefore(evidence: Evidence, head: Head): StreamState {
    const { state } = head;
    const keys = state.keys.map((key): StreamKey => ({ ...key, revoked: [] }));
    return {
        stream: evidence.stream, seq: evidence.records[0]!.seq - 1, head: null, time: null, recovery: state.recovery, keys,
    };
}

function checkRecords(evidence: Evidence, oracle: Oracle): StreamState {
    const keyring: Keyring = new Map(evidence.keys.map(key => [hex(sha256(key)), key]));
    for (const record of evidence.records) keep(keyring, record);
    const { records, chain } = evidence;
    let state: StreamState | null = null;
    if (chain && records[0]!.seq > 0) {
        state = stateBefore(evidence, chain.head);
        if (!state.keys.some(key => key.first <= state!.seq + 1)) {
            throw new Invalid("link", "the streams map names no key in force at the first record", 0);
        }
    }
    for (const [index, record] of records.entries()) {
        state = state ? next(state, record, index, keyring, oracle) : begin(record, index, keyring, oracle);
        if (!equal(record.stream, evidence.stream)) {
            throw new Invalid("link", "the record is of another stream than the file", index);
        }
        if (!keyring.has(hex(record.kid))) {
            throw new Invalid("signature", "the file does not hold the key that the record names", index);
        }
    }
    return state!;
}

function checkHead(evidence: Evidence, head: Head, root: Bytes): void {
    if (!(head.path.end instanceof Uint8Array) || !equal(head.path.end, sha256(head.stateBytes))) {
        throw new Invalid("log", "the streams map's proof is for another state", 0);
    }
    if (!equal(mapRootOf(head.path, evidence.stream, head.path.end), root)) {
        throw new Invalid("log", "the stream's state is not in the streams map", 0);
    }
}

function checkLog(evidence: Evidence, chain: Chain): void {
    checkHead(evidence, chain.head, chain.checkpoints[chain.head.checkpoint]!.header.streams);
    for (const [at, { checkpoint, index, path }] of chain.log.entries()) {
        const { header } = chain.checkpoints[checkpoint]!;
        const root = rootOf(evidence.records[at]!.entry, index, header.size, path);
        if (!root || !equal(root, header.root)) {
            throw new Invalid("log", `the record is not in the log of block ${header.height}`, at);
        }
        if (at > 0 && index <= chain.log[at - 1]!.index) {
            throw new Invalid("log", "the record stands before its predecessor in the log", at);
        }
    }
    const last = evidence.records.findIndex(record => record.seq === chain.head.state.seq);
    if (last >= 0 && !equal(evidence.records[last]!.id, chain.head.state.head)) {
        throw new Invalid("log", "the streams map names another record at this number", last);
    }
}

function checkAnchor(proof: BitcoinProof, block: Bytes, chain: Chain, trust: Trust, index: number): Found {
    const refuse = (reason: string): never => {
        throw new Invalid("bitcoin", reason, index);
    };
    if (proof.network !== chain.genesis.network) {
        refuse("the Bitcoin proof is of another network than the genesis document names");
    }
    if (trust.bitcoin?.network && trust.bitcoin.network !== proof.network) {
        refuse("the Bitcoin proof is of another network than the trust file names");
    }
    const found = checkBitcoin(proof, block);
    if (typeof found === "string") return refuse(found);
    if (trust.bitcoin?.work !== undefined && workOf(found.target) < trust.bitcoin.work) {
        refuse("the Bitcoin header has less work than the trust file asks for");
    }
    const pinned = trust.bitcoin?.checkpoint;
    if (pinned && pinned.height === proof.height && !equal(pinned.header, proof.header)) {
        refuse(`Bitcoin's block ${pinned.height} is not the one that the trust file names`);
    }
    return found;
}

function checkAnchors(chain: Chain, trust: Trust): Array<Found | null> {
    return chain.checkpoints.map((checkpoint, place) => checkpoint.bitcoin
        ? checkAnchor(checkpoint.bitcoin, checkpoint.next!.id, chain, trust, restingOn(chain, place)) : null);
}

// When the file's last record settled, as far as its checkpoint's links show.
function settledOf(record: OarRecord, chain: Chain): Settled {
    const { checkpoint, index } = chain.log.at(-1)!;
    const { links, header } = chain.checkpoints[checkpoint]!;
    const blocks = [...links, header];
    const at = blocks.findIndex(block => block.size > index);
    const block = blocks[at]!;
    return {
        chain: hex(header.chain), height: block.height, ownBlock: at > 0 || block.height === 1, block: hex(block.id),
        time: block.time, leadMs: block.time - record.time,
    };
}

const passed: Record<string, (evidence: Evidence) => string> = {
    encoding: evidence => `${evidence.records.length} records and everything beside them are of sound form`,
    signature: () => "each record is signed by the key it names (ML-DSA-65)",
    link: () => "the records follow each other, each under the key in force",
    log: () => "each record is in the log, and the streams map holds the stream's state",
    quorum: () => "more than two thirds of the validators' power signed the blocks",
};
const asked: Layer[] = ["encoding", "signature", "link", "log", "quorum", "bitcoin"];

function isCondemned(evidence: Evidence, state: StreamState, record: OarRecord): boolean {
    if (isRevoked(state.keys, record)) return true;
    const key = evidence.chain?.head.state.keys.find(known => equal(known.kid, record.kid));
    if (!key || key.since === null || record.seq < key.since) return false;
    // A revocation never condemns itself: what the state says is this record's own doing.
    return !(record.kind === "revoke" && equal(record.body.get("kid") as Bytes, record.kid)
        && record.body.get("since") === key.since);
}

function grade(report: Report, evidence: Evidence, state: StreamState, freshness: Freshness): void {
    const { chain, records, scope } = evidence;
    const condemned = records.findIndex(record => isCondemned(evidence, state, record));
    const longer = chain !== null && chain.head.state.seq > records.at(-1)!.seq;
    if (condemned >= 0) {
        fail(report, "REVOKED", "revocation", "the stream's owner revoked the key of this record", condemned);
    } else if (scope === "stream" && longer) {
        fail(report, "STALE", "freshness", `the stream goes on to record ${chain.head.state.seq}, which the file does not hold`,
            records.length - 1);
    } else if (freshness && !chain) {
        fail(report, "STALE", "freshness", "a limit is asked for, and the file holds no checkpoint", 0);
    } else if (freshness && freshness.at - report.asOf! > freshness.maxAge) {
        fail(report, "STALE", "freshness", "the newest checkpoint is older than the limit", 0);
    }
    if (scope !== "stream" && longer) {
        report.notes.push(`The stream goes on: its head is record ${chain.head.state.seq}.`);
    }
}

function describe(report: Report, evidence: Evidence, found: Array<Found | null>): void {
    const { chain, records } = evidence;
    if (!chain) return;
    report.settled = settledOf(records.at(-1)!, chain);
    const place = chain.log.at(-1)!.checkpoint;
    const anchor = found[place] ?? found.find(other => other !== null) ?? null;
    if (!anchor) {
        report.notes.push("Not anchored yet: the quorum's word, not Bitcoin's.");
        return;
    }
    const proof = chain.checkpoints[found.indexOf(anchor)]!.bitcoin!;
    const provesTime = proof.network === "main";
    report.anchored = {
        network: proof.network, provesTime, txid: shown(anchor.txid), block: shown(anchor.block), height: proof.height,
        time: timeOf(proof.header), cost: costText(anchor.target),
    };
    report.notes.push(provesTime
        ? "Without a chain of headers to a checkpoint one knows what forging the header would have cost, not that it stayed."
        : `${proof.network} is a test network: anybody can make its blocks, so it proves no time.`);
}

function layersOf(report: Report, evidence: Evidence | null, anchored: boolean): void {
    const refused = report.verdict === "INVALID";
    const failedAt = !refused ? asked.length : report.layer === "gap" || report.layer === "proof" ? asked.indexOf("link")
        : asked.indexOf(report.layer!);
    for (const [place, layer] of asked.entries()) {
        if (refused && place === failedAt) {
            report.layers.push({ layer: report.layer!, outcome: "failed", text: `record ${report.index}: ${report.reason}` });
        } else if (refused && place > failedAt) {
            report.layers.push({ layer, outcome: "not checked", text: "not asked any more" });
        } else if (layer === "bitcoin") {
            report.layers.push(anchored ? { layer, outcome: "passed", text: bitcoinText(report) }
                : { layer, outcome: "not checked", text: "the file does not show it" });
        } else if (!evidence!.chain && (layer === "log" || layer === "quorum")) {
            report.layers.push({ layer, outcome: "not checked", text: "the file does not show it" });
        } else {
            report.layers.push({ layer, outcome: "passed", text: passed[layer]!(evidence!) });
        }
    }
    if (report.verdict === "REVOKED") {
        report.layers.push({ layer: "revocation", outcome: "failed", text: `record ${report.index}: ${report.reason}` });
    }
}

const bitcoinText = (report: Report): string =>
    `Bitcoin (${report.anchored!.network}) holds the block's id. ${report.anchored!.cost}`;

// The checks in their order; fills the report on the way and throws Invalid at the first that fails.
function check(evidence: Evidence, report: Report, trust: Trust, freshness: Freshness, oracle: Oracle): void {
    const { chain } = evidence;
    if (trust.streams && !trust.streams.some(stream => equal(stream, evidence.stream))) {
        throw new Invalid("signature", "the stream is not one that the trust file names", 0);
    }
    const state = checkRecords(evidence, oracle);
    if (trust.streams) report.trust.key = "pinned";
    let found: Array<Found | null> = [];
    if (chain) {
        checkLog(evidence, chain);
        checkQuorum(chain, trust, oracle);
        if (trust.chain) report.trust.chain = "pinned";
        found = checkAnchors(chain, trust);
        if (trust.bitcoin?.network && found.some(anchor => anchor)) report.trust.bitcoin.pin = "pinned";
    } else if (trust.chain) {
        report.trust.chain = "not shown";
    }
    if (!equal(sha256(evidence.summed), evidence.checksum)) {
        throw new Invalid("encoding", "the checksum does not hold: the file is damaged", 0);
    }
    describe(report, evidence, found);
    grade(report, evidence, state, freshness);
}

function describeFile(report: Report, evidence: Evidence): void {
    report.stream = hex(evidence.stream);
    report.scope = evidence.scope;
    report.records = evidence.records.length;
    if (!evidence.chain) {
        report.trust.chain = "not shown";
        return;
    }
    report.asOf = evidence.chain.checkpoints.at(-1)!.header.time;
    const proof = evidence.chain.checkpoints.find(checkpoint => checkpoint.bitcoin)?.bitcoin;
    if (!proof) return;
    const floor = floors[proof.network];
    const target = targetOf(proof.header);
    report.trust.bitcoin = {
        pin: "not pinned", network: proof.network, work: target === null ? null : String(workOf(target)),
        floor: floor === undefined ? null : String(workOf(floor)),
    };
}

export function judgeEvidence(bytes: Bytes, trust: Trust, freshness: Freshness, oracle: Oracle): Judgement {
    const report = emptyReport();
    const partial: Partial = { scope: null, stream: null, records: [] };
    let evidence: Evidence | null = null;
    try {
        evidence = readEvidence(bytes, partial);
        describeFile(report, evidence);
        check(evidence, report, trust, freshness, oracle);
    } catch (error) {
        if (error instanceof Fault) fail(report, "INVALID", "encoding", error.message, partial.records.length);
        else if (error instanceof Invalid) fail(report, "INVALID", error.layer, error.reason, error.index);
        else throw error;
    }
    layersOf(report, evidence, report.anchored !== null);
    const causes = report.verdict === "INVALID" ? null : causesNote(partial.records, hex);
    if (causes) report.notes.push(causes);
    return { report, records: partial.records, files: "evidence" };
}

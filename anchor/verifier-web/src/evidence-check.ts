// The verdict on an evidence file: every check on its own, and of those that fail the one at the lowest record.
import { type Found, checkBitcoin, floors, workOf } from "./bitcoin.ts";
import { type Bytes, equal, hex } from "./bytes.ts";
import { readWhole } from "./chain-file.ts";
import { Fault } from "./cbor.ts";
import { type Oracle, sha256 } from "./crypto.ts";
import { describe, layersOf } from "./describe.ts";
import { type Chain, type Evidence, type Partial, readEvidence } from "./evidence.ts";
import { checkHead, checkInclusion, condemned, keyAt, provenState } from "./head-check.ts";
import type { ProvenState } from "./merkle.ts";
import {
    type Documents,
    type Known,
    checkOrder,
    checkQuorum,
    follows,
    namesCommit,
    readDocuments,
    restingOn,
} from "./quorum-check.ts";
import type { OarRecord } from "./record.ts";
import { type Keyring, type StreamState, begin, isRevoked, keep, next } from "./stream.ts";
import type { Trust } from "./trust.ts";
import { type Judgement, type Layer, type Report, Invalid, causesNote, emptyReport, fail } from "./verdict.ts";

// A limit in milliseconds on the age of the newest checkpoint at a time.
export type Freshness = { at: number; maxAge: number } | null;

// What of a file held, as far as it did.
export type Findings = {
    records: Array<OarRecord | null>;
    stream: StreamState | null;
    known: Known;
    documents: Documents | null;
    head: ProvenState | null;
    anchors: Array<Found | null>;
    failures: Invalid[];
    unheard: boolean;
};

// At one record, the layers are asked in this order.
const order: Layer[] = ["encoding", "signature", "gap", "link", "proof", "log", "quorum", "bitcoin"];

function attempt<T>(failures: Invalid[], check: () => T): T | null {
    try {
        return check();
    } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        failures.push(error);
        return null;
    }
}

function startOf(evidence: Evidence, first: OarRecord, head: ProvenState | null): StreamState | null {
    if (!evidence.chain || first.seq === 0) return null;
    if (!head || !keyAt(head, first.seq)) {
        throw new Invalid("link", "the file starts in mid-stream without showing the key in force there", 0);
    }
    const keys = head.keys.map(key => ({ ...key, revoked: [] }));
    return { stream: first.stream, seq: first.seq - 1, head: null, time: null, recovery: head.recovery, keys };
}

function checkRecords(
    evidence: Evidence,
    records: Array<OarRecord | null>,
    head: ProvenState | null,
    oracle: Oracle,
): StreamState {
    const keyring: Keyring = new Map(evidence.keys.map(key => [hex(sha256(key)), key]));
    for (const record of records) if (record) keep(keyring, record);
    let state: StreamState | null = null;
    for (const [index, bytes] of evidence.records.entries()) {
        const record = records[index] ?? readWhole(bytes, index);
        state ??= startOf(evidence, record, head);
        if (!keyring.has(hex(record.kid))) {
            throw new Invalid("signature", "the file does not hold the key that the record names", index);
        }
        state = state ? next(state, record, index, keyring, oracle) : begin(record, index, keyring, oracle);
        const named = head && keyAt(head, record.seq);
        const byRecovery = state.recovery !== null && equal(state.recovery, record.kid);
        if (named && !byRecovery && !equal(named.kid, record.kid)) {
            throw new Invalid("link", "the stream's state names another key in force at this record", index);
        }
    }
    return state!;
}

function checkAnchors(chain: Chain, documents: Documents): Array<Found | null> {
    return chain.checkpoints.map(({ bitcoin }, place) => {
        const { header, next, commit } = documents.checkpoints[place]!;
        if (!bitcoin || !next || !follows(next, header) || !namesCommit(next, commit)) return null;
        const index = restingOn(chain, place);
        if (bitcoin.network !== documents.genesis.network) {
            throw new Invalid(
                "bitcoin",
                "the Bitcoin proof is of another network than the genesis document names",
                index,
            );
        }
        const found = checkBitcoin(bitcoin, next.id);
        if (typeof found === "string") throw new Invalid("bitcoin", found, index);
        return found;
    });
}

function examine(evidence: Evidence, oracle: Oracle): Findings {
    const failures: Invalid[] = [];
    const { chain } = evidence;
    const records = evidence.records.map((bytes, index) => {
        try {
            return readWhole(bytes, index);
        } catch (error) {
            if (error instanceof Invalid) return null;
            throw error;
        }
    });
    const findings: Findings = {
        records,
        stream: null,
        known: { chain: false, asOf: null },
        documents: null,
        head: null,
        anchors: [],
        failures,
        unheard: false,
    };
    if (chain) {
        const documents = (findings.documents = attempt(failures, () => readDocuments(chain, findings.known)));
        if (documents) {
            const headers = documents.checkpoints.map(checkpoint => checkpoint.header);
            attempt(failures, () => checkOrder(chain, documents));
            attempt(failures, () => checkQuorum(chain, documents, oracle));
            findings.anchors = attempt(failures, () => checkAnchors(chain, documents)) ?? [];
            attempt(failures, () => checkInclusion(evidence.records, chain, headers));
            const head = (findings.head = attempt(failures, () =>
                provenState(chain.head, evidence.stream, headers[chain.head.checkpoint]!.streams),
            ));
            if (head) attempt(failures, () => checkHead(records, head));
        }
    }
    const before = failures.length;
    findings.stream = attempt(failures, () => checkRecords(evidence, records, findings.head, oracle));
    // Nothing is said of Bitcoin where not one record holds.
    findings.unheard = failures.slice(before).some(({ index }) => index === 0);
    const [first] = records;
    if (first && !equal(first.stream, evidence.stream)) {
        failures.push(new Invalid("link", "the records are of another stream than the file says", 0));
    }
    if (failures.length === 0 && !equal(sha256(evidence.summed), evidence.checksum)) {
        failures.push(new Invalid("encoding", "the checksum does not hold: the file is damaged", 0));
    }
    return findings;
}

const lowest = (failures: readonly Invalid[]): Invalid | undefined =>
    failures.toSorted(
        (left, right) => left.index - right.index || order.indexOf(left.layer) - order.indexOf(right.layer),
    )[0];

// What the reader holds true from elsewhere, asked of a file that is sound by itself.
function checkTrust(evidence: Evidence, findings: Findings, trust: Trust): void {
    const { documents, anchors } = findings;
    if (trust.streams && !trust.streams.some(stream => equal(stream, evidence.stream))) {
        throw new Invalid("signature", "the stream is not one that the trust file names", 0);
    }
    if (!documents) return;
    if (trust.chain && !equal(trust.chain, documents.genesis.chain)) {
        throw new Invalid("quorum", "the chain is not the one that the trust file names", 0);
    }
    const pin = trust.checkpoint;
    for (const [place, { header }] of documents.checkpoints.entries()) {
        if (pin && header.height === pin.height && !equal(header.id, pin.id)) {
            throw new Invalid(
                "quorum",
                `block ${pin.height} is not the one that the trust file names`,
                restingOn(evidence.chain!, place),
            );
        }
    }
    for (const [place, found] of anchors.entries()) {
        if (found) checkBitcoinPin(evidence.chain!, place, found, trust);
    }
}

function checkBitcoinPin(chain: Chain, place: number, found: Found, { bitcoin: pin }: Trust): void {
    const proof = chain.checkpoints[place]!.bitcoin!;
    const refuse = (reason: string): never => {
        throw new Invalid("bitcoin", reason, restingOn(chain, place));
    };
    if (pin && pin.network !== proof.network) {
        refuse("the Bitcoin proof is of another network than the trust file names");
    }
    if (pin?.work !== undefined && workOf(found.target) < pin.work) {
        refuse("the Bitcoin header has less work than the trust file asks for");
    }
    if (pin?.checkpoint && pin.checkpoint.height === proof.height && !equal(pin.checkpoint.header, proof.header)) {
        refuse(`Bitcoin's block ${pin.checkpoint.height} is not the one that the trust file names`);
    }
}

function grade(report: Report, evidence: Evidence, findings: Findings, freshness: Freshness): void {
    const records = findings.records as OarRecord[];
    const { head, stream } = findings;
    const first = records.findIndex(record => (head ? condemned(head, record) : isRevoked(stream!.keys, record)));
    const longer = head !== null && head.seq > records.at(-1)!.seq;
    if (first >= 0) {
        fail(report, "REVOKED", "revocation", "the record's key was revoked from here on", first);
    } else if (evidence.scope === "stream" && longer) {
        fail(
            report,
            "STALE",
            "freshness",
            `the file gives itself out as the whole stream, whose head is record ${head.seq}`,
            records.length,
        );
    } else if (freshness && !evidence.chain) {
        fail(report, "STALE", "freshness", "a limit is asked for, and the file holds no checkpoint", 0);
    } else if (freshness && freshness.at - report.asOf! > freshness.maxAge) {
        fail(report, "STALE", "freshness", "the newest checkpoint is older than the limit", 0);
    }
    if (evidence.scope !== "stream" && longer)
        report.notes.push(`The stream goes on: its head is record ${head.seq}.`);
}

// What there is for a pin to be held against.
function shownWork(report: Report, evidence: Evidence, findings: Findings): void {
    const place = findings.anchors.findIndex(found => found !== null);
    if (place < 0 || findings.unheard) return;
    const { network } = evidence.chain!.checkpoints[place]!.bitcoin!;
    report.trust.bitcoin = {
        pin: "not pinned",
        network,
        work: String(workOf(findings.anchors[place]!.target)),
        floor: String(workOf(floors[network]!)),
    };
}

export function judgeEvidence(bytes: Bytes, trust: Trust, freshness: Freshness, oracle: Oracle): Judgement {
    const report = emptyReport();
    const partial: Partial = { scope: null, stream: null, records: [] };
    let evidence: Evidence | null = null;
    let findings: Findings | null = null;
    report.trust.chain = "not shown";
    try {
        evidence = readEvidence(bytes, partial);
        findings = examine(evidence, oracle);
        if (findings.known.chain) report.trust.chain = "not pinned";
        report.asOf = findings.known.asOf;
        shownWork(report, evidence, findings);
        const failure = lowest(findings.failures);
        if (failure) throw failure;
        checkTrust(evidence, findings, trust);
        if (trust.streams) report.trust.key = "pinned";
        if (trust.chain && findings.documents) report.trust.chain = "pinned";
        if (trust.bitcoin && findings.anchors.some(found => found)) report.trust.bitcoin.pin = "pinned";
        describe(report, evidence, findings);
        grade(report, evidence, findings, freshness);
    } catch (error) {
        if (error instanceof Fault) fail(report, "INVALID", "encoding", error.message, partial.records.length);
        else if (error instanceof Invalid) fail(report, "INVALID", error.layer, error.reason, error.index);
        else throw error;
    }
    report.stream = evidence && hex(evidence.stream);
    report.scope = evidence && evidence.scope;
    report.records = partial.records.length;
    layersOf(report, evidence);
    const shownRecords = (findings?.records ?? []).filter(record => record !== null);
    const causes = report.verdict === "INVALID" ? null : causesNote(shownRecords, hex);
    if (causes) report.notes.push(causes);
    return { report, records: shownRecords, files: "evidence" };
}

// The verdict on a bare chain of records (V1 to V6).
import { type Bytes, equal, hex } from "./bytes.ts";
import { Fault } from "./cbor.ts";
import type { Oracle } from "./crypto.ts";
import { type OarRecord, readRecord } from "./record.ts";
import { itemEnd } from "./sequence.ts";
import { type Keyring, type StreamState, begin, isRevoked, keep, next } from "./stream.ts";
import type { Trust } from "./trust.ts";
import { type Judgement, Invalid, causesNote, emptyReport, fail } from "./verdict.ts";

export function readWhole(bytes: Bytes, index: number): OarRecord {
    try {
        return readRecord(bytes);
    } catch (fault) {
        if (fault instanceof Fault) throw new Invalid("encoding", fault.message, index);
        throw fault;
    }
}

type Walk = { records: OarRecord[]; state: StreamState | null };

function walk(bytes: Bytes, into: Walk, oracle: Oracle, pinned: (stream: Bytes, index: number) => void): void {
    const keyring: Keyring = new Map();
    if (bytes.length === 0) throw new Invalid("encoding", "the file is empty", 0);
    for (let at = 0, index = 0; at < bytes.length; index++) {
        const cut = itemEnd(bytes, at);
        if ("unreadable" in cut) throw new Invalid("encoding", cut.unreadable, index);
        const record = readWhole(bytes.subarray(at, cut.end), index);
        into.state = into.state
            ? next(into.state, record, index, keyring, oracle)
            : begin(record, index, keyring, oracle);
        if (index === 0) pinned(record.stream, index);
        keep(keyring, record);
        into.records.push(record);
        at = cut.end;
    }
}

export function judgeChain(bytes: Bytes, trust: Trust, freshness: boolean, oracle: Oracle): Judgement {
    const report = emptyReport();
    const into: Walk = { records: [], state: null };
    report.trust.chain = "not shown";
    try {
        walk(bytes, into, oracle, (stream, index) => {
            if (trust.streams && !trust.streams.some(known => equal(known, stream))) {
                throw new Invalid("signature", "the stream is not one that the trust file names", index);
            }
        });
    } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        fail(report, "INVALID", error.layer, error.reason, error.index);
    }
    const { records, state } = into;
    report.records = records.length;
    report.stream = state ? hex(state.stream) : null;
    if (report.verdict !== "INVALID") {
        const first = records.findIndex(record => isRevoked(state!.keys, record));
        if (trust.streams) report.trust.key = "pinned";
        if (first >= 0)
            fail(report, "REVOKED", "revocation", "the stream's owner revoked the key of this record", first);
        else if (freshness)
            fail(report, "STALE", "freshness", "a limit is asked for, and the file holds no checkpoint", 0);
    }
    const count = `${records.length} records, each signed by the key in force, form one chain`;
    if (report.verdict !== "INVALID") report.layers.push({ layer: "signature", outcome: "passed", text: count });
    if (report.verdict === "INVALID" || report.verdict === "REVOKED") {
        report.layers.push({
            layer: report.layer!,
            outcome: "failed",
            text: `record ${report.index}: ${report.reason}`,
        });
    }
    report.layers.push({ layer: "log", outcome: "not checked", text: "the file holds no checkpoint" });
    report.layers.push({ layer: "quorum", outcome: "not checked", text: "the file holds no commit" });
    report.layers.push({ layer: "bitcoin", outcome: "not checked", text: "the file holds no Bitcoin proof" });
    report.notes.push(
        "Nothing beyond the chain of records was checked: not whether it was settled, not whether it goes on, " +
            "not since when it exists.",
    );
    const causes = report.verdict === "INVALID" ? null : causesNote(records, hex);
    if (causes) report.notes.push(causes);
    return { report, records, files: "chain" };
}

// What the log and the streams map of a checkpoint say of the file's records.
import { type Bytes, equal } from "./bytes.ts";
import type { Header } from "./block.ts";
import { sha256 } from "./crypto.ts";
import type { Chain, Head } from "./evidence.ts";
import { type ProvenState, type StateKey, mapRootOf, readMapProof, readState, rootOf } from "./merkle.ts";
import { inside } from "./quorum-check.ts";
import type { OarRecord } from "./record.ts";
import { Invalid } from "./verdict.ts";

// The stream's state, proven to stand in the streams map under `root`.
export function provenState(head: Head, stream: Bytes, root: Bytes): ProvenState {
    const proof = inside("log", 0, "the streams map's proof", head.path, readMapProof);
    const state = inside("log", 0, "the stream's state", head.state, readState);
    if (!(proof.end instanceof Uint8Array) || !equal(proof.end, sha256(head.state))) {
        throw new Invalid("log", "the streams map's proof is for another state", 0);
    }
    if (!equal(mapRootOf(proof, stream, proof.end), root) || !equal(state.keys[0]!.kid, stream)) {
        throw new Invalid("log", "the streams map does not hold this state of the stream", 0);
    }
    return state;
}

export function checkInclusion(records: readonly Bytes[], chain: Chain, headers: readonly Header[]): void {
    for (const [at, { checkpoint, index, path }] of chain.log.entries()) {
        const header = headers[checkpoint]!;
        const root = rootOf(sha256(records[at]!), index, header.size, path);
        if (!root || !equal(root, header.root)) {
            throw new Invalid("log", `the record is not in the log of block ${header.height}`, at);
        }
    }
}

// The head is the last of the stream's records, and its id is that of the record at its number.
export function checkHead(records: ReadonlyArray<OarRecord | null>, state: ProvenState): void {
    for (const [at, record] of records.entries()) {
        if (!record) continue;
        if (record.seq > state.seq)
            throw new Invalid("log", "the record lies beyond the stream's head at the checkpoint", at);
        if (record.seq === state.seq && !equal(record.id, state.head)) {
            throw new Invalid("log", "another record is the stream's head at the checkpoint", at);
        }
    }
}

export const keyAt = (state: ProvenState, seq: number): StateKey | undefined =>
    state.keys.findLast(key => key.first <= seq);

// Whether the state says that the owner disowned the record. The state tells no longer which record revoked: one that
// revokes its own signer from its own number on is taken to be that record.
export function condemned(state: ProvenState, record: OarRecord): boolean {
    const key = state.keys.find(known => equal(known.kid, record.kid));
    if (!key || key.since === null || record.seq < key.since) return false;
    return !(
        record.kind === "revoke" &&
        record.seq === key.since &&
        equal(record.body.get("kid") as Bytes, record.kid)
    );
}

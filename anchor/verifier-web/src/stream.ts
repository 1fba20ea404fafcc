// The rules between a record and those before it (S1 to S12), and which records are revoked.
import { type Bytes, equal, hex, zeros } from "./bytes.ts";
import { type Oracle, sha256 } from "./crypto.ts";
import { type OarRecord, keyMember, keyProofMessage, signatureOf } from "./record.ts";
import { Invalid } from "./verdict.ts";

const mostKeys = 256;
const forRecoveryOnly = 16;

export type StreamKey = { kid: Bytes; first: number; byRecovery: boolean; revoked: Revocation[] };
// Records by the key from number `since` on, save the one at number `own`, which is the revocation itself.
export type Revocation = { since: number; own: number };

export type StreamState = {
    stream: Bytes;
    seq: number;
    head: Bytes | null;
    time: number | null;
    recovery: Bytes | null;
    keys: StreamKey[];
};

export const beginning: StreamState = {
    stream: new Uint8Array(),
    seq: -1,
    head: null,
    time: null,
    recovery: null,
    keys: [],
};

const kidIs = (key: Bytes | null, kid: Bytes): key is Bytes => key !== null && equal(sha256(key), kid);
const link = (reason: string, index: number): never => {
    throw new Invalid("link", reason, index);
};

// The public keys by kid that records so far, and the file beside them, have shown.
export type Keyring = Map<string, Bytes>;

export function keep(keyring: Keyring, record: OarRecord): void {
    for (const name of ["key", "signer"] as const) {
        const key = keyMember(record, name);
        if (key) keyring.set(hex(sha256(key)), key);
    }
}

// V2: the signature, if a key that must have made it is known. `known` is by the chain so far.
function signer(state: StreamState, keyring: Keyring, record: OarRecord): Bytes | null {
    if (state.keys.length === 0) {
        const own = keyMember(record, "key");
        return record.kind === "genesis" && kidIs(own, record.kid) ? own : null;
    }
    const inForce = keyInForce(state);
    if (inForce && equal(inForce.kid, record.kid)) return keyring.get(hex(record.kid)) ?? null;
    const named = keyMember(record, "signer");
    if (
        state.recovery &&
        equal(state.recovery, record.kid) &&
        kidIs(named, record.kid) &&
        record.kind !== "genesis"
    ) {
        return named;
    }
    return null;
}

// A state that came from a proof may hold keys that were put in force later.
const keyInForce = (state: StreamState): StreamKey | undefined =>
    state.keys.findLast(key => key.first <= state.seq + 1);

function checkSignature(
    state: StreamState,
    keyring: Keyring,
    record: OarRecord,
    index: number,
    oracle: Oracle,
): void {
    const key = signer(state, keyring, record);
    if (key && !oracle(signatureOf(record, key))) {
        throw new Invalid("signature", "the signature is not by the key that the record names", index);
    }
}

function checkNumber(expected: number, record: OarRecord, index: number): void {
    if (record.seq > expected) {
        throw new Invalid(
            "gap",
            index === 0 && expected === 0
                ? `the stream begins with record ${record.seq}, not 0`
                : `record ${record.seq} follows record ${expected - 1}: records between them are missing`,
            index,
        );
    }
    if (record.seq < expected) link(`record ${record.seq} stands where record ${expected} belongs`, index);
}

// The state after the first record of a stream.
export function begin(record: OarRecord, index: number, keyring: Keyring, oracle: Oracle): StreamState {
    checkSignature(beginning, keyring, record, index, oracle);
    checkNumber(0, record, index);
    if (!equal(record.prev, zeros(64))) link("the first record names a record before it", index);
    if (record.kind !== "genesis") link("the first record is not a genesis record", index);
    const key = keyMember(record, "key");
    const recovery = record.body.get("recovery") as Bytes | undefined;
    if (!kidIs(key, record.kid)) link("the genesis record is not signed by the key that it names", index);
    if (recovery && equal(recovery, record.kid)) link("the recovery key is the first key", index);
    if (!equal(record.stream, record.kid)) link("the stream is not named by its first key", index);
    return {
        stream: record.stream,
        seq: 0,
        head: record.id,
        time: record.time,
        recovery: recovery ?? null,
        keys: [{ kid: record.kid, first: 0, byRecovery: false, revoked: [] }],
    };
}

// The state after one more record. `head` and `time` are null where the file begins behind the stream's beginning.
export function next(
    state: StreamState,
    record: OarRecord,
    index: number,
    keyring: Keyring,
    oracle: Oracle,
): StreamState {
    checkSignature(state, keyring, record, index, oracle);
    if (!equal(record.stream, state.stream)) link("the record is of another stream", index);
    checkNumber(state.seq + 1, record, index);
    if (state.head && !equal(record.prev, state.head)) link("the record does not name the one before it", index);
    if (record.kind === "genesis") link("a genesis record stands behind the first one", index);
    if (state.time !== null && record.time < state.time && record.kind !== "gap")
        link("time runs backwards", index);
    const byRecovery = checkAuthor(state, record, index);
    const after = { ...state, seq: record.seq, head: record.id, time: record.time };
    if (record.kind === "key") return rotated(after, record, byRecovery, index, oracle);
    if (record.kind === "revoke") return revoked(after, record, byRecovery, index);
    return after;
}

// S7. True if the recovery key signed.
function checkAuthor(state: StreamState, record: OarRecord, index: number): boolean {
    const named = keyMember(record, "signer");
    const authority = record.kind === "key" || record.kind === "revoke";
    if (equal(keyInForce(state)!.kid, record.kid)) {
        if (authority && named) link("only the recovery key is named as the signer", index);
        return false;
    }
    if (!state.recovery || !equal(state.recovery, record.kid)) link("the record is not by the key in force", index);
    if (!authority) link("the recovery key signs key and revoke records and nothing else", index);
    if (!kidIs(named, record.kid)) link("the record does not carry the recovery key that signed it", index);
    return true;
}

// S8 to S10.
function rotated(
    state: StreamState,
    record: OarRecord,
    byRecovery: boolean,
    index: number,
    oracle: Oracle,
): StreamState {
    const key = keyMember(record, "key")!;
    const kid = sha256(key);
    if (state.keys.some(known => equal(known.kid, kid) && known.first <= record.seq)) {
        link("the key has been in force before", index);
    }
    if (state.recovery && equal(state.recovery, kid)) link("the recovery key cannot be put in force", index);
    const used = state.keys.filter(known => known.first <= record.seq).length;
    if (used >= mostKeys) link("a stream has at most 256 keys", index);
    if (!byRecovery && used >= mostKeys - forRecoveryOnly)
        link("the last 16 keys are for the recovery key alone", index);
    const proof = record.body.get("proof") as Bytes;
    if (!oracle({ key, message: keyProofMessage(record, key), signature: proof })) {
        throw new Invalid("proof", "the new key did not sign for its entry", index);
    }
    const known = state.keys.some(before => equal(before.kid, kid) && before.first === record.seq + 1);
    const keys = known ? state.keys : [...state.keys, { kid, first: record.seq + 1, byRecovery, revoked: [] }];
    return { ...state, keys };
}

// S11, S12, and what the revocation condemns.
function revoked(state: StreamState, record: OarRecord, byRecovery: boolean, index: number): StreamState {
    const kid = record.body.get("kid") as Bytes;
    const since = record.body.get("since") as number;
    const past = state.keys.filter(key => key.first <= record.seq);
    const place = past.findIndex(key => equal(key.kid, kid));
    if (place < 0) link("the revoked key was never in force", index);
    if (since > record.seq) link("a revocation counts from a record that is not there yet", index);
    const least = place + 1 < past.length ? past[place + 1]!.first : record.seq;
    if (state.recovery && !byRecovery && since < least) {
        link("only the recovery key condemns records that are already in the chain", index);
    }
    const keys = [...state.keys];
    const condemn = (at: number, from: number): void => {
        keys[at] = { ...keys[at]!, revoked: [...keys[at]!.revoked, { since: from, own: record.seq }] };
    };
    condemn(place, since);
    if (record.body.get("heirs") !== true) return { ...state, keys };
    // Each key record that is revoked by this and stands before it revokes the key that it put in force.
    let from = since;
    for (let at = place + 1; at < past.length; at++) {
        const heir = past[at]!;
        if (heir.byRecovery || heir.first - 1 < from) break;
        from = heir.first;
        condemn(at, from);
    }
    return { ...state, keys };
}

// Whether the records' owner disowned this one.
export function isRevoked(keys: readonly StreamKey[], record: OarRecord): boolean {
    const key = keys.find(known => equal(known.kid, record.kid));
    return key !== undefined && key.revoked.some(({ since, own }) => since <= record.seq && own !== record.seq);
}

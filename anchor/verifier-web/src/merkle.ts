// Inclusion in the log (RFC 9162 §2.1.3.2) and the streams map (M1 to M5).
import { type Bytes, equal, hex, zeros } from "./bytes.ts";
import { Reader, members, reasons } from "./cbor.ts";
import { sha256 } from "./crypto.ts";

const prefix = (value: number) => Uint8Array.of(value);

// The log root that an entry at `index` of `size` entries leads to; null if the path has another length.
export function rootOf(entry: Bytes, index: number, size: number, path: readonly Bytes[]): Bytes | null {
    if (index >= size) return null;
    let at = BigInt(index);
    let last = BigInt(size - 1);
    let hash = sha256(prefix(0), entry);
    for (const sibling of path) {
        if (last === 0n) return null;
        if ((at & 1n) === 1n || at === last) {
            hash = sha256(prefix(1), sibling, hash);
            while ((at & 1n) === 0n && at !== 0n) {
                at >>= 1n;
                last >>= 1n;
            }
        } else {
            hash = sha256(prefix(1), hash, sibling);
        }
        at >>= 1n;
        last >>= 1n;
    }
    return last === 0n ? hash : null;
}

export type MapProof = { end: null | Bytes | [Bytes, Bytes]; mask: Bytes; path: Bytes[] };

const proofMembers = members("end", "mask", "path");

export function readMapProof(bytes: Bytes): MapProof {
    const reader = new Reader(bytes);
    const proof = {} as MapProof;
    reader.map(proofMembers, true, name => {
        const start = reader.position;
        if (name === "end") {
            proof.end = reader.nullOr<Bytes | [Bytes, Bytes]>(() =>
                reader.bytes[reader.position]! >> 5 === 4
                    ? reader.tuple(2, () => [reader.fixed(32), reader.fixed(32)])
                    : reader.fixed(32),
            );
        } else if (name === "mask") {
            proof.mask = reader.byteString(0, 32);
            if (proof.mask.at(-1) === 0) reader.fault(reasons.value, start);
        } else {
            const set = proof.mask.reduce((sum, value) => sum + value.toString(2).replaceAll("0", "").length, 0);
            proof.path = reader.array(
                () => {
                    const at = reader.position;
                    const sibling = reader.fixed(32);
                    if (equal(sibling, zeros(32))) reader.fault(reasons.value, at);
                    return sibling;
                },
                set,
                set,
            );
        }
    });
    reader.finish();
    return proof;
}

const bit = (bytes: Bytes, at: number): number => (bytes[at >> 3]! >> (7 - (at & 7))) & 1;

// The root that a stream with this value leads to.
export function mapRootOf(proof: MapProof, stream: Bytes, value: Bytes): Bytes {
    const depths: number[] = [];
    for (let at = 0; at < proof.mask.length * 8; at++) if (bit(proof.mask, at)) depths.push(at);
    let hash = sha256(prefix(2), stream, value);
    const deepest = depths.at(-1) ?? -1;
    let next = depths.length - 1;
    for (let depth = deepest; depth >= 0; depth--) {
        const there = next >= 0 && depths[next] === depth;
        const sibling = there ? proof.path[next--]! : zeros(32);
        hash = bit(stream, depth) === 1 ? sha256(prefix(3), sibling, hash) : sha256(prefix(3), hash, sibling);
    }
    return hash;
}

export type StateKey = { kid: Bytes; first: number; since: number | null; byRecovery: boolean };
export type ProvenState = {
    seq: number;
    head: Bytes;
    time: number;
    recovery: Bytes | null;
    sponsor: string;
    keys: StateKey[];
};

// S14. Keys ascend by their first records, the first one's is 0, and none stands twice.
export function readState(bytes: Bytes): ProvenState {
    const reader = new Reader(bytes);
    const seen = new Set<string>();
    let before = -1;
    const first = (): number => {
        const start = reader.position;
        const value = reader.uint();
        if (value <= before || (before < 0 && value !== 0)) reader.fault(reasons.value, start);
        return (before = value);
    };
    const kid = (): Bytes => {
        const start = reader.position;
        const value = reader.fixed(32);
        if (seen.has(hex(value))) reader.fault(reasons.value, start);
        seen.add(hex(value));
        return value;
    };
    const state = reader.tuple(6, (): ProvenState => ({
        seq: reader.uint(),
        head: reader.fixed(64),
        time: reader.uint(),
        recovery: reader.nullOr(() => reader.fixed(32)),
        sponsor: reader.text(),
        keys: reader.array(
            () =>
                reader.tuple(4, (): StateKey => ({
                    kid: kid(),
                    first: first(),
                    since: reader.nullOr(() => reader.uint()),
                    byRecovery: reader.boolean(),
                })),
            1,
            256,
        ),
    }));
    reader.finish();
    return state;
}

// The evidence file: the form of its frame. The documents inside (records, headers, commits, …) stay byte strings: each
// is read by the check that rests on it, whose layer a fault in it has.
import { type Bytes, compare } from "./bytes.ts";
import type { BitcoinProof } from "./bitcoin.ts";
import { commitLimit, headerLimit } from "./block.ts";
import { Reader, members, reasons } from "./cbor.ts";
import { documentLimit } from "./configuration.ts";
import { keyLength } from "./crypto.ts";
import { recordLimit } from "./record.ts";

export const fileLimit = 1_073_741_824;
const mostRecords = 200_000;
const mostPlace = 2_147_483_647;

export type Inclusion = { checkpoint: number; index: number; path: Bytes[] };
export type Head = { path: Bytes; state: Bytes; checkpoint: number };
export type Step = { commit?: Bytes; header?: Bytes; configuration: Bytes };
export type Checkpoint = { next?: Bytes; links: Bytes[]; commit: Bytes; header: Bytes; bitcoin?: BitcoinProof };
export type Chain = { log: Inclusion[]; head: Head; walk: Step[]; genesis: Bytes; checkpoints: Checkpoint[] };
export type Scope = "record" | "range" | "stream";
export type Evidence = {
    keys: Bytes[];
    chain: Chain | null;
    scope: Scope;
    stream: Bytes;
    records: Bytes[];
    checksum: Bytes;
    summed: Bytes;
};

const evidenceMembers = members("v", "keys", "type", "chain?", "scope", "stream", "records", "checksum");
const chainMembers = members("log", "head", "walk?", "genesis", "checkpoints");
const headMembers = members("path", "state", "checkpoint");
const stepMembers = members("commit?", "header?", "configuration");
const checkpointMembers = members("next?", "links", "commit", "header", "bitcoin?");
const bitcoinMembers = members("tx", "index", "branch", "header", "height", "network");

function readBitcoin(reader: Reader): BitcoinProof {
    const proof = {} as BitcoinProof;
    reader.map(bitcoinMembers, true, name => {
        switch (name) {
            case "tx":
                proof.tx = reader.byteString(0, 50_000);
                return;
            case "index":
                proof.index = reader.uint(0, mostPlace);
                return;
            case "branch":
                proof.branch = reader.array(() => reader.fixed(32), 0, 32);
                return;
            case "header":
                proof.header = reader.fixed(80);
                return;
            case "height":
                proof.height = reader.uint(0, mostPlace);
                return;
            default:
                proof.network = reader.text();
        }
    });
    return proof;
}

function readCheckpoint(reader: Reader): Checkpoint {
    const checkpoint = {} as Checkpoint;
    const start = reader.position;
    reader.map(checkpointMembers, true, name => {
        switch (name) {
            case "next":
                checkpoint.next = reader.byteString(0, headerLimit);
                return;
            case "links":
                checkpoint.links = reader.array(() => reader.byteString(0, headerLimit), 0, 17);
                return;
            case "commit":
                checkpoint.commit = reader.byteString(0, commitLimit);
                return;
            case "header":
                checkpoint.header = reader.byteString(0, headerLimit);
                return;
            default:
                checkpoint.bitcoin = readBitcoin(reader);
        }
    });
    if (checkpoint.bitcoin && !checkpoint.next) reader.within("next", () => reader.fault(reasons.missing, start));
    return checkpoint;
}

function readStep(reader: Reader): Step {
    const step = {} as Step;
    const start = reader.position;
    reader.map(stepMembers, true, name => {
        if (name === "commit") step.commit = reader.byteString(0, commitLimit);
        else if (name === "header") step.header = reader.byteString(0, headerLimit);
        else step.configuration = reader.byteString(0, documentLimit);
    });
    if (!step.commit !== !step.header) reader.fault(reasons.missing, start);
    return step;
}

function readHead(reader: Reader): Head {
    const head = {} as Head;
    reader.map(headMembers, true, name => {
        if (name === "path") head.path = reader.byteString(0, 16_384);
        else if (name === "checkpoint") head.checkpoint = reader.uint();
        else head.state = reader.byteString(0, 32_768);
    });
    return head;
}

function readChain(reader: Reader): Chain {
    const chain = { walk: [] as Step[] } as Chain;
    const start = reader.position;
    reader.map(chainMembers, true, name => {
        switch (name) {
            case "log":
                chain.log = reader.array(
                    () =>
                        reader.tuple(3, () => ({
                            checkpoint: reader.uint(),
                            index: reader.uint(),
                            path: reader.array(() => reader.fixed(32), 0, 53),
                        })),
                    0,
                    mostRecords,
                );
                return;
            case "head":
                chain.head = readHead(reader);
                return;
            case "walk":
                chain.walk = reader.array(() => readStep(reader), 1, 1024);
                return;
            case "genesis":
                chain.genesis = reader.byteString(0, documentLimit);
                return;
            default:
                chain.checkpoints = reader.array(() => readCheckpoint(reader), 1, 4);
        }
    });
    const count = chain.checkpoints.length;
    if (chain.head.checkpoint >= count || chain.log.some(inclusion => inclusion.checkpoint >= count)) {
        reader.fault(reasons.value, start);
    }
    return chain;
}

export type Partial = { scope: Scope | null; stream: Bytes | null; records: Bytes[] };

// Reads a whole file. `partial` is filled on the way: it tells how far a file could be read that throws a Fault.
export function readEvidence(bytes: Bytes, partial: Partial): Evidence {
    const reader = new Reader(bytes);
    const evidence = { chain: null } as Evidence;
    reader.map(evidenceMembers, true, name => {
        const start = reader.position;
        switch (name) {
            case "v":
                reader.uint(1, 1);
                return;
            case "keys": {
                let before: Bytes | null = null;
                evidence.keys = reader.array(
                    () => {
                        const at = reader.position;
                        const key = reader.fixed(keyLength);
                        if (before && compare(before, key) >= 0) reader.fault(reasons.value, at);
                        before = key;
                        return key;
                    },
                    0,
                    256,
                );
                return;
            }
            case "type":
                reader.text(["evidence"]);
                return;
            case "chain":
                evidence.chain = readChain(reader);
                return;
            case "scope":
                partial.scope = evidence.scope = reader.text(["record", "range", "stream"]) as Scope;
                return;
            case "stream":
                partial.stream = evidence.stream = reader.fixed(32);
                return;
            case "records":
                reader.array(
                    () => {
                        partial.records.push(reader.byteString(0, recordLimit));
                    },
                    1,
                    mostRecords,
                );
                evidence.records = partial.records;
                if (evidence.scope === "record" && evidence.records.length !== 1)
                    reader.fault(reasons.count, start);
                if (evidence.chain && evidence.chain.log.length !== evidence.records.length) {
                    reader.fault(reasons.count, start);
                }
                return;
            default:
                // Its key, "checksum", has one byte of head and eight of text.
                evidence.summed = bytes.subarray(0, start - 9);
                evidence.checksum = reader.fixed(32);
        }
    });
    reader.finish();
    return evidence;
}

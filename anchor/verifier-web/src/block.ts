// Block headers and commits (H1 to H10).
import { type Bytes, equal } from "./bytes.ts";
import { Reader, encode, members, reasons } from "./cbor.ts";
import type { Configuration } from "./configuration.ts";
import { type Oracle, sha256, signatureLength } from "./crypto.ts";

export const headerLimit = 512;
export const commitLimit = 1_048_576;
const mostRound = 2_147_483_647;

export type Header = {
    bytes: Bytes;
    id: Bytes;
    next: Bytes;
    prev: Bytes;
    root: Bytes;
    size: number;
    time: number;
    chain: Bytes;
    commit: Bytes;
    height: number;
    streams: Bytes;
    validators: Bytes;
};
export type Vote = { validator: number; signature: Bytes };
export type Commit = { bytes: Bytes; block: Bytes; round: number; votes: Vote[]; height: number };

const headerMembers = members(
    "v",
    "body",
    "next",
    "prev",
    "root",
    "size",
    "time",
    "chain",
    "commit",
    "height",
    "streams",
    "proposer",
    "validators",
);
const commitMembers = members("v", "block", "round", "votes", "height");

export function readHeader(bytes: Bytes): Header {
    const reader = new Reader(bytes);
    reader.where = "header";
    const numbers: Record<string, number> = {};
    const digests: Record<string, Bytes> = {};
    reader.map(headerMembers, true, name => {
        if (name === "v") reader.uint(1, 1);
        else if (name === "height" || name === "size" || name === "time") numbers[name] = reader.uint();
        else digests[name] = reader.fixed(32);
    });
    reader.finish();
    return { ...digests, ...numbers, bytes, id: sha256(bytes) } as unknown as Header;
}

export function readCommit(bytes: Bytes): Commit {
    const reader = new Reader(bytes);
    reader.where = "commit";
    const commit = { bytes } as Commit;
    reader.map(commitMembers, true, name => {
        switch (name) {
            case "v":
                reader.uint(1, 1);
                return;
            case "block":
                commit.block = reader.fixed(32);
                return;
            case "round":
                commit.round = reader.uint(0, mostRound);
                return;
            case "height":
                commit.height = reader.uint();
                return;
            default: {
                let before = -1;
                commit.votes = reader.array(
                    () =>
                        reader.tuple(2, () => {
                            const start = reader.position;
                            const validator = reader.uint(0, 255);
                            if (validator <= before) reader.fault(reasons.value, start);
                            before = validator;
                            return { validator, signature: reader.fixed(signatureLength) };
                        }),
                    1,
                    256,
                );
            }
        }
    });
    reader.finish();
    return commit;
}

export const voteMessage = (
    chain: Bytes,
    height: number,
    round: number,
    step: number,
    block: Bytes | null,
): Bytes => encode(["ledger/vote/1", chain, height, round, step, block]);

// Why a commit does not prove this block under this configuration; null if it does (H8, H9).
export function commitFault(
    commit: Commit,
    height: number,
    block: Bytes,
    chain: Bytes,
    configuration: Configuration,
    oracle: Oracle,
): string | null {
    if (commit.height !== height || !equal(commit.block, block)) return "the commit is for another block";
    const message = voteMessage(chain, height, commit.round, 2, block);
    let power = 0;
    for (const { validator, signature } of commit.votes) {
        const voter = configuration.validators[validator];
        if (!voter) return `the commit names validator ${validator}, and there is none`;
        if (!oracle({ key: voter.vote, message, signature }))
            return `the vote of validator ${validator} is not sound`;
        power += voter.power;
    }
    const all = configuration.validators.reduce((sum, voter) => sum + voter.power, 0);
    return 3 * power > 2 * all ? null : "the voters have no more than two thirds of the power";
}

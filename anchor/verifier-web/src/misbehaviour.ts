// Misbehaviour files (X1 to X4) and fork files (X5, X6).
import { type Bytes, compare, equal, hex } from "./bytes.ts";
import { type Commit, commitFault, commitLimit, readCommit } from "./block.ts";
import { Fault, Reader, members, reasons } from "./cbor.ts";
import { type Genesis, documentLimit, readGenesis } from "./configuration.ts";
import { type Oracle, keyLength, sha256, signatureLength } from "./crypto.ts";
import type { Trust } from "./trust.ts";
import { type Judgement, type Report, Invalid, emptyReport, fail } from "./verdict.ts";

const fileLimit = 16_384;
const statementLimit = 128;
const mostRound = 2_147_483_647;

type Statement = {
    bytes: Bytes;
    signature: Bytes;
    purpose: string;
    chain: Bytes;
    height: number;
    round: number;
    step: number;
    block: Bytes | null;
};

const misbehaviourMembers = members("v", "key", "type", "first", "second");
const forkMembers = members("v", "type", "first", "second", "genesis");

function readStatement(bytes: Bytes): Omit<Statement, "signature"> {
    const reader = new Reader(bytes);
    const statement = reader.tuple(6, () => {
        const purpose = reader.text(["ledger/vote/1", "ledger/proposal/1"]);
        const vote = purpose === "ledger/vote/1";
        const chain = reader.fixed(32);
        const height = reader.uint();
        const round = reader.uint(0, mostRound);
        const at = reader.position;
        const step = vote ? reader.uint(1, 2) : reader.integer();
        if (!vote && (step < -1 || step >= round)) reader.fault(reasons.value, at);
        const block = vote ? reader.nullOr(() => reader.fixed(32)) : reader.fixed(32);
        return { bytes, purpose, chain, height, round, step, block };
    });
    reader.finish();
    return statement;
}

function readSigned(reader: Reader): Statement {
    return reader.tuple(2, () => {
        const bytes = reader.byteString(0, statementLimit);
        return { ...readStatement(bytes), signature: reader.fixed(signatureLength) };
    });
}

const sameBlock = (left: Statement, right: Statement): boolean =>
    left.block === null || right.block === null ? left.block === right.block : equal(left.block, right.block);

// X1 and X2.
function contradicts(first: Statement, second: Statement): boolean {
    const sameRound =
        first.purpose === second.purpose &&
        equal(first.chain, second.chain) &&
        first.height === second.height &&
        first.round === second.round;
    if (!sameRound || compare(first.bytes, second.bytes) >= 0) return false;
    return first.purpose === "ledger/vote/1"
        ? first.step === second.step && !sameBlock(first, second)
        : first.step !== second.step || !sameBlock(first, second);
}

function said({ purpose, step, block }: Statement): string {
    if (purpose === "ledger/vote/1") {
        return `a ${step === 1 ? "prevote" : "precommit"} for ${block ? `block ${hex(block)}` : "nil"}`;
    }
    return step === -1
        ? `a fresh proposal of block ${hex(block!)}`
        : `a proposal of block ${hex(block!)}, valid in round ${step}`;
}

function checkMisbehaviour(bytes: Bytes, report: Report, trust: Trust, oracle: Oracle): void {
    if (bytes.length > fileLimit) throw new Fault("a misbehaviour file has at most 16,384 bytes", fileLimit);
    const reader = new Reader(bytes);
    let key: Bytes = bytes;
    const statements: Statement[] = [];
    reader.map(misbehaviourMembers, true, name => {
        if (name === "v") reader.uint(1, 1);
        else if (name === "key") key = reader.fixed(keyLength);
        else if (name === "type") reader.text(["misbehaviour"]);
        else statements.push(readSigned(reader));
    });
    reader.finish();
    const [first, second] = statements as [Statement, Statement];
    if (!contradicts(first, second)) throw new Fault("the statements do not contradict each other", 0);
    for (const [index, { bytes: message, signature }] of statements.entries()) {
        if (!oracle({ key, message, signature })) {
            throw new Invalid("signature", "the signature is not by the key that the file names", index);
        }
    }
    if (trust.chain && !equal(trust.chain, first.chain)) {
        throw new Invalid("quorum", "the chain is not the one that the trust file names", 0);
    }
    if (trust.chain) report.trust.chain = "pinned";
    report.layers.push(
        { layer: "signature", outcome: "passed", text: "two statements that contradict each other, under one key" },
        { layer: "quorum", outcome: "not checked", text: "the file holds no configuration of validators" },
    );
    report.notes.push(
        `The key ${hex(sha256(key))} signed for chain ${hex(first.chain)}, height ${first.height}, ` +
            `round ${first.round}: ${said(first)}, and ${said(second)}.`,
        "Whether the key was a validator's at that height is for the chain's configuration to say.",
    );
}

function checkFork(bytes: Bytes, report: Report, trust: Trust, oracle: Oracle): void {
    const reader = new Reader(bytes);
    const commits: Commit[] = [];
    let genesis = {} as Genesis;
    reader.map(forkMembers, true, name => {
        if (name === "v") reader.uint(1, 1);
        else if (name === "type") reader.text(["fork"]);
        else if (name === "genesis") genesis = readGenesis(reader.byteString(0, documentLimit));
        else commits.push(readCommit(reader.byteString(0, commitLimit)));
    });
    reader.finish();
    const [first, second] = commits as [Commit, Commit];
    if (first.height !== second.height || compare(first.block, second.block) >= 0) {
        throw new Fault("the commits are not for two blocks of one height, the lower id first", 0);
    }
    const { chain, configuration } = genesis;
    if (trust.chain && !equal(trust.chain, chain)) {
        throw new Invalid("quorum", "the chain is not the one that the trust file names", 0);
    }
    for (const [index, commit] of commits.entries()) {
        const fault = commitFault(commit, commit.height, commit.block, chain, configuration, oracle);
        if (fault) throw new Invalid("quorum", fault, index);
    }
    if (trust.chain) report.trust.chain = "pinned";
    const both = configuration.validators.filter((_, place) =>
        commits.every(commit => commit.votes.some(vote => vote.validator === place)),
    );
    const power = (voters: typeof both) => voters.reduce((sum, voter) => sum + voter.power, 0);
    report.layers.push({
        layer: "quorum",
        outcome: "passed",
        text: "two commits of one height, each of more than two thirds",
    });
    report.notes.push(
        `Chain ${hex(chain)} is forked at height ${first.height}: block ${hex(first.block)} has a commit of ` +
            `round ${first.round}, block ${hex(second.block)} one of round ${second.round}.`,
        `Precommitted both: ${both.map(voter => voter.name).join(", ")}, ` +
            `${power(both)} of ${power(configuration.validators)} in power.`,
        "The validators are those of the genesis document; a file shows no later configuration.",
    );
}

export function judgeMisconduct(
    bytes: Bytes,
    files: "misbehaviour" | "fork",
    trust: Trust,
    oracle: Oracle,
): Judgement {
    const report = emptyReport();
    try {
        (files === "fork" ? checkFork : checkMisbehaviour)(bytes, report, trust, oracle);
    } catch (error) {
        if (error instanceof Fault) {
            report.trust.chain = "not shown";
            fail(report, "INVALID", "encoding", error.message, 0);
        } else if (error instanceof Invalid) fail(report, "INVALID", error.layer, error.reason, error.index);
        else throw error;
        report.layers.push({ layer: report.layer!, outcome: "failed", text: report.reason! });
    }
    return { report, records: [], files };
}

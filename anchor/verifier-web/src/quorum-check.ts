// Which validators signed which block: the walk from the genesis document's configuration, checkpoints and their links.
import { type Bytes, equal } from "./bytes.ts";
import { type Commit, type Header, commitFault, readCommit, readHeader } from "./block.ts";
import { Fault } from "./cbor.ts";
import { type Configuration, type Genesis, readConfiguration, readGenesis, sameVoters } from "./configuration.ts";
import { type Oracle, sha256 } from "./crypto.ts";
import type { Chain } from "./evidence.ts";
import { type Layer, Invalid } from "./verdict.ts";

// A configuration, and the heights between which blocks are signed under it: above `from`, at most `to`.
type InForce = { configuration: Configuration; from: number; to: number };
export type Settlement = { header: Header; commit: Commit; links: Header[]; next: Header | null };
type ReadStep = { configuration: Configuration; signed: { header: Header; commit: Commit } | null };
export type Documents = { genesis: Genesis; walk: ReadStep[]; checkpoints: Settlement[] };

// The first record that rests on a checkpoint.
export function restingOn(chain: Chain, checkpoint: number): number {
    return Math.max(
        0,
        chain.log.findIndex(inclusion => inclusion.checkpoint === checkpoint),
    );
}

// Reads a document inside the file; a fault in it is one of the layer that rests on it.
export function inside<T>(layer: Layer, index: number, what: string, bytes: Bytes, read: (bytes: Bytes) => T): T {
    try {
        return read(bytes);
    } catch (fault) {
        if (fault instanceof Fault) throw new Invalid(layer, `${what}: ${fault.message}`, index);
        throw fault;
    }
}

const broken = (layer: Layer, reason: string, index: number): never => {
    throw new Invalid(layer, reason, index);
};

// How far the documents of a chain could be read: which chain the file says it is of, and its newest block's time.
export type Known = { chain: boolean; asOf: number | null };

// All are looked at, so that the newest that can be read says how old the file is.
function readBlocks(chain: Chain, known: Known): Array<{ header: Header; commit: Commit }> {
    let first: Invalid | null = null;
    const blocks = chain.checkpoints.flatMap((checkpoint, place) => {
        try {
            const header = inside("quorum", restingOn(chain, place), "a header", checkpoint.header, readHeader);
            const commit = inside("quorum", restingOn(chain, place), "a commit", checkpoint.commit, readCommit);
            known.asOf = header.time;
            return [{ header, commit }];
        } catch (error) {
            if (!(error instanceof Invalid)) throw error;
            first ??= error;
            return [];
        }
    });
    if (first) throw first;
    return blocks;
}

// Every document of the chain, read; the first that cannot be read throws.
export function readDocuments(chain: Chain, known: Known): Documents {
    const genesis = inside("quorum", 0, "the genesis document", chain.genesis, readGenesis);
    known.chain = true;
    const blocks = readBlocks(chain, known);
    const walk = chain.walk.map((step): ReadStep => ({
        configuration: inside("quorum", 0, "a configuration", step.configuration, readConfiguration),
        signed:
            step.header && step.commit
                ? {
                      header: inside("quorum", 0, "a header of the walk", step.header, readHeader),
                      commit: inside("quorum", 0, "a commit of the walk", step.commit, readCommit),
                  }
                : null,
    }));
    const checkpoints = chain.checkpoints.map(({ links, next }, place): Settlement => {
        const index = restingOn(chain, place);
        return {
            ...blocks[place]!,
            links: links.map(link => inside("log", index, "a link", link, readHeader)),
            next: next ? inside("log", index, "the next header", next, readHeader) : null,
        };
    });
    return { genesis, walk, checkpoints };
}

function walked(walk: readonly ReadStep[], genesis: Genesis, oracle: Oracle): InForce[] {
    const inForce: InForce[] = [{ configuration: genesis.configuration, from: 0, to: Number.MAX_SAFE_INTEGER }];
    let named = 0;
    for (const { signed, configuration } of walk) {
        const before = inForce.at(-1)!;
        if (!signed) {
            if (!sameVoters(before.configuration, configuration)) {
                broken("quorum", "a step without signatures changes who votes", 0);
            }
            inForce.push({ configuration, from: named, to: before.to });
            continue;
        }
        const { header, commit } = signed;
        if (!equal(header.chain, genesis.chain)) broken("quorum", "a step of the walk is of another chain", 0);
        if (header.height <= named) broken("quorum", "the steps of the walk do not ascend", 0);
        if (!equal(header.validators, before.configuration.digest)) {
            broken("quorum", "a block of the walk names another configuration in force", 0);
        }
        if (!equal(header.next, configuration.digest))
            broken("quorum", "a block of the walk names another next configuration", 0);
        const fault = commitFault(commit, header.height, header.id, genesis.chain, before.configuration, oracle);
        if (fault) broken("quorum", `the walk: ${fault}`, 0);
        for (const entry of inForce) if (entry.from === named) entry.to = header.height;
        named = header.height;
        inForce.push({ configuration, from: named, to: Number.MAX_SAFE_INTEGER });
    }
    return inForce;
}

export const follows = (next: Header, header: Header): boolean =>
    equal(next.prev, header.id) && next.height === header.height + 1 && equal(next.chain, header.chain);

export const namesCommit = (next: Header, commit: Commit): boolean => equal(next.commit, sha256(commit.bytes));

// Heights ascend; links lead to the header, and the next header follows it.
export function checkOrder(chain: Chain, { checkpoints }: Documents): void {
    let height = -1;
    for (const [place, { header, links, next }] of checkpoints.entries()) {
        const index = restingOn(chain, place);
        if (header.height <= height) broken("log", "the checkpoints do not ascend by height", index);
        height = header.height;
        const blocks = [...links, header];
        for (let at = 1; at < blocks.length; at++) {
            const [before, block] = [blocks[at - 1]!, blocks[at]!];
            if (
                !equal(block.prev, before.id) ||
                block.height !== before.height + 1 ||
                !equal(before.chain, header.chain)
            ) {
                broken("log", `the links do not lead to block ${header.height}`, index);
            }
        }
        if (next && !follows(next, header)) {
            broken("log", "the next header does not follow the checkpoint's", index);
        }
    }
}

// What the quorums of the chain signed; throws Invalid at the first that does not hold.
export function checkQuorum(chain: Chain, { genesis, walk, checkpoints }: Documents, oracle: Oracle): void {
    const inForce = walked(walk, genesis, oracle);
    for (const [place, { header, commit, next }] of checkpoints.entries()) {
        const index = restingOn(chain, place);
        if (!equal(header.chain, genesis.chain))
            broken("quorum", "the block is of another chain than the genesis document", index);
        const voters =
            inForce.find(entry => equal(entry.configuration.digest, header.validators)) ??
            broken("quorum", "the walk does not lead to the configuration that the block names", index);
        if (header.height <= voters.from || header.height > voters.to) {
            broken("quorum", "the configuration that the block names was not in force there", index);
        }
        const fault = commitFault(commit, header.height, header.id, header.chain, voters.configuration, oracle);
        if (fault) broken("quorum", fault, index);
        if (next && !namesCommit(next, commit)) broken("quorum", "the next header names another commit", index);
    }
}

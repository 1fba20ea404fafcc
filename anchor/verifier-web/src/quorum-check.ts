// Which validators signed which block: the walk from the genesis document's configuration, checkpoints and their links.
import { equal, hex } from "./bytes.ts";
import { type Header, commitFault } from "./block.ts";
import { type Configuration, sameVoters } from "./configuration.ts";
import { type Oracle, sha256 } from "./crypto.ts";
import type { Chain, Checkpoint } from "./evidence.ts";
import type { Trust } from "./trust.ts";
import { Invalid } from "./verdict.ts";

// A configuration, and the heights between which blocks are signed under it: above `from`, at most `to`.
type InForce = { configuration: Configuration; from: number; to: number };

// The first record that rests on a checkpoint.
export function restingOn(chain: Chain, checkpoint: number): number {
    return Math.max(0, chain.log.findIndex(inclusion => inclusion.checkpoint === checkpoint));
}

const broken = (reason: string, index: number): never => {
    throw new Invalid("quorum", reason, index);
};

function walked(chain: Chain, trust: Trust, oracle: Oracle): InForce[] {
    const inForce: InForce[] = [{ configuration: chain.genesis.configuration, from: 0, to: Number.MAX_SAFE_INTEGER }];
    let named = 0;
    for (const { commit, header, configuration } of chain.walk) {
        const before = inForce.at(-1)!;
        if (!header || !commit) {
            if (!sameVoters(before.configuration, configuration)) {
                broken("a step without signatures changes who votes", 0);
            }
            inForce.push({ configuration, from: named, to: before.to });
            continue;
        }
        if (!equal(header.chain, chain.genesis.chain)) broken("a step of the walk is of another chain", 0);
        if (header.height <= named) broken("the steps of the walk do not ascend", 0);
        if (!equal(header.next, configuration.digest)) broken("a block of the walk names another configuration", 0);
        pinnedHeight(header, trust, 0);
        const fault = commitFault(commit, header.height, header.id, chain.genesis.chain, before.configuration, oracle);
        if (fault) broken(`the walk: ${fault}`, 0);
        for (const entry of inForce) if (entry.from === named) entry.to = header.height;
        named = header.height;
        inForce.push({ configuration, from: named, to: Number.MAX_SAFE_INTEGER });
    }
    return inForce;
}

function pinnedHeight(header: Header, trust: Trust, index: number): void {
    const pin = trust.checkpoint;
    if (pin && header.height === pin.height && !equal(header.id, pin.id)) {
        broken(`block ${pin.height} is not the one that the trust file names`, index);
    }
}

function checkLinks(checkpoint: Checkpoint, trust: Trust, index: number): void {
    const blocks = [...checkpoint.links, checkpoint.header];
    for (let at = 0; at < blocks.length; at++) {
        const block = blocks[at]!;
        pinnedHeight(block, trust, index);
        if (!equal(block.chain, checkpoint.header.chain)) broken("a link is of another chain", index);
        const before = blocks[at - 1];
        if (before && (!equal(block.prev, before.id) || block.height !== before.height + 1)) {
            broken(`the links do not lead to block ${checkpoint.header.height}`, index);
        }
    }
}

function checkNext({ next, header, commit }: Checkpoint, trust: Trust, index: number): void {
    if (!next) return;
    if (!equal(next.prev, header.id) || next.height !== header.height + 1 || !equal(next.chain, header.chain)) {
        broken("the next header does not follow the checkpoint's", index);
    }
    if (!equal(next.commit, sha256(commit.bytes))) broken("the next header names another commit", index);
    pinnedHeight(next, trust, index);
}

export function checkQuorum(chain: Chain, trust: Trust, oracle: Oracle): void {
    if (trust.chain && !equal(trust.chain, chain.genesis.chain)) {
        broken(`the chain is ${hex(chain.genesis.chain)}, not the one that the trust file names`, 0);
    }
    const inForce = walked(chain, trust, oracle);
    let height = 0;
    for (const [place, checkpoint] of chain.checkpoints.entries()) {
        const index = restingOn(chain, place);
        const { header, commit } = checkpoint;
        if (header.height <= height) broken("the checkpoints do not ascend", index);
        height = header.height;
        if (!equal(header.chain, chain.genesis.chain)) {
            broken("the block is of another chain than the genesis document", index);
        }
        checkLinks(checkpoint, trust, index);
        const voters = inForce.find(entry => equal(entry.configuration.digest, header.validators));
        if (!voters) return broken("the walk does not lead to the configuration that the block names", index);
        if (height <= voters.from || height > voters.to) broken("the block's configuration is not the one in force", index);
        const fault = commitFault(commit, header.height, header.id, header.chain, voters.configuration, oracle);
        if (fault) broken(fault, index);
        checkNext(checkpoint, trust, index);
    }
}

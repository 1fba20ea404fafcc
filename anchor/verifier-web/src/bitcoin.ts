// From a block id to the proof of work of a Bitcoin header, steps 6 to 8 of anchor/README.md.
import { type Bytes, bytesOf, equal, hex, join, littleEndian, reversed } from "./bytes.ts";
import { doubleSha256 } from "./crypto.ts";

export type BitcoinProof = {
    tx: Bytes;
    index: number;
    branch: Bytes[];
    header: Bytes;
    height: number;
    network: string;
};

// The easiest target that counts on a network.
export const floors: Record<string, bigint> = {
    main: (0xffffn << 208n) / 10_000_000_000_000n,
    testnet4: 2n ** 224n - 1n,
    signet: 0x377aen << 216n,
    regtest: 2n ** 255n - 1n,
};

// The hashes that it takes, on average, to meet a target.
export const workOf = (target: bigint): bigint => 2n ** 256n / (target + 1n);

export function targetOf(header: Bytes): bigint | null {
    const exponent = header[75]!;
    const mantissa = littleEndian(header.subarray(72, 75));
    if (mantissa >= 2n ** 23n) return null;
    const target = exponent >= 3 ? mantissa << BigInt(8 * (exponent - 3)) : mantissa >> BigInt(8 * (3 - exponent));
    return target > 0n && target < 2n ** 256n ? target : null;
}

export const timeOf = (header: Bytes): number => Number(littleEndian(header.subarray(68, 72))) * 1000;
export const shown = (hash: Bytes): string => hex(reversed(hash));

// Reads a transaction without witness data; null if it is none. Returns the scripts of its outputs.
function outputScripts(tx: Bytes): Bytes[] | null {
    let at = 4;
    let sound = true;
    const take = (length: number): Bytes => {
        if (length > tx.length - at) sound = false;
        const taken = sound ? tx.subarray(at, at + length) : new Uint8Array();
        at += length;
        return taken;
    };
    const compact = (): number => {
        const first = take(1)[0] ?? 0;
        if (first < 253) return first;
        const value = littleEndian(take(first === 253 ? 2 : first === 254 ? 4 : 8));
        if (value < (first === 253 ? 253n : first === 254 ? 65_536n : 4_294_967_296n)) sound = false;
        return Number(value);
    };
    const inputs = compact();
    if (inputs < 1) return null;
    for (let input = 0; input < inputs && sound; input++) {
        take(36);
        take(compact());
        take(4);
    }
    const scripts: Bytes[] = [];
    const outputs = sound ? compact() : 0;
    if (outputs < 1) return null;
    for (let output = 0; output < outputs && sound; output++) {
        take(8);
        scripts.push(take(compact()));
    }
    take(4);
    return sound && at === tx.length ? scripts : null;
}

export type Found = { target: bigint; txid: Bytes; block: Bytes };

// What the proof leads to, or why it does not hold for the block with this id.
export function checkBitcoin(proof: BitcoinProof, block: Bytes): Found | string {
    if (proof.tx.length === 64) return "the transaction has 64 bytes, as an inner node of Bitcoin's tree has";
    const scripts = outputScripts(proof.tx);
    if (!scripts) return "the bytes are no Bitcoin transaction without witness data";
    const wanted = join(Uint8Array.of(0x6a, 0x24), bytesOf("OARL"), block);
    if (!scripts.some(script => equal(script, wanted)))
        return "no output of the transaction carries the block's id";
    const txid = doubleSha256(proof.tx);
    let hash = txid;
    let index = proof.index;
    for (const sibling of proof.branch) {
        if (index % 2 === 1) {
            if (equal(sibling, hash)) return "the Merkle branch repeats a node";
            hash = doubleSha256(sibling, hash);
        } else {
            hash = doubleSha256(hash, sibling);
        }
        index = Math.floor(index / 2);
    }
    if (index !== 0 || !equal(hash, proof.header.subarray(36, 68)))
        return "the Merkle branch does not lead to the header";
    const target = targetOf(proof.header);
    if (target === null) return "the header's target is no target";
    const id = doubleSha256(proof.header);
    if (littleEndian(id) > target) return "the header does not have the proof of work that it claims";
    const floor = floors[proof.network];
    if (floor === undefined) return "the network is not one that is known";
    if (target > floor) return `the header's target is easier than ${proof.network} allows`;
    return { target, txid, block: id };
}

export function costText(target: bigint): string {
    const work = workOf(target);
    // 20 joules per 10^12 hashes; 3,600 joules are a watt-hour.
    const wattHours = (work * 20n) / 3_600_000_000_000_000n;
    const amount =
        wattHours < 1n
            ? "less than one watt-hour"
            : wattHours < 10_000n
              ? `${wattHours} watt-hours`
              : wattHours < 10_000_000n
                ? `${wattHours / 1000n} kWh`
                : `${wattHours / 1_000_000n} MWh`;
    return (
        `Forging this Bitcoin header takes ${work} hashes on average, ${amount} of electricity ` +
        "at 20 joules per 10^12 hashes."
    );
}

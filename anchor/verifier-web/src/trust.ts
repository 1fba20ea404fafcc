// The trust file: what the person who asks holds true from elsewhere. JSON, or CBOR with byte strings for hexadecimal.
import { type Bytes, fromHex, hex, isUtf8, textOf } from "./bytes.ts";
import { Fault, Reader, type Value } from "./cbor.ts";

export type Trust = {
    chain?: Bytes;
    streams?: Bytes[];
    bitcoin?: { network: string; work?: bigint; checkpoint?: { header: Bytes; height: number } };
    checkpoint?: { height: number; id: Bytes };
};

export const networks = ["main", "testnet4", "signet", "regtest"];

// What is wrong with a trust file; a mistake of the caller, never a verdict.
export class TrustFault extends Error {}

type Members = Map<string, Value>;

function fromJson(value: unknown): Value {
    if (Array.isArray(value)) return value.map(fromJson);
    if (value !== null && typeof value === "object") {
        return new Map(Object.entries(value).map(([name, item]) => [name, fromJson(item)]));
    }
    return value as Value;
}

function membersOf(value: Value | undefined, what: string, known: string[]): Members {
    if (!(value instanceof Map)) throw new TrustFault(`Expected an object for ${what}.`);
    for (const name of value.keys()) {
        if (!known.includes(name)) {
            const last = known.at(-1);
            const list = `${known.slice(0, -1).join(", ")} and ${last}`;
            throw new TrustFault(
                `${what[0]!.toUpperCase()}${what.slice(1)} has an unknown member "${name}"; known are ${list}.`,
            );
        }
    }
    return value;
}

function bytesOf(value: Value | undefined, name: string, length: number): Bytes {
    const bytes = value instanceof Uint8Array ? value : typeof value === "string" ? fromHex(value, length) : null;
    if (!bytes || bytes.length !== length) throw new TrustFault(`"${name}" is ${2 * length} hexadecimal digits.`);
    return bytes;
}

function uint(value: Value | undefined, name: string): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
        throw new TrustFault(`"${name}" is a number from 0 on.`);
    }
    return value;
}

function bitcoinOf(value: Value): NonNullable<Trust["bitcoin"]> {
    const members = membersOf(value, "bitcoin", ["network", "work", "checkpoint"]);
    const network = members.get("network");
    const work = members.get("work");
    const checkpoint = members.get("checkpoint");
    if (network === undefined) throw new TrustFault('"bitcoin" needs "network".');
    if (typeof network !== "string" || !networks.includes(network)) {
        throw new TrustFault(`"network" is one of ${networks.join(", ")}.`);
    }
    if (work !== undefined && (typeof work !== "string" || !/^[0-9]{1,78}$/.test(work))) {
        throw new TrustFault(`"work" is a whole number in decimal digits, as a text.`);
    }
    const pinned: NonNullable<Trust["bitcoin"]> = { network };
    if (typeof work === "string") pinned.work = BigInt(work);
    if (checkpoint !== undefined) {
        const inner = membersOf(checkpoint, "the Bitcoin checkpoint", ["header", "height"]);
        pinned.checkpoint = {
            header: bytesOf(inner.get("header"), "header", 80),
            height: uint(inner.get("height"), "height"),
        };
    }
    return pinned;
}

function parse(bytes: Bytes): Value {
    if (bytes.length > 0 && bytes[0]! >> 5 === 5) {
        const reader = new Reader(bytes);
        const value = reader.any();
        reader.finish();
        return value;
    }
    if (!isUtf8(bytes)) throw new TrustFault("The trust file is neither JSON nor CBOR.");
    return fromJson(JSON.parse(textOf(bytes).replace(/^\uFEFF/, "")));
}

export function readTrust(bytes: Bytes): Trust {
    let value: Value;
    try {
        value = parse(bytes);
    } catch (error) {
        if (error instanceof Fault || error instanceof SyntaxError)
            throw new TrustFault(`The trust file: ${error.message}`);
        throw error;
    }
    const members = membersOf(value, "the trust file", ["v", "chain", "streams", "bitcoin", "checkpoint"]);
    if (members.get("v") !== 1) throw new TrustFault('The trust file needs "v": 1.');
    const trust: Trust = {};
    if (members.has("chain")) trust.chain = bytesOf(members.get("chain"), "chain", 32);
    if (members.has("streams")) {
        const list = members.get("streams");
        if (!Array.isArray(list) || list.length === 0 || list.length > 10_000) {
            throw new TrustFault('"streams" is a list of 1 to 10000 stream ids.');
        }
        trust.streams = list.map(item => bytesOf(item, "streams", 32));
    }
    if (members.has("bitcoin")) trust.bitcoin = bitcoinOf(members.get("bitcoin")!);
    if (members.has("checkpoint")) {
        const inner = membersOf(members.get("checkpoint"), "the checkpoint", ["height", "id"]);
        trust.checkpoint = { height: uint(inner.get("height"), "height"), id: bytesOf(inner.get("id"), "id", 32) };
    }
    return trust;
}

// The fingerprint in words of K10: the first 128 bits as eight proquints.
export function words(digest: Bytes): string {
    const consonants = "bdfghjklmnprstvz";
    const vowels = "aiou";
    const quints: string[] = [];
    for (let at = 0; at < 16; at += 2) {
        const value = (digest[at]! << 8) | digest[at + 1]!;
        quints.push(
            consonants[value >> 12]! +
                vowels[(value >> 10) & 3] +
                consonants[(value >> 6) & 15] +
                vowels[(value >> 4) & 3] +
                consonants[value & 15],
        );
    }
    return quints.join("-");
}

// Whether what a person typed, words or hexadecimal in any spacing and case, names this digest.
export function names(typed: string, digest: Bytes): boolean {
    const plain = typed.toLowerCase().replace(/[\s:.,-]+/g, "");
    return plain !== "" && (plain === hex(digest) || plain === words(digest).replaceAll("-", ""));
}

// Makes records, blocks and evidence files from the specification, sound and unsound, under the keys of the vectors.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const vectors = new URL("../vectors/", import.meta.url);
const readJson = name => JSON.parse(readFileSync(new URL(name, vectors), "utf8"));
export const sha256 = (...parts) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
};
const doubleSha256 = (...parts) => sha256(sha256(...parts));
const sha3 = bytes => new Uint8Array(createHash("sha3-512").update(bytes).digest());
const join = (...parts) => new Uint8Array(Buffer.concat(parts));
const zeros = length => new Uint8Array(length);
const one = value => Uint8Array.of(value);
export const map = members => new Map(Object.entries(members).filter(([, value]) => value !== undefined));

export class Forge {
    constructor({ encode, keygen, sign }) {
        this.encode = encode;
        this.sign = sign;
        const seeds = { ...readJson("chain/keys.json").keys, ...readJson("records/statements.json").keys };
        this.keys = {};
        for (const [name, { seed }] of Object.entries(seeds)) {
            const pair = keygen(new Uint8Array(Buffer.from(seed, "hex")));
            this.keys[name] = { secret: pair.secretKey, public: pair.publicKey, kid: sha256(pair.publicKey) };
        }
    }

    record({ by, stream, seq, prev, time, kind, body, causes }) {
        const key = this.keys[by];
        const protectedHeader = join(
            Uint8Array.of(0xa4, 1, 0x38, 48, 3),
            this.encode("application/oar+cbor"),
            one(4),
            this.encode(key.kid),
            Uint8Array.of(15, 0xa2, 1),
            this.encode("operator-1"),
            one(2),
            this.encode("assistant"),
        );
        const payload = this.encode(map({ v: 1, seq, body: map(body), kind, prev, time, causes, stream }));
        const signed = this.encode(["Signature1", protectedHeader, zeros(0), payload]);
        return join(
            Uint8Array.of(0xd2, 0x84),
            this.encode(protectedHeader),
            one(0xa0),
            this.encode(payload),
            this.encode(this.sign(signed, key.secret)),
        );
    }

    // A stream by steps `{ by, kind, body }` from the genesis record of `first` on; a body may be a function.
    stream(first, recovery, steps) {
        const key = this.keys[first];
        const stream = key.kid;
        const body = { key: key.public, name: "a stream", recovery: recovery && this.keys[recovery].kid };
        const records = [
            this.record({
                by: first,
                stream,
                seq: 0,
                prev: zeros(64),
                time: 1_760_000_000_000,
                kind: "genesis",
                body,
            }),
        ];
        for (const step of steps) {
            const seq = records.length;
            const prev = sha3(records.at(-1));
            const body = typeof step.body === "function" ? step.body({ stream, seq, prev }) : step.body;
            records.push(this.record({ stream, seq, prev, time: 1_760_000_000_000 + 1000 * seq, ...step, body }));
        }
        return { stream, records, ids: records.map(sha3) };
    }

    note(by, causes) {
        return { by, kind: "oversight", body: { person: "p-1", decision: "seen" }, causes };
    }

    rotation(by, to, signer) {
        const key = this.keys[to];
        return {
            by,
            kind: "key",
            body: ({ stream, seq, prev }) => ({
                key: key.public,
                signer: signer && this.keys[signer].public,
                proof: this.sign(this.encode(["ledger/key/1", stream, seq, prev, key.public]), key.secret),
            }),
        };
    }

    revocation(by, of, since, { heirs, signer } = {}) {
        return {
            by,
            kind: "revoke",
            body: ({ seq }) => ({
                kid: this.keys[of].kid,
                since: since ?? seq,
                reason: "lost",
                heirs,
                signer: signer && this.keys[signer].public,
            }),
        };
    }

    configuration(names, powers, change = 0, window = 100) {
        const quota = map({ bytes: 1e9, records: 1e6, streams: 100 });
        return map({
            v: 1,
            change,
            observers: [],
            admission: map({
                mode: "open",
                open: quota,
                roots: 10,
                member: quota,
                stream: map({ bytes: 1e9, records: 1e6 }),
                window,
                members: [],
            }),
            parameters: map({
                read: "open",
                protocol: 1,
                heartbeat: 60000,
                precision: 500,
                voteTimeout: 1000,
                anchorBlocks: 100,
                blockRecords: 10000,
                messageDelay: 2000,
                anchorMinutes: 10,
                timeoutGrowth: 500,
                proposeTimeout: 3000,
            }),
            validators: names.map((name, at) =>
                map({
                    name,
                    peer: zeros(0),
                    vote: this.keys[`${name} vote`].public,
                    power: powers[at],
                    stream: this.keys[`${name} stream`].kid,
                    governance: this.keys[`${name} governance`].public,
                }),
            ),
        });
    }

    genesis(configuration, network = "regtest") {
        return this.encode(map({ v: 1, name: "forged", time: 1_759_999_999_000, bitcoin: network, configuration }));
    }

    header({ height, root, size, streams, chain, validators, next, prev, commit, time }) {
        return this.encode(
            map({
                v: 1,
                body: sha256(one(height)),
                next: next ?? validators,
                prev: prev ?? sha256(one(1), one(height)),
                root,
                size,
                time: time ?? 1_760_000_100_000 + height * 1000,
                chain,
                commit: commit ?? sha256(one(2), one(height)),
                height,
                streams,
                proposer: this.keys["alpha vote"].kid,
                validators,
            }),
        );
    }

    commit(header, height, chain, voters, round = 0) {
        const block = sha256(header);
        const message = this.encode(["ledger/vote/1", chain, height, round, 2, block]);
        const votes = voters.map(([place, name]) => [place, this.sign(message, this.keys[`${name} vote`].secret)]);
        return this.encode(map({ v: 1, block, round, votes, height }));
    }

    // Bitcoin's part over a block id: one transaction in a block of two.
    bitcoin(block, { network = "regtest", bits = [0xff, 0xff, 0x7f, 0x20], height = 102, lie } = {}) {
        const script = join(Uint8Array.of(0x6a, 0x24), Buffer.from("OARL"), block);
        const tx = join(
            Uint8Array.of(2, 0, 0, 0, 1),
            zeros(36),
            one(0),
            Uint8Array.of(255, 255, 255, 255, 1),
            zeros(8),
            one(script.length),
            script,
            zeros(4),
        );
        const sibling = sha256(one(7));
        const root = doubleSha256(sibling, doubleSha256(tx));
        const header = join(
            Uint8Array.of(0, 0, 0, 32),
            zeros(32),
            root,
            Uint8Array.of(0x08, 0x7b, 0xe7, 0x68),
            Uint8Array.from(bits),
            zeros(4),
        );
        for (let nonce = 0; nonce < 1000 && doubleSha256(header)[31] >= 0x7f !== Boolean(lie); nonce++)
            header[76] = nonce;
        return map({ tx, index: 1, branch: [sibling], header, height, network });
    }

    evidence({ keys = [], chain, scope = "stream", stream, records }) {
        const sorted = [...keys].sort((left, right) => Buffer.compare(left, right));
        return this.seal(
            map({ v: 1, keys: sorted, type: "evidence", chain, scope, stream, records, checksum: zeros(32) }),
        );
    }

    seal(members) {
        const bytes = this.encode(members);
        bytes.set(sha256(bytes.subarray(0, bytes.length - 43)), bytes.length - 32);
        return bytes;
    }
}

// RFC 9162: root and paths of a small tree, from its entries.
export function tree(entries) {
    const leaves = entries.map(entry => sha256(one(0), entry));
    const root = nodes => {
        if (nodes.length === 1) return nodes[0];
        const half = 2 ** Math.floor(Math.log2(nodes.length - 1));
        return sha256(one(1), root(nodes.slice(0, half)), root(nodes.slice(half)));
    };
    const path = (at, nodes) => {
        if (nodes.length === 1) return [];
        const half = 2 ** Math.floor(Math.log2(nodes.length - 1));
        return at < half
            ? [...path(at, nodes.slice(0, half)), root(nodes.slice(half))]
            : [...path(at - half, nodes.slice(half)), root(nodes.slice(0, half))];
    };
    return { root: root(leaves), path: at => path(at, leaves) };
}

// A streams map of one other stream, which parts from `stream` at bit `depth`, and the proof.
export function twoStreams(stream, value, depth) {
    const other = Uint8Array.from(stream);
    other[depth >> 3] ^= 0x80 >> (depth & 7);
    const sibling = sha256(one(2), other, sha256(one(9)));
    let hash = sha256(one(2), stream, value);
    for (let at = depth; at >= 0; at--) {
        const side = at === depth ? sibling : zeros(32);
        hash = (stream[at >> 3] >> (7 - (at & 7))) & 1 ? sha256(one(3), side, hash) : sha256(one(3), hash, side);
    }
    const mask = zeros((depth >> 3) + 1);
    mask[depth >> 3] = 0x80 >> (depth & 7);
    return { root: hash, proof: map({ end: value, mask, path: [sibling] }) };
}

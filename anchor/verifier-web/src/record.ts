// One record (R1 to R12), read in the order of F1.
import type { Bytes } from "./bytes.ts";
import { join } from "./bytes.ts";
import { Fault, Reader, type Value, encode, major, members, reasons } from "./cbor.ts";
import { type Claim, sha256, sha3, signatureLength } from "./crypto.ts";
import { bodies, documents, readShape } from "./shapes.ts";

export const recordLimit = 60_000;
const rootLimit = 4_095;
const contentType = "application/oar+cbor";

export type OarRecord = {
    bytes: Bytes;
    id: Bytes;
    entry: Bytes;
    kid: Bytes;
    issuer: string;
    subject: string;
    stream: Bytes;
    seq: number;
    prev: Bytes;
    time: number;
    kind: string;
    body: Map<string, Value>;
    causes: Bytes[];
    signature: Bytes;
    signed: Bytes;
};

const payloadMembers = members("v", "seq", "body", "kind", "prev", "time", "causes?", "stream");
const signaturePrefix = join(Uint8Array.of(0x84), encode("Signature1"));

// A map of the COSE headers: exactly these integer keys, ascending.
function integerMap(reader: Reader, keys: readonly number[], value: (key: number) => void): void {
    const { argument, start } = reader.head([major.map]);
    if (argument * 2 > reader.end - reader.position) reader.fault(reasons.end, start);
    let next = 0;
    let before = -1;
    for (let at = 0; at < argument; at++) {
        const keyStart = reader.position;
        if (next === keys.length) reader.fault(reasons.member);
        const key = reader.integer();
        // Ascending by their encodings: non-negative integers by value, before all negative ones.
        const rank = key >= 0 ? key : 2 ** 53 - key;
        if (rank === before) reader.fault(reasons.twice, keyStart);
        if (rank < before) reader.fault(reasons.order, keyStart);
        before = rank;
        const expected = keys[next]!;
        if (rank > expected) reader.fault(reasons.missing, keyStart);
        if (key !== expected) reader.fault(reasons.member, keyStart);
        next++;
        reader.within(String(key), () => value(key));
    }
    if (next < keys.length) reader.fault(reasons.missing);
}

type Protected = { kid: Bytes; issuer: string; subject: string };

function readProtected(bytes: Bytes, start: number, end: number): Protected {
    const reader = new Reader(bytes, start, end);
    reader.where = "header";
    const result: Protected = { kid: bytes, issuer: "", subject: "" };
    integerMap(reader, [1, 3, 4, 15], key => {
        const at = reader.position;
        if (key === 1 && reader.integer() !== -49) reader.fault(reasons.value, at);
        if (key === 3) reader.text([contentType]);
        if (key === 4) result.kid = reader.fixed(32);
        if (key === 15) {
            integerMap(reader, [1, 2], claim => {
                if (claim === 1) result.issuer = reader.text();
                else result.subject = reader.text();
            });
        }
    });
    reader.finish();
    return result;
}

type Payload = {
    seq: number;
    body: Map<string, Value>;
    bodyAt: number;
    kind: string;
    prev: Bytes;
    time: number;
    causes: Bytes[];
    stream: Bytes;
    end: number;
};

function readPayload(bytes: Bytes, start: number, end: number): Payload {
    const reader = new Reader(bytes, start, end);
    reader.where = "payload";
    const payload = { causes: [] as Bytes[], end } as Payload;
    reader.map(payloadMembers, true, name => {
        switch (name) {
            case "v":
                reader.uint(1, 1);
                return;
            case "seq":
                payload.seq = reader.uint();
                return;
            case "kind":
                payload.kind = reader.text(Object.keys(bodies));
                return;
            case "prev":
                payload.prev = reader.fixed(64);
                return;
            case "time":
                payload.time = reader.uint();
                return;
            case "causes":
                payload.causes = reader.array(() => reader.fixed(64), 1, 64);
                return;
            case "stream":
                payload.stream = reader.fixed(32);
                return;
            case "body":
                payload.bodyAt = reader.position;
                payload.body = new Map();
                reader.map(null, false, member => payload.body.set(member, reader.any()));
        }
    });
    reader.finish();
    return payload;
}

// Throws a Fault whose offset counts from the record's first byte.
export function readRecord(bytes: Bytes): OarRecord {
    if (bytes.length > recordLimit) throw new Fault("a record has at most 60,000 bytes", recordLimit, "record");
    const reader = new Reader(bytes);
    reader.where = "tag";
    const tag = reader.head([major.tag]);
    if (tag.argument !== 18) reader.fault(reasons.tag, tag.start);
    reader.where = "record";
    const document = (length?: number): [number, number] => {
        const string = length === undefined ? reader.byteString() : reader.fixed(length);
        return [reader.position - string.length, reader.position];
    };
    const [header, payloadAt, signatureAt] = reader.tuple(4, () => {
        const first = document();
        reader.map([], true, () => undefined);
        return [first, document(), document(signatureLength)] as const;
    });
    reader.finish();
    const head = readProtected(bytes, ...header);
    const payload = readPayload(bytes, ...payloadAt);
    const type = payload.body.get("type");
    const shape =
        payload.kind === "document" && typeof type === "string" && Object.hasOwn(documents, type)
            ? documents[type]!
            : bodies[payload.kind]!;
    const body = new Reader(bytes, payload.bodyAt, payload.end, 1);
    body.where = "body";
    readShape(body, shape);
    if (payload.kind === "root" && bytes.length > rootLimit) {
        throw new Fault("a root record has at most 4,095 bytes", rootLimit, "record");
    }
    const string = ([start, end]: [number, number]) => encode(bytes.subarray(start, end));
    return {
        ...head,
        bytes,
        id: sha3(bytes),
        entry: sha256(bytes),
        stream: payload.stream,
        seq: payload.seq,
        prev: payload.prev,
        time: payload.time,
        kind: payload.kind,
        body: payload.body,
        causes: payload.causes,
        signature: bytes.subarray(...signatureAt),
        signed: join(signaturePrefix, string(header), Uint8Array.of(0x40), string(payloadAt)),
    };
}

export const signatureOf = (record: OarRecord, key: Bytes): Claim => ({
    key,
    message: record.signed,
    signature: record.signature,
});

export function keyMember(record: OarRecord, name: "key" | "signer"): Bytes | null {
    const value = record.body.get(name);
    return value instanceof Uint8Array &&
        (record.kind === "genesis" || record.kind === "key" || record.kind === "revoke")
        ? value
        : null;
}

export const keyProofMessage = (record: OarRecord, key: Bytes): Bytes =>
    encode(["ledger/key/1", record.stream, record.seq, record.prev, key]);

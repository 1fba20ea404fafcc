// One content disclosed from a record, with its salt.
import { type Bytes, equal, hex } from "./bytes.ts";
import { Fault, Reader, type Value, members } from "./cbor.ts";
import { sha256 } from "./crypto.ts";
import type { OarRecord } from "./record.ts";
import type { DisclosureLine } from "./verdict.ts";

const contentLimit = 268_435_456;
const disclosureMembers = members("v", "salt", "type", "member", "record", "content");

export type Disclosure = { salt: Bytes; member: string; record: Bytes; content: Bytes };
type Commitment = { hash: Bytes; size: number | null; type: string | null };

export function readDisclosure(bytes: Bytes): Disclosure {
    const reader = new Reader(bytes);
    reader.where = "disclosure";
    const disclosure = {} as Disclosure;
    reader.map(disclosureMembers, true, name => {
        switch (name) {
            case "v":
                reader.uint(1, 1);
                return;
            case "salt":
                disclosure.salt = reader.fixed(32);
                return;
            case "type":
                reader.text(["disclosure"]);
                return;
            case "member":
                disclosure.member = reader.text(undefined, 0, 256);
                return;
            case "record":
                disclosure.record = reader.fixed(64);
                return;
            default:
                disclosure.content = reader.byteString(0, contentLimit);
        }
    });
    reader.finish();
    return disclosure;
}

// The bare digests that commit to a content, by kind and path.
const digestPaths: Array<[kinds: RegExp, path: RegExp]> = [
    [/^intent$/, /^config\.(prompt|sampling|filter|policy)$/],
    [/^(intent|measure)$/, /^model\.(weights|adapters\[\d+\])$/],
    [/^document$/, /^about\.(weights|adapters\[\d+\])$/],
    [/^intent$/, /^context\[\d+\]\.part$/],
    [/^model$/, /^(before|after)\.(model|weights|adapter|prompt|corpus|filter|sampling|provider)$/],
];

function commitmentAt(record: OarRecord, member: string): Commitment | null {
    const steps = member.match(/[A-Za-z0-9_-]{1,64}|\[(?:0|[1-9]\d{0,8})\]/g) ?? [];
    const written = steps.reduce(
        (path, step) => path + (step.startsWith("[") || path === "" ? step : `.${step}`),
        "",
    );
    if (member === "" || written !== member) return null;
    let value: Value | undefined = record.body;
    for (const step of steps) {
        if (step.startsWith("[")) value = Array.isArray(value) ? value[Number(step.slice(1, -1))] : undefined;
        else value = value instanceof Map ? value.get(step) : undefined;
    }
    if (value instanceof Uint8Array) {
        const names = digestPaths.some(([kinds, path]) => kinds.test(record.kind) && path.test(member));
        return names && value.length === 32 ? { hash: value, size: null, type: null } : null;
    }
    if (!(value instanceof Map)) return null;
    const hash = value.get("hash");
    const size = value.get("size") ?? null;
    const type = value.get("type") ?? null;
    const known = [...value.keys()].every(name => ["alg", "hash", "size", "type"].includes(name));
    if (!known || value.get("alg") !== "sha-256" || !(hash instanceof Uint8Array) || hash.length !== 32)
        return null;
    if (size !== null && typeof size !== "number") return null;
    return type !== null && typeof type !== "string" ? null : { hash, size, type };
}

function fault(disclosure: Disclosure, record: OarRecord | undefined, index: number): string | Commitment {
    if (!record) return "the file does not hold the record that the disclosure names";
    const place = `${disclosure.member} of record ${index}`;
    const commitment = commitmentAt(record, disclosure.member);
    if (!commitment) return `record ${index} commits to nothing at ${disclosure.member}`;
    if (commitment.size !== null && commitment.size !== disclosure.content.length) {
        return `${place} commits to ${commitment.size} bytes, and the content has ${disclosure.content.length}`;
    }
    return equal(sha256(disclosure.salt, disclosure.content), commitment.hash)
        ? commitment
        : `${place} commits to another content, or under another salt`;
}

export function checkDisclosure(bytes: Bytes, records: readonly OarRecord[]): DisclosureLine {
    let disclosure: Disclosure;
    try {
        disclosure = readDisclosure(bytes);
    } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return {
            outcome: "failed",
            text: error.message,
            record: null,
            member: null,
            index: null,
            bytes: null,
            type: null,
            sha256: null,
        };
    }
    const at = records.findIndex(record => equal(record.id, disclosure.record));
    const result = fault(disclosure, records[at], at);
    const line = { record: hex(disclosure.record), member: disclosure.member, index: at < 0 ? null : at };
    if (typeof result === "string") {
        return { outcome: "failed", text: result, ...line, bytes: null, type: null, sha256: null };
    }
    return {
        outcome: "passed",
        text: `${disclosure.member} of record ${at} commits to exactly this content`,
        ...line,
        bytes: disclosure.content.length,
        type: result.type,
        sha256: hex(sha256(disclosure.content)),
    };
}

// The shapes of record bodies (B1 to B17, D1 to D4), as data, and the reader that holds a body against one.
import { type Member, type Reader, members, reasons } from "./cbor.ts";
import { keyLength, signatureLength } from "./crypto.ts";

export type Shape =
    | { is: "uint" | "text" | "any" | "bool" }
    | { is: "word"; words: readonly string[] }
    | { is: "bytes"; least: number; most: number }
    | { is: "list"; item: Shape; least: number; most: number }
    | { is: "map"; named: Map<string, Shape>; order: Member[]; closed: boolean; least: number }
    | { is: "table"; item: Shape };

const uint: Shape = { is: "uint" };
const text: Shape = { is: "text" };
const any: Shape = { is: "any" };
const bool: Shape = { is: "bool" };
const word = (...words: string[]): Shape => ({ is: "word", words });
const fixed = (length: number): Shape => ({ is: "bytes", least: length, most: length });
const list = (item: Shape, least = 1): Shape => ({ is: "list", item, least, most: Number.MAX_SAFE_INTEGER });
const table = (item: Shape): Shape => ({ is: "table", item });

function mapOf(closed: boolean, shapes: Record<string, Shape>, least = 0): Shape {
    const named = new Map(Object.entries(shapes).map(([name, shape]) => [name.replace("?", ""), shape]));
    return { is: "map", named, order: members(...Object.keys(shapes)), closed, least };
}
const closed = (shapes: Record<string, Shape>, least = 0): Shape => mapOf(true, shapes, least);
const open = (shapes: Record<string, Shape>): Shape => mapOf(false, shapes);

const digest = fixed(32);
const id = fixed(64);
const key = fixed(keyLength);
const signature = fixed(signatureLength);
const commit = closed({ alg: word("sha-256"), hash: digest, "type?": text, "size?": uint });
const model = closed({ name: text, version: text, "weights?": digest, "adapters?": list(digest), "state?": id });
const config = closed({ "prompt?": digest, "sampling?": digest, "filter?": digest, "policy?": digest });
const source = closed({ commit, corpus: text, version: text, "part?": digest });
const partNames = ["model", "weights", "adapter", "prompt", "corpus", "filter", "sampling", "provider"];
const parts = closed(Object.fromEntries(partNames.map(name => [`${name}?`, digest])), 1);
const documentMembers = { type: text, doc: commit, "issued?": uint, "expires?": uint, "about?": model };

export const bodies: Record<string, Shape> = {
    genesis: open({
        key,
        name: text,
        "recovery?": digest,
        "policy?": commit,
        "residency?": text,
        "chain?": digest,
    }),
    intent: open({
        action: text,
        actor: closed({ id: text, type: word("human", "service", "agent") }),
        authority: text,
        model,
        config,
        input: list(commit),
        "context?": list(source),
        "target?": text,
        "deadline?": uint,
    }),
    outcome: open({
        intent: id,
        status: word("executed", "refused", "blocked", "failed", "timed-out", "abandoned"),
        "output?": list(commit),
        "oversight?": closed({ person: text, decision: text }),
        "reported?": text,
    }),
    model: open({
        before: parts,
        after: parts,
        reason: text,
        "named?": table(text),
        "base?": text,
        "tuning?": list(commit),
        "data?": list(commit),
    }),
    document: open(documentMembers),
    measure: open({ metric: text, value: text, dataset: commit, model }),
    incident: open({
        what: text,
        severity: word("low", "medium", "high", "critical"),
        status: word("open", "contained", "closed"),
        "about?": list(id),
        "opened?": id,
        "from?": uint,
        "to?": uint,
        "detected?": uint,
        "notified?": list(closed({ to: text, at: uint, "reference?": text })),
        "report?": commit,
    }),
    oversight: open({
        person: text,
        decision: text,
        "about?": list(id),
        "role?": text,
        "reason?": text,
        "notes?": commit,
    }),
    correction: open({ record: id, reason: text, "members?": table(any), "by?": id, "report?": commit }),
    gap: open({
        type: word("offline", "unrecorded", "clock"),
        reason: text,
        "from?": uint,
        "to?": uint,
        "acts?": uint,
    }),
    erasure: open({
        erased: list(closed({ record: id, members: list(text) })),
        reason: text,
        "authority?": text,
        "at?": uint,
    }),
    hold: open({
        hold: text,
        action: word("place", "release"),
        reason: text,
        "authority?": text,
        "records?": list(id),
        "from?": uint,
        "to?": uint,
    }),
    key: open({ key, proof: signature, "signer?": key }),
    revoke: open({ kid: digest, since: uint, reason: text, "heirs?": bool, "signer?": key }),
    root: open({ alg: word("sha-256"), root: digest, count: uint, "label?": text }),
    anchor: open({
        block: digest,
        height: uint,
        network: text,
        txid: digest,
        "proof?": closed({
            tx: { is: "bytes", least: 0, most: Number.MAX_SAFE_INTEGER },
            index: uint,
            branch: list(digest, 0),
            header: fixed(80),
            height: uint,
        }),
    }),
    governance: open({
        change: table(any),
        at: uint,
        approvals: list(closed({ kid: digest, sig: signature })),
    }),
};

export const documents: Record<string, Shape> = {
    "model-card": open({
        ...documentMembers,
        "limits?": list(text),
        "cutoff?": text,
        "biases?": list(text),
        "hallucination?": closed({ rate: text, "method?": text, "dataset?": commit }),
    }),
    "red-team": open({
        ...documentMembers,
        "cases?": closed({ run: uint, failed: uint }),
        "state?": id,
        "method?": text,
        "findings?": list(commit),
    }),
    "zero-training": open({
        ...documentMembers,
        "scope?": text,
        "from?": uint,
        "to?": uint,
        "exceptions?": list(text),
    }),
    residency: open({
        ...documentMembers,
        "jurisdictions?": list(text),
        "processors?": list(closed({ role: text, name: text, "jurisdiction?": text })),
        "upstream?": list(closed({ provider: text, "service?": text, "jurisdiction?": text })),
    }),
};

export function readShape(reader: Reader, shape: Shape): void {
    switch (shape.is) {
        case "uint":
            reader.uint();
            return;
        case "text":
            reader.text();
            return;
        case "any":
            reader.any();
            return;
        case "bool":
            reader.boolean();
            return;
        case "word":
            reader.text(shape.words);
            return;
        case "bytes":
            reader.byteString(shape.least, shape.most);
            return;
        case "list":
            reader.array(() => readShape(reader, shape.item), shape.least, shape.most);
            return;
        case "table":
            reader.map(null, false, () => readShape(reader, shape.item), 1);
            return;
        case "map":
            reader.map(
                shape.order,
                shape.closed,
                name => {
                    const named = shape.named.get(name);
                    if (named) readShape(reader, named);
                    else if (shape.closed) reader.fault(reasons.member);
                    else reader.any();
                },
                shape.least,
            );
    }
}

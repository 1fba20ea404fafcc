// Puts a result on the page. Nothing of a file is ever taken for markup: text goes in as text.
import { fromHex } from "../bytes.ts";
import { anchoredText, firstLine, settledText, utc } from "../text.ts";
import { words } from "../trust.ts";
import type { Outcome, Report } from "../verdict.ts";
import { kindWords } from "./files.ts";
import type { Result } from "./pool.ts";
import type { ShownRecord, ShownValue } from "./shown.ts";
import { layerTitles, meaning, notShown } from "./words.ts";

export const byId = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

export function element(name: string, text = "", className = ""): HTMLElement {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
}

function define(list: HTMLElement, pairs: Array<[string, string | null]>): void {
    list.replaceChildren();
    for (const [term, text] of pairs) {
        if (text !== null) list.append(element("dt", term), element("dd", text));
    }
}

const listed = (list: HTMLElement, texts: readonly string[]): void =>
    list.replaceChildren(...texts.map(text => element("li", text)));

const colours = { VERIFIED: "good", INVALID: "bad", REVOKED: "warn", STALE: "warn" } as const;
const outcomes: Record<Outcome, [text: string, className: string]> = {
    passed: ["✓ passed", "passed"],
    failed: ["✗ failed", "failed"],
    "not checked": ["– not checked", "not"],
};

const fingerprint = (digest: string): string => `${words(fromHex(digest, 32)!)} (${digest})`;

function heldAgainst(report: Report): Array<[string, string | null]> {
    const { key, chain, bitcoin } = report.trust;
    const pin = {
        pinned: "as you named it",
        "not pinned": "not compared with anything",
        "not shown": "not in this file",
    };
    const work =
        bitcoin.work === null ? "" : `; ${bitcoin.network}, ${bitcoin.work} hashes, floor ${bitcoin.floor}`;
    return [
        ["Operator's key", pin[key]],
        ["", report.stream && fingerprint(report.stream)],
        ["Chain", pin[chain]],
        ["", report.settled && fingerprint(report.settled.chain)],
        ["Bitcoin", pin[bitcoin.pin] + work],
    ];
}

function layerRow({ layer, outcome, text }: Report["layers"][number]): HTMLElement {
    const row = element("tr");
    const [word, className] = outcomes[outcome];
    row.append(element("td", word, className), element("td", layerTitles[layer]), element("td", text));
    return row;
}

export function show(result: Result, file: { name: string; digest: string }): void {
    const { report, kind } = result;
    const verdict = byId("verdict");
    verdict.className =
        report.verdict === "VERIFIED" && report.trust.key !== "pinned" && report.trust.chain !== "pinned"
            ? "warn"
            : colours[report.verdict];
    byId("word").textContent = report.verdict;
    byId("line").textContent = firstLine(report);
    byId("meaning").textContent = meaning(report, kind);
    define(byId("held"), heldAgainst(report));
    byId("layers").replaceChildren(...report.layers.map(layerRow));
    define(byId("times"), [
        ["File", `${file.name}, ${kindWords[kind as keyof typeof kindWords]}, SHA-256 ${file.digest}`],
        [
            "Records",
            report.records === 0
                ? null
                : `${report.records}${report.scope ? `, given out as a ${report.scope}` : ""}`,
        ],
        ["Settled", settledText(report)],
        ["Anchored", anchoredText(report)],
        ["As of", report.asOf === null ? null : `${utc(report.asOf)} (block time of the newest checkpoint)`],
        [
            "Signatures",
            result.native ? "checked by this browser's own ML-DSA-65" : "checked by the library in this page",
        ],
    ]);
    listed(byId("notes"), report.notes);
    byId("disclosed").hidden = report.disclosures.length === 0;
    listed(
        byId("disclosures"),
        report.disclosures.map(line => `${line.outcome}: ${line.text}`),
    );
    listed(byId("not"), notShown);
    byId("record-section").hidden = result.records.length === 0;
    new RecordList(result.records, report.index).start();
    byId("result").hidden = false;
    verdict.focus();
}

function valueElement(value: ShownValue): HTMLElement {
    if (typeof value === "string") return element("span", value, "mono");
    const list = element("dl");
    const pairs: Array<[string, ShownValue]> = Array.isArray(value)
        ? value.map((item, at) => [`${at + 1}.`, item])
        : Object.entries(value);
    for (const [name, item] of pairs) {
        const cell = element("dd");
        cell.append(valueElement(item));
        list.append(element("dt", name), cell);
    }
    return list;
}

// Some of the records at a time: a page of ten thousand would not scroll.
class RecordList {
    private next = 0;

    constructor(
        private readonly records: readonly ShownRecord[],
        private readonly culprit: number | null,
    ) {}

    start(): void {
        byId("records").replaceChildren();
        this.next = this.culprit === null ? 0 : Math.max(0, Math.min(this.culprit, this.records.length) - 3);
        if (this.next > 0)
            byId("records").append(element("p", `Records 0 to ${this.next - 1} are sound and not listed.`));
        const more = byId<HTMLButtonElement>("more");
        more.onclick = () => this.showMore(100);
        this.showMore(25);
    }

    private showMore(count: number): void {
        const end = Math.min(this.records.length, this.next + count);
        for (; this.next < end; this.next++) byId("records").append(this.item(this.next));
        byId("more").hidden = this.next >= this.records.length;
    }

    private item(index: number): HTMLElement {
        const record = this.records[index]!;
        const item = element(
            "details",
            "",
            index === this.culprit ? "record culprit" : "record",
        ) as HTMLDetailsElement;
        const mark = index === this.culprit ? " — this record is the one named above" : "";
        item.append(
            element("summary", `${index}: ${record.kind}, number ${record.seq}, ${utc(record.time)}${mark}`),
        );
        item.addEventListener("toggle", () => this.fill(item, record), { once: true });
        item.open = index === this.culprit;
        return item;
    }

    private fill(item: HTMLElement, record: ShownRecord): void {
        const list = element("dl");
        define(list, [
            ["Record id", record.id],
            ["Signed by", record.kid],
            ["Issuer", record.issuer],
            ["Subject", record.subject],
            ["Causes", record.causes.length > 0 ? record.causes.join(", ") : null],
            ["Size", `${record.bytes} bytes`],
        ]);
        item.append(list, valueElement(record.body));
    }
}

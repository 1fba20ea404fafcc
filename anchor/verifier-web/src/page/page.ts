// The page: takes files and pins, starts a run, shows what came of it.
import { type Bytes, fromHex, hex } from "../bytes.ts";
import { sha256 } from "../crypto.ts";
import { fileLimit } from "../evidence.ts";
import { type Question, fileKind } from "../judge.ts";
import { type Trust, names } from "../trust.ts";
import type { Report } from "../verdict.ts";
import { type Sorted, kindWords, sort } from "./files.ts";
import { type Progress, type Result, Run } from "./pool.ts";
import { byId, element, show } from "./render.ts";

let chosen: Sorted = { file: null, trust: null, disclosures: [] };
let run: Run | null = null;
let turn = 0;
const nothing = new Uint8Array(32);

function trouble(text: string | null): void {
    byId("trouble").textContent = text ?? "";
    byId("trouble").hidden = text === null;
}

function progress({ asked, answered }: Progress): void {
    byId("progress-text").textContent =
        `${answered.toLocaleString("en")} of ${asked.toLocaleString("en")} signatures checked`;
    const bar = byId<HTMLProgressElement>("progress");
    bar.max = Math.max(1, asked);
    bar.value = answered;
}

// What was typed, as pins: what matches the file is pinned to it, what does not is pinned to what no file can be.
function typedPins(report: Report): Trust {
    const pins: Trust = {};
    const key = byId<HTMLInputElement>("pin-key").value.trim();
    const chain = byId<HTMLInputElement>("pin-chain").value.trim();
    const stream = report.stream && fromHex(report.stream, 32);
    const home = report.settled && fromHex(report.settled.chain, 32);
    if (key) pins.streams = [stream && names(key, stream) ? stream : nothing];
    if (chain) pins.chain = home && names(chain, home) ? home : nothing;
    return pins;
}

async function judgeOnce(file: Bytes, trust: Trust): Promise<Result> {
    run = new Run(progress);
    const question: Question = { trust, freshness: null, disclosures: chosen.disclosures.map(item => item.bytes) };
    return run.judge(file, question, byId<HTMLInputElement>("native").checked);
}

async function start(): Promise<void> {
    const { file } = chosen;
    if (!file) return;
    const mine = ++turn;
    run?.stop();
    trouble(null);
    byId("result").hidden = true;
    byId("working").hidden = false;
    progress({ asked: 0, answered: 0, native: null });
    try {
        const trust = chosen.trust?.trust ?? {};
        let result = await judgeOnce(file.bytes, trust);
        const pins = typedPins(result.report);
        if (mine === turn && (pins.streams || pins.chain) && result.report.verdict !== "INVALID") {
            result = await judgeOnce(file.bytes, { ...trust, ...pins });
        }
        if (mine === turn) show(result, { name: file.name, digest: hex(sha256(file.bytes)) });
    } catch (error) {
        if (mine === turn)
            trouble(`This browser could not finish: ${(error as Error).message}. Try verify.mjs with Node.`);
    } finally {
        if (mine === turn) byId("working").hidden = true;
    }
}

function listChosen(): void {
    const lines: string[] = [];
    if (chosen.file) lines.push(`${chosen.file.name} — ${kindWords[fileKind(chosen.file.bytes)]}`);
    if (chosen.trust) lines.push(`${chosen.trust.name} — trust file`);
    for (const { name } of chosen.disclosures) lines.push(`${name} — disclosure`);
    byId("chosen").replaceChildren(...lines.map(line => element("li", line)));
}

async function take(files: FileList | null): Promise<void> {
    if (!files || files.length === 0) return;
    trouble(null);
    try {
        const dropped = await Promise.all(
            [...files].map(async file => {
                if (file.size > fileLimit) throw new Error(`${file.name} is larger than 1 GiB.`);
                return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
            }),
        );
        chosen = sort(dropped, chosen);
        listChosen();
        if (!chosen.file) trouble("Now choose the file to check as well.");
        await start();
    } catch (error) {
        trouble((error as Error).message);
    }
}

const drop = byId("drop");
for (const name of ["dragenter", "dragover"]) {
    addEventListener(name, event => {
        event.preventDefault();
        drop.classList.add("over");
    });
}
addEventListener("dragleave", () => drop.classList.remove("over"));
addEventListener("drop", event => {
    event.preventDefault();
    drop.classList.remove("over");
    void take((event as DragEvent).dataTransfer?.files ?? null);
});
byId<HTMLInputElement>("file").addEventListener("change", event => {
    const input = event.target as HTMLInputElement;
    void take(input.files).then(() => {
        input.value = "";
    });
});
byId("pin-form").addEventListener("submit", event => {
    event.preventDefault();
    if (!chosen.file) trouble("Choose a file first.");
    void start();
});
byId("print").addEventListener("click", () => print());
byId("origin").textContent =
    "A second implementation, written from the specification alone. It bundles @noble/hashes and " +
    "@noble/post-quantum (MIT).";

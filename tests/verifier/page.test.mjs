// The page, opened from file:// in Chromium with the network off: the words of verify.mjs, and a page that can be read.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildNode, buildPage } from "../../anchor/verifier-web/build.mjs";
import { Browser, accessibilityFaults, layoutFaults } from "../browser/browser.mjs";
import { Forge } from "./forge.mjs";
import { longChain } from "./long-chain.mjs";
import { scenes } from "./scenes.mjs";

const vectors = fileURLToPath(new URL("../vectors/", import.meta.url));
const pictures = fileURLToPath(new URL("../../artifacts/browser/", import.meta.url));
const read = name => new Uint8Array(readFileSync(join(vectors, name)));

describe("The verifier's page", { timeout: 900_000 }, () => {
    let browser;
    let folder;
    let page;
    let verifier;
    let forged;
    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "ledger-page-"));
        verifier = await import(pathToFileURL(await buildNode(folder)));
        page = pathToFileURL(await buildPage(folder)).href;
        forged = new Map(scenes(new Forge(verifier)).map(([name, bytes]) => [name, bytes]));
        browser = await Browser.start();
    });
    after(async () => {
        await browser?.stop();
        rmSync(folder, { recursive: true });
    });

    // Offline, and whatever asks for the network all the same is a complaint that fails the test.
    const open = async (test, options) => {
        const opened = await browser.open(test, page, { settled: false, ...options });
        await opened.context().setOffline(true);
        return opened;
    };
    const give = async (opened, ...files) => {
        await opened
            .locator("#file")
            .setInputFiles(
                files.map(([name, bytes]) => ({
                    name,
                    mimeType: "application/octet-stream",
                    buffer: Buffer.from(bytes),
                })),
            );
        await opened.locator("#result").waitFor({ timeout: 300_000 });
    };
    const line = opened => opened.locator("#line").innerText();
    const expected = (bytes, trust = {}) => {
        const question = { trust, freshness: null, disclosures: [] };
        return verifier.firstLine(verifier.judge(bytes, question, verifier.holds).report);
    };

    test("Fixtures get the words of verify.mjs, and nothing on the page is without width or out of reach", async t => {
        const misbehaviour = JSON.parse(readFileSync(join(vectors, "chain/misbehaviour.json"), "utf8")).cases[0]
            .bytes;
        const settled = read("chain/settled.evidence");
        const broken = Uint8Array.from(settled);
        broken[settled.length - 5000] ^= 1;
        const files = {
            "settled.evidence": settled,
            "anchored.evidence": read("chain/anchored.evidence"),
            "two-commits.fork": read("chain/two-commits.fork"),
            misbehaviour: new Uint8Array(Buffer.from(misbehaviour, "hex")),
            "sample.oar": read("records/sample.oar"),
            "broken.evidence": broken,
            "golden.cbor": read("records/golden.cbor"),
            "empty.oar": new Uint8Array(),
            "text.txt": read("check-chain.mjs"),
            "revoked.evidence": forged.get("a stream of many keys"),
            "stale.evidence": forged.get("a whole stream whose tail is withheld"),
            "labelled-main.evidence": forged.get("a regtest header labelled main"),
        };
        const words = new Set();
        for (const [name, bytes] of Object.entries(files)) {
            const opened = await open(t);
            await give(opened, [name, bytes]);
            assert.equal(await line(opened), expected(bytes), name);
            words.add(await opened.locator("#word").innerText());
            assert.deepEqual(await layoutFaults(opened), [], name);
            await opened.screenshot({ path: join(pictures, `verifier-${name}.png`), fullPage: true });
        }
        assert.deepEqual([...words].sort(), ["INVALID", "REVOKED", "STALE", "VERIFIED"]);
    });

    test("It reads well in the dark, in a narrow window and to a screen reader", async t => {
        for (const options of [{}, { scheme: "dark" }, { width: 400 }]) {
            const opened = await open(t, options);
            assert.deepEqual(await accessibilityFaults(opened), []);
            await give(opened, ["settled.evidence", read("chain/settled.evidence")]);
            await opened.locator("#records summary").first().click();
            assert.deepEqual(await accessibilityFaults(opened), []);
            assert.deepEqual(await layoutFaults(opened), []);
            const name = `verifier-${options.scheme ?? options.width ?? "light"}.png`;
            await opened.screenshot({ path: join(pictures, name), fullPage: true });
        }
    });

    test("Pins in words, in hexadecimal and in a trust file; a wrong one is refused", async t => {
        const file = read("chain/settled.evidence");
        const { report } = verifier.judge(file, { trust: {}, freshness: null, disclosures: [] }, verifier.holds);
        const stream = new Uint8Array(Buffer.from(report.stream, "hex"));
        const opened = await open(t);
        await give(opened, ["settled.evidence", file]);
        assert.match(await line(opened), /^VERIFIED as far as this file goes/);
        const compare = async (key, chain) => {
            await opened.getByLabel("Operator's key (the stream)").fill(key);
            await opened.getByLabel("Chain", { exact: true }).fill(chain);
            await opened.getByRole("button", { name: "Compare" }).click();
            await opened.locator("#working").waitFor({ state: "hidden" });
            await opened.locator("#result").waitFor();
            return line(opened);
        };
        const pinned = "VERIFIED, held against the stream's key, the chain of the trust file";
        assert.equal(await compare(verifier.words(stream).replaceAll("-", " "), report.settled.chain), pinned);
        assert.match(await compare(report.settled.chain, ""), /^INVALID at record 0, signature: /);
        assert.match(await compare("", report.stream), /^INVALID at record 0, quorum: /);
        await compare("", "");
        const trust = JSON.stringify({ v: 1, chain: report.settled.chain, streams: [report.stream] });
        const again = await open(t);
        await give(again, ["settled.evidence", file], ["trust.json", Buffer.from(trust)]);
        assert.equal(await line(again), pinned);
    });

    test("A content disclosed with the file is held against its record", async t => {
        const chain = read("disclosures/sample.oar");
        const cases = JSON.parse(readFileSync(join(vectors, "disclosures/cases.json"), "utf8"));
        for (const { name, verdict, disclosure } of [cases[0], cases[2]]) {
            const opened = await open(t);
            await give(opened, ["d.disclosure", Buffer.from(disclosure, "hex")], ["sample.oar", chain]);
            assert.equal(await opened.locator("#word").innerText(), verdict.split(" ")[0], name);
            assert.equal(await opened.locator("#disclosures li").count(), 1);
        }
    });

    test("The browser's own ML-DSA and the library's say the same", async t => {
        const opened = await open(t);
        await opened.locator("#native").uncheck();
        await give(opened, ["sample.oar", read("records/sample.oar")]);
        assert.match(await opened.locator("#times").innerText(), /checked by the library in this page/);
        const without = await line(opened);
        const other = await open(t);
        await give(other, ["sample.oar", read("records/sample.oar")]);
        assert.equal(await line(other), without);
        t.diagnostic((await other.locator("#times").innerText()).match(/checked by .*/)[0]);
    });

    test("A long chain is checked in workers while the page goes on answering", async t => {
        const count = Number(process.env.LEDGER_PAGE_RECORDS ?? 300);
        const named = process.env.LEDGER_PAGE_CHAIN;
        const chain = named ? readFileSync(named) : longChain(verifier, count);
        const opened = await open(t);
        await opened.evaluate(() => {
            globalThis.beats = 0;
            globalThis.seen = new Set();
            setInterval(() => {
                globalThis.beats++;
                globalThis.seen.add(document.getElementById("progress").value);
            }, 10);
        });
        const started = Date.now();
        await give(opened, ["long.oar", chain]);
        assert.match(await line(opened), /^VERIFIED as far as this file goes/);
        const { beats, seen } = await opened.evaluate(() => ({
            beats: globalThis.beats,
            seen: [...globalThis.seen],
        }));
        assert.ok(beats > 5 && seen.length > 2, `${beats} beats, progress ${seen.slice(0, 5)}`);
        t.diagnostic(
            `${chain.length} bytes in ${Date.now() - started} ms, ${beats} beats of 10 ms, ${seen.length} steps`,
        );
        assert.equal(await opened.locator("#records details").count(), 25);
        const broken = Uint8Array.from(chain);
        broken[chain.length - 100] ^= 1;
        const second = await open(t);
        await give(second, ["long.oar", broken]);
        assert.match(await line(second), /^INVALID at record \d+, signature: /);
        assert.match(await second.locator("#records").innerText(), /are sound and not listed/);
    });

    test("Paper carries the verdict and what it does not show, on one page", async t => {
        const opened = await open(t);
        await give(opened, ["anchored.evidence", read("chain/anchored.evidence")]);
        const pdf = await opened.pdf({ preferCSSPageSize: true });
        assert.equal(pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length, 1);
        writeFileSync(join(pictures, "verifier-report.pdf"), pdf);
        await opened.emulateMedia({ media: "print" });
        assert.ok(await opened.getByText("What this does not show").isVisible());
        assert.ok(!(await opened.locator("#choose").isVisible()));
    });
});

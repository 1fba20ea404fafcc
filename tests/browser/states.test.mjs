// The explorer in the situations that a real node gets into seldom: always on the stand-in.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFaults, Browser, layoutFaults, picture, unmarkedStates } from "./browser.mjs";
import { bodies } from "./oar.mjs";
import { livedIn, StandInChain } from "./stand-in/chain.mjs";
import { StandIn } from "./stand-in/server.mjs";

const patience = { timeout: 60_000 };

const running = [];

// Stand-ins outlive their tests: a page that is still open would complain about a server that leaves.
async function served(chain = livedIn().chain, port = 0) {
  const standIn = await new StandIn(chain).start(port);
  running.push(standIn);
  return standIn;
}

describe("The explorer when something is different", { timeout: 1_200_000 }, () => {
  let browser;
  before(async () => {
    browser = await Browser.start();
  });
  after(async () => {
    await browser?.stop();
    await Promise.all(running.map((one) => one.stop()));
  });

  test("An empty chain says how it will fill, and fills", async (t) => {
    const chain = new StandInChain({ validators: ["alpha"] });
    const standIn = await served(chain);
    const page = await browser.open(t, standIn.url);
    for (const [place, words] of [
      ["strip", /No blocks yet/],
      ["records", /No records yet/],
      ["anchors", /No anchors yet/],
      ["streams", /No streams yet/],
    ]) {
      assert.match(await page.locator(`#${place}`).innerText(), words);
    }
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "empty");
    await page.locator('[data-live="live"]').waitFor(patience);
    chain.openStream("first");
    await page.locator("#records .state.is-sealed").waitFor(patience);
    assert.match(await page.locator("#records .row").innerText(), /in no block yet|–/);
    chain.settle();
    await page.locator("#strip a.block").waitFor(patience);
    await page.locator("#records .state.is-settled").waitFor(patience);
  });

  test("While nothing has come yet it says that it is loading", async (t) => {
    const standIn = await served();
    const page = await browser.open(t, standIn.url);
    await page.route("**/v1/**", () => new Promise(() => {}));
    await page.goto(standIn.url, { waitUntil: "domcontentloaded" });
    assert.equal(await page.locator("main").getAttribute("data-phase"), "loading");
    assert.equal(await page.locator("#records").getAttribute("aria-busy"), "true");
    assert.match(
      await page.locator("#records").evaluate((node) => getComputedStyle(node, "::before").content),
      /Loading/,
    );
  });

  test("A lost connection is said aloud, counted down, and mended with what was missed", async (t) => {
    const { chain, operators } = livedIn();
    const standIn = await new StandIn(chain).start();
    const page = await browser.open(t, standIn.url, { expected: [/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/] });
    await page.locator('[data-live="live"]').waitFor(patience);
    await standIn.stop();
    const notice = page.locator('[data-notice="lost"]');
    await notice.waitFor(patience);
    assert.match(
      await notice.innerText(),
      /connection to the node was lost.*out of date.*(Next attempt in \d+ s|Trying now)/s,
    );
    assert.equal(await page.locator("#live-word").innerText(), "not connected");
    assert.ok((await page.locator("#records .row").count()) > 0, "what was known stays in view");
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "lost");
    const missed = chain.seal(operators[0], "intent", bodies.intent("while nobody watched"));
    await served(chain, standIn.port);
    await page.getByRole("button", { name: "Try now" }).click();
    await notice.waitFor({ state: "detached", ...patience });
    await page.locator(`#records a[href="#record/${missed.id}"]`).waitFor(patience);
    assert.equal(await page.locator("#live-word").innerText(), "live");
  });

  test("A dropped event stream is taken up again without anyone doing anything", async (t) => {
    const standIn = await served();
    const page = await browser.open(t, standIn.url, { expected: [/ERR_INCOMPLETE|ERR_CONNECTION/] });
    await page.locator('[data-live="live"]').waitFor(patience);
    for (const response of standIn.listeners) response.destroy();
    await page.locator('[data-live="lost"]').waitFor(patience);
    await page.locator('[data-live="live"]').waitFor(patience);
    assert.equal(await page.locator('[data-notice="lost"]').count(), 0);
  });

  test("A node that answers with an error at the start is quoted, and read once it recovers", async (t) => {
    const standIn = await served();
    standIn.broken = true;
    const page = await browser.open(t, standIn.url, { settled: false, expected: [/503/] });
    const notice = page.locator('[data-notice="load"]');
    await notice.waitFor(patience);
    assert.match(await notice.innerText(), /could not be read.*store of this node is closed/s);
    assert.match(await page.locator("#records").innerText(), /Nothing could be read/);
    await picture(page, "error");
    standIn.broken = false;
    await notice.getByRole("button", { name: "Try again" }).click();
    await page.locator('main[data-phase="ready"]').waitFor(patience);
    await notice.waitFor({ state: "detached", ...patience });
    assert.ok((await page.locator("#records .row").count()) > 0);
  });

  test("A node that is not ready says why, and a silent Bitcoin is a reservation only", async (t) => {
    const chain = livedIn().chain;
    const standIn = await served(chain);
    const page = await browser.open(t, standIn.url);
    assert.equal(await page.locator('[data-notice="problems"]').count(), 0);
    await page.locator('[data-live="live"]').waitFor(patience);
    chain.bitcoin = {
      reachable: false,
      height: null,
      problem: "The Bitcoin daemon at 127.0.0.1:18443 does not answer.",
    };
    chain.emitStatus();
    const notice = page.locator('[data-notice="problems"]');
    await notice.waitFor(patience);
    assert.match(await notice.innerText(), /works, with a reservation.*Bitcoin daemon/s);
    Object.assign(chain, { ready: false, problems: ["Only 2 of 4 validators are connected; 3 are needed."] });
    chain.emitStatus();
    await page.getByText("Not ready", { exact: true }).waitFor(patience);
    assert.match(await notice.innerText(), /is not ready.*Only 2 of 4/s);
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "not-ready");
  });

  test("An anchor is seen going from waiting over broadcast and mined to final, and its records with it", async (t) => {
    const { chain, operators } = livedIn();
    const standIn = await served(chain);
    const page = await browser.open(t, standIn.url);
    await page.locator('[data-live="live"]').waitFor(patience);
    const one = chain.seal(operators[1], "intent", bodies.intent("route a call"));
    chain.settle();
    await page.locator(`#records a[href="#record/${one.id}"] .state.is-settled`).waitFor(patience);
    const anchor = chain.anchor();
    const shown = page.locator(`#anchors a[href="#anchor/${anchor.batch}"]`);
    await shown.locator(".on-waiting").waitFor(patience);
    chain.stepAnchor(anchor);
    await shown.locator(".on-broadcast").waitFor(patience);
    chain.stepAnchor(anchor);
    await shown.getByText("1 of 6").waitFor(patience);
    await page.locator(`#records a[href="#record/${one.id}"] .state.is-anchored`).waitFor(patience);
    await page.locator(`#strip a.drop.on-mined[href="#anchor/${anchor.batch}"]`).waitFor(patience);
    while (anchor.state !== "final") chain.stepAnchor(anchor);
    await shown.locator(".on-final").waitFor(patience);
    Object.assign(anchor, { state: "failed", problem: "The wallet has no coins." });
    chain.emit("anchor", { ...anchor });
    await shown.locator(".on-failed").waitFor(patience);
    assert.match(await shown.innerText(), /failed.*wallet has no coins/s);
    assert.deepEqual(await unmarkedStates(page), []);
  });

  test("An open panel follows its record from sealed to anchored and keeps the reader's place", async (t) => {
    const { chain, operators } = livedIn();
    const one = chain.seal(operators[0], "intent", bodies.intent("flag a payment"));
    const standIn = await served(chain);
    const page = await browser.open(t, `${standIn.url}/#record/${one.id}`);
    const panel = page.locator("dialog[open]");
    await panel.getByText("until it settles, this node could still lose").waitFor(patience);
    await panel.getByText("Its evidence file exists once it has settled.").waitFor(patience);
    await panel.getByRole("button", { name: "Copy entry" }).focus();
    await page.locator('[data-live="live"]').waitFor(patience);
    chain.settle();
    await panel.getByText("fixes this record and its place in the order").waitFor(patience);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.name), "copy entry");
    const anchor = chain.anchor();
    chain.stepAnchor(anchor);
    chain.stepAnchor(anchor);
    await panel.getByText("is committed to in block").waitFor(patience);
    await panel.getByRole("link", { name: "OpenTimestamps proof" }).waitFor(patience);
  });

  test("An outcome says whose word it is that the intent came before", async (t) => {
    const chain = new StandInChain();
    const { stream } = chain.openStream("desk");
    const intent = chain.seal(stream, "intent", bodies.intent("refuse a loan"));
    const first = chain.seal(stream, "outcome", bodies.outcome(intent.rawId));
    chain.settle();
    const second = chain.seal(stream, "outcome", bodies.outcome(intent.rawId, "refused"));
    chain.settle();
    const standIn = await served(chain);
    const page = await browser.open(t, `${standIn.url}/#record/${first.id}`);
    await page.getByText("the operator's own word: no block separates").waitFor(patience);
    await page.goto(`${standIn.url}/#record/${second.id}`);
    await page.getByText("the quorum's word: block 1 against block 2").waitFor(patience);
    await page.locator("dialog .order a").click();
    await page.getByText("the operator's own word").waitFor(patience);
    assert.equal(new URL(page.url()).hash, `#record/${intent.id}`);
  });

  test("What strangers write stays text: no markup, no hidden or reordering characters, no long lines", async (t) => {
    const evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
    const chain = new StandInChain({ name: `${evil}\u202e`, validators: [`al${evil}`, "be\u200bta"] });
    const { stream } = chain.openStream("x", `${evil}`);
    const one = chain.seal(stream, "intent", bodies.intent(`${evil}\u202egnp.exe ${"long".repeat(400)}`), {
      issuer: `${evil}\u2066`,
      subject: "s".repeat(3000),
    });
    chain.settle();
    chain.problems = [evil];
    const standIn = await served(chain);
    const page = await browser.open(t, standIn.url, { width: 360 });
    assert.ok((await page.locator("h1").innerText()).startsWith("<img src=x"));
    assert.match(await page.locator("h1").innerText(), /\\u202e|…$/);
    assert.match(await page.locator("#peers").innerText(), /be\\u200bta/);
    assert.equal(await page.locator("main img, main script, .notices img, dialog img").count(), 0);
    assert.deepEqual(await layoutFaults(page), []);
    await page.goto(`${standIn.url}/#record/${one.id}`);
    await page.locator("dialog .contents").first().waitFor(patience);
    assert.match(await page.locator("dialog").innerText(), /\\u202egnp\.exe/);
    assert.equal(await page.locator("dialog img, dialog script").count(), 0);
    assert.deepEqual(await layoutFaults(page), []);
    assert.ok(!(await page.title()).startsWith("1"));
    await picture(page, "hostile");
  });

  test("A flood of records and blocks leaves the lists bounded and the page answering", async (t) => {
    const { chain, operators } = livedIn();
    const standIn = await served(chain);
    const page = await browser.open(t, standIn.url);
    await page.locator('[data-live="live"]').waitFor(patience);
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 50; j++) chain.seal(operators[j % 3], "measure", bodies.measure());
      chain.settle();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await page.locator(`#strip a[href="#block/${chain.blocks.length}"]`).waitFor(patience);
    assert.ok((await page.locator("#records .row").count()) <= 30);
    assert.equal(await page.locator("#strip li").count(), 24);
    assert.ok((await page.evaluate(() => document.querySelectorAll("*").length)) < 4_000);
    await page.getByRole("searchbox").fill("12");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor(patience);
  });

  test("Older records are a page away, stand still there, and the newest come back", async (t) => {
    const { chain, operators } = livedIn();
    const standIn = await served(chain);
    const page = await browser.open(t, standIn.url);
    await page.locator('[data-live="live"]').waitFor(patience);
    const ids = () => page.locator("#records .row a").evaluateAll((all) => all.map((one) => one.hash));
    const newest = await ids();
    await page.locator("#records-pager").getByRole("button", { name: "Older" }).click();
    await page.locator("#records-note").getByText("an older page").waitFor(patience);
    const older = await ids();
    assert.equal(older.filter((id) => newest.includes(id)).length, 0);
    const fresh = chain.seal(operators[0], "intent", bodies.intent("answer a claim"));
    await page.waitForTimeout(1500);
    assert.deepEqual(await ids(), older);
    await page.locator("#records-pager").getByRole("button", { name: "Newest" }).click();
    await page.locator(`#records a[href="#record/${fresh.id}"]`).waitFor(patience);
  });

  test("Bytes that are not those of the entry are called out", async (t) => {
    const { chain } = livedIn();
    const one = chain.log.at(-1);
    const standIn = await served(chain);
    const page = await browser.open(t, `${standIn.url}/#record/${one.id}`);
    await page.locator(".check.good").waitFor(patience);
    one.bytes = Buffer.from(one.bytes);
    one.bytes[one.bytes.length - 1] ^= 1;
    await page.reload();
    await page.locator(".check.bad").getByText("Do not rely on this node").waitFor(patience);
  });

  test("Unreadable record bytes are refused with the offset, never shown as something else", async (t) => {
    const standIn = await served();
    const page = await browser.open(t, standIn.url);
    const read = (hex) =>
      page.evaluate(async (digits) => {
        const { readCbor } = await import("/js/cbor.js");
        const bytes = new Uint8Array(digits.match(/../g).map((pair) => parseInt(pair, 16)));
        try {
          return { value: readCbor(bytes) };
        } catch (error) {
          return { error: error.message };
        }
      }, hex);
    assert.deepEqual(await read("83010220"), { value: [1, 2, -1] });
    assert.deepEqual(await read("1b001fffffffffffff"), { value: 2 ** 53 - 1 });
    for (const [bytes, words] of [
      ["4301", /cut short/],
      ["8301", /more items than bytes/],
      ["0000", /after the end/],
      ["9f01ff", /indefinite/],
      ["fb3ff0000000000000", /float/],
      ["62c328", /UTF-8/],
      ["1b0020000000000000", /2\^53/],
      ["9bffffffff00000000", /2\^53|more items/],
      ["9a00100000", /more items than bytes/],
      ["81".repeat(12) + "00", /too deeply/],
    ]) {
      assert.match((await read(bytes)).error ?? "read it", words, bytes);
    }
  });
});

// The explorer at /, on the stand-in or, with LEDGER_URL, on a real node (see devnet.test.mjs).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFaults, Browser, layoutFaults, picture, unmarkedStates } from "./browser.mjs";
import { aSettledRecord, get, place, target } from "./target.mjs";

const number = (text) => Number(text.replaceAll(",", ""));

// The mark of what arrives goes with the next drawing of it: whoever looks later sees it no more.
function watchArrivals(page) {
  return page.evaluate(() => {
    globalThis.arrived = new Set();
    const note = () => {
      for (const block of document.querySelectorAll("#strip li.arriving a.block"))
        globalThis.arrived.add(block.getAttribute("href"));
    };
    new MutationObserver(note).observe(document.getElementById("strip"), { childList: true });
  });
}

describe(`The explorer on ${place()}`, { timeout: 1_200_000 }, () => {
  let browser;
  let subject;
  let sample;
  before(async () => {
    [browser, subject] = await Promise.all([Browser.start(), target()]);
    sample = await aSettledRecord(subject);
  });
  after(() => Promise.all([browser?.stop(), subject?.stop()]));
  const patience = () => ({ timeout: subject.patience_ms });

  test("It names the network, its height, its chain and whether it is ready", async (t) => {
    const page = await browser.open(t, subject.url);
    const status = await get(subject.url, "/v1/status");
    assert.equal(await page.locator("h1").innerText(), status.name);
    assert.match(await page.title(), new RegExp(`^${status.name}`));
    assert.ok(number(await page.locator('[data-figure="height"] .value').innerText()) >= sample.height);
    assert.equal(await page.locator(".chain-id .id").getAttribute("title"), status.chain);
    assert.match(await page.locator(".readiness").innerText(), status.ready ? /^\s*Ready/ : /Not ready/);
    await page.locator(".chain-id .copy").click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), status.chain);
  });

  test("It says in one paragraph what is seen, and on a test network that no time is proven", async (t) => {
    const page = await browser.open(t, subject.url);
    const intro = await page.locator(".intro").innerText();
    assert.ok(intro.length > 200 && intro.length < 700, `${intro.length} characters`);
    const status = await get(subject.url, "/v1/status");
    assert.equal(await page.locator(".test-net").count(), status.network === "main" ? 0 : 1);
  });

  test("A record sealed elsewhere appears without a reload, and settles before the reader's eyes", async (t) => {
    const page = await browser.open(t, subject.url);
    await page.locator('[data-live="live"]').waitFor(patience());
    const id = await subject.seal();
    const row = page.locator(`#records a[href="#record/${id}"]`);
    await row.waitFor(patience());
    await subject.settle();
    await row.locator(".state.is-settled, .state.is-anchored").waitFor(patience());
    assert.match(await row.locator(".cell-lag").innerText(), /^[+−]\d/, "block time minus own time is shown");
  });

  test("A new block arrives at the front of the strip", async (t) => {
    const page = await browser.open(t, subject.url);
    await page.locator('[data-live="live"]').waitFor(patience());
    const newest = page.locator("#strip li").first().locator(".block");
    const was = number((await newest.getAttribute("href")).split("/")[1]);
    await watchArrivals(page);
    await subject.seal();
    await subject.settle();
    await page.locator(`#strip a.block[href="#block/${was + 1}"]`).waitFor(patience());
    assert.ok(await page.evaluate((href) => globalThis.arrived.has(href), `#block/${was + 1}`), "it is seen to arrive");
    assert.ok(number((await newest.getAttribute("href")).split("/")[1]) > was);
    await page.waitForFunction(
      (height) =>
        Number(document.querySelector('[data-figure="height"] .value').textContent.replaceAll(",", "")) > height,
      was,
      patience(),
    );
    assert.ok((await page.locator("#strip li").count()) <= 24);
  });

  test("Every state is told by a mark and a word, not by colour alone", async (t) => {
    const page = await browser.open(t, subject.url);
    const states = await page.locator(".state").count();
    assert.ok(states > 3, `${states} states`);
    assert.deepEqual(await unmarkedStates(page), []);
    assert.deepEqual(await page.locator(".states b").allInnerTexts(), ["sealed", "settled", "anchored"]);
    assert.equal((await unmarkedStates(page, { spoilOne: true })).length, 1, "the check sees a wrong mark");
  });

  test("Blocks, anchors, peers and streams of the node are listed", async (t) => {
    const page = await browser.open(t, subject.url);
    const [anchors, validators, peers, streams] = await Promise.all(
      ["anchors?limit=8", "validators", "peers", "streams?limit=8"].map((one) => get(subject.url, `/v1/${one}`)),
    );
    const names = [...new Set([...validators.validators, ...peers.peers].map((one) => one.name))].sort();
    assert.deepEqual((await page.locator(".peer-name").allInnerTexts()).sort(), names);
    assert.equal(await page.locator("#streams .stream").count(), Math.min(streams.streams.length, 8));
    if (anchors.anchors.length > 0)
      assert.match(await page.locator("#anchors .anchor").first().innerText(), /waiting|broadcast|mined|final|failed/);
    else assert.match(await page.locator("#anchors").innerText(), /No anchors yet/);
  });

  test("A record's panel gives its ids in full, what it proves and what not, and its files", async (t) => {
    const page = await browser.open(t, `${subject.url}/#record/${sample.id}`);
    const panel = page.locator("dialog[open]");
    await panel.locator(".journey").waitFor(patience());
    for (const id of [sample.id, sample.entry, sample.stream])
      assert.ok(await panel.getByText(id, { exact: true }).first().isVisible(), id);
    assert.match(await panel.locator(".proves").innerText(), /^What this proves\. .{40,}/);
    assert.match(
      await panel.locator(".proves-not").innerText(),
      /^What it does not\. .*(content|records say) is true/s,
    );
    assert.match(await panel.locator(".journey").innerText(), /block time minus the record's own time/);
    assert.match(await panel.locator(".check").innerText(), /their SHA-256 is the entry above/);
    assert.match(await panel.locator(".dump").innerText(), /^0000 {2}d2 84 /);
    await panel.getByRole("button", { name: "Copy record id" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), sample.id);
    for (const [title, ending] of [
      ["Evidence file", ".evidence"],
      ["The record itself", ".oar"],
    ]) {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        panel.getByRole("link", { name: title }).click(),
      ]);
      assert.ok(file.suggestedFilename().endsWith(ending), file.suggestedFilename());
      assert.equal(await file.failure(), null);
    }
    await picture(page, "record");
  });

  test("A block's panel leads to its neighbours, its records and its anchor", async (t) => {
    const page = await browser.open(t, `${subject.url}/#block/${sample.height}`);
    const panel = page.locator("dialog[open]");
    const block = await get(subject.url, `/v1/blocks/${sample.height}`);
    await panel.getByText(block.id, { exact: true }).waitFor(patience());
    assert.equal(await panel.locator(".id-list a").count(), block.recordIds.length);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      panel.getByRole("button", { name: "The block itself" }).click(),
    ]);
    assert.equal(file.suggestedFilename(), `block-${sample.height}.cbor`);
    await panel.locator(`.id-list a[title="${sample.id}"]`).click();
    await panel.getByText(sample.entry, { exact: true }).waitFor(patience());
    assert.equal(new URL(page.url()).hash, `#record/${sample.id}`);
  });

  test("A stream's panel lists its records and keys", async (t) => {
    const page = await browser.open(t, `${subject.url}/#stream/${sample.stream}`);
    const panel = page.locator("dialog[open]");
    await panel.locator(".rows .row").first().waitFor(patience());
    assert.match(await panel.locator(".lede").innerText(), /by one signer/);
    assert.ok((await panel.locator(".keys li").count()) >= 1);
    assert.deepEqual(await layoutFaults(page), []);
  });

  test("An address of something unknown, or of no form at all, is answered in words", async (t) => {
    const page = await browser.open(t, `${subject.url}/#record/${"ab".repeat(64)}`, { expected: [/404/] });
    await page.getByText("This node does not know a record with this id.").waitFor(patience());
    await page.goto(`${subject.url}/#record/<img src=x onerror=alert(1)>`);
    await page.getByText("Not a valid address").waitFor(patience());
    assert.equal(await page.locator("dialog img").count(), 0);
  });

  test("Back closes the panel that a click opened, and Escape leaves the address clean", async (t) => {
    const page = await browser.open(t, subject.url);
    await page.locator("#records a").first().click();
    await page.locator("dialog[open]").waitFor();
    await page.goBack();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.locator("#strip a.block").first().click();
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).hash, "");
  });

  test("The search box finds a record, a block by height or id, a stream, and says when there is none", async (t) => {
    const page = await browser.open(t, subject.url, { expected: [/404/] });
    const block = await get(subject.url, `/v1/blocks/${sample.height}`);
    const cases = [
      [sample.id, `#record/${sample.id}`],
      [` ${sample.id.toUpperCase()} `, `#record/${sample.id}`],
      [String(sample.height), `#block/${sample.height}`],
      [block.id, `#block/${block.id}`],
      [sample.stream, `#stream/${sample.stream}`],
    ];
    for (const [typed, hash] of cases) {
      await page.getByRole("searchbox").fill(typed);
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.hash === hash, patience());
      await page.locator("dialog[open] .facts-list").first().waitFor(patience());
      await page.keyboard.press("Escape");
    }
    for (const [typed, words] of [
      ["99999999", /no block 99,999,999/],
      ["ff".repeat(32), /neither a block nor a stream/],
      ["abc", /128 digits/],
      ["not an id", /only the digits/],
    ]) {
      await page.getByRole("searchbox").fill(typed);
      await page.keyboard.press("Enter");
      await page.locator("#search-answer").getByText(words).waitFor(patience());
    }
  });

  test("The keyboard alone reaches everything, opens a record, keeps focus inside, and comes back", async (t) => {
    const page = await browser.open(t, subject.url);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "query");
    await page.locator("#strip a.block").first().focus();
    await page.keyboard.press("ArrowRight");
    assert.ok(
      (await page.evaluate(() => document.activeElement.matches("#strip li:nth-child(2) a.block"))) ||
        (await page.locator("#strip li").count()) === 1,
    );
    const href = await page.locator("#records .row:is(.is-settled, .is-anchored) a").first().getAttribute("href");
    const row = page.locator(`#records a[href="${href}"]`);
    await row.focus();
    assert.notEqual(await row.evaluate((node) => getComputedStyle(node).outlineStyle), "none", "focus can be seen");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open] .downloads").waitFor(patience());
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      assert.ok(
        await page.evaluate(
          () => document.activeElement === document.body || document.activeElement.closest("dialog") !== null,
        ),
        "focus stays in the panel",
      );
    }
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), href);
  });

  for (const width of [360, 768, 1360]) {
    test(`At ${width} pixels no text is lost and nothing runs out of the window`, async (t) => {
      const page = await browser.open(t, subject.url, { width });
      assert.deepEqual(await layoutFaults(page), []);
      await picture(page, `${width}`, true);
      await page.goto(`${subject.url}/#record/${sample.id}`);
      await page.locator("dialog[open] .dump").waitFor(patience());
      assert.deepEqual(await layoutFaults(page), []);
      await picture(page, `record-${width}`);
    });
  }

  for (const scheme of ["light", "dark"]) {
    test(`axe finds nothing against WCAG AA, ${scheme}`, async (t) => {
      const page = await browser.open(t, subject.url, { scheme });
      await picture(page, scheme);
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.evaluate(
        (pale) => {
          document.querySelector(".intro").style.color = pale;
        },
        scheme === "light" ? "#bbb" : "#555",
      );
      assert.match((await accessibilityFaults(page)).join(), /color-contrast: .intro/, "the check sees pale text");
      await page.goto(`${subject.url}/#record/${sample.id}`);
      await page.locator("dialog[open] .dump").waitFor(patience());
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, `record-${scheme}`);
    });
  }

  test("With reduced motion nothing moves", async (t) => {
    const page = await browser.open(t, subject.url, { motion: "reduce" });
    await page.locator('[data-live="live"]').waitFor(patience());
    const longest = () =>
      page.evaluate(() =>
        Math.max(
          0,
          ...[...document.querySelectorAll("*")].map((node) => parseFloat(getComputedStyle(node).animationDuration)),
        ),
      );
    assert.ok((await longest()) < 0.001);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    assert.ok((await longest()) > 0.001, "the check sees motion");
  });

  test("The policy allows no inline script or style, and the page tries none", async (t) => {
    const response = await fetch(`${subject.url}/`);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    const text = await response.text();
    assert.doesNotMatch(text, /\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)|https?:/);
    const page = await browser.open(t, subject.url, {
      expected: [/policy violated|Trusted(HTML|Script)|Content Security Policy/],
    });
    assert.deepEqual(page.complaints, []);
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      try {
        script.text = "globalThis.inlineRan = true";
        document.body.append(script);
      } catch {
        /* trusted types refuse even to set it */
      }
      return globalThis.inlineRan === true;
    });
    assert.equal(ran, false);
    await assert.rejects(
      page.evaluate(() => {
        document.body.innerHTML = "<p>";
      }),
      /TrustedHTML/,
    );
    assert.ok(page.complaints.length > 0, "the watch sees a violation");
  });
});

// The explorer and the API page on a real network: a node on RocksDB and a Bitcoin daemon, started for this file.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFaults, Browser, layoutFaults, picture, unmarkedStates } from "./browser.mjs";
import { Devnet, missing } from "./devnet.mjs";
import { get, RealNode } from "./target.mjs";

const reason = missing();
if (reason) test("The pages on a real network", { skip: reason }, () => {});
else {
  const net = await Devnet.start();
  after(() => net.stop());
  process.env.LEDGER_URL = net.url;

  describe("The explorer on a real network with Bitcoin", { timeout: 900_000 }, () => {
    const patience = { timeout: 180_000 };
    let browser;
    before(async () => {
      browser = await Browser.start();
    });
    after(() => browser?.stop());

    test("A record goes from sealed over settled to anchored, and its anchor to final", async (t) => {
      const page = await browser.open(t, net.url);
      await page.locator('[data-live="live"]').waitFor(patience);
      assert.match(await page.locator("#peers").innerText(), /alpha/);

      const waiting = await new RealNode(net.url).seal(3_600_000);
      await page.locator(`#records a[href="#record/${waiting}"] .state.is-sealed`).waitFor(patience);
      const id = await new RealNode(net.url).seal();
      const row = page.locator(`#records a[href="#record/${id}"]`);
      await row.waitFor(patience);
      await row.locator(".state.is-anchored").waitFor(patience);
      const record = await get(net.url, `/v1/records/${id}`);
      assert.equal(record.state, "anchored");
      const anchor = page.locator(`#anchors a[href="#anchor/${record.anchor.batch}"]`);
      await anchor.locator(".on-final").waitFor(patience);
      await page.locator(`#strip a.drop.on-final[href="#anchor/${record.anchor.batch}"]`).waitFor(patience);

      await page.locator(`#strip a.block.is-anchored[href="#block/${record.height}"]`).waitFor(patience);
      assert.deepEqual(await unmarkedStates(page), []);
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, "network", true);
      await page.goto(`${net.url}/#record/${id}`);
      const panel = page.locator("dialog[open]");
      await panel.getByText(record.anchor.txid, { exact: true }).first().waitFor(patience);
      await panel.locator(".check.good").waitFor(patience);
      assert.deepEqual(await layoutFaults(page), []);
      await picture(page, "anchored-record", true);
    });

    test("An anchor's panel names its transaction and its Bitcoin block", async (t) => {
      const { anchors } = await get(net.url, "/v1/anchors");
      const anchor = anchors.find((one) => one.state === "final");
      const page = await browser.open(t, `${net.url}/#anchor/${anchor.batch}`);
      const panel = page.locator("dialog[open]");
      await panel.getByText(anchor.txid, { exact: true }).first().waitFor(patience);
      assert.deepEqual(await layoutFaults(page), []);
      await picture(page, "anchor");
    });
  });

  await import("./explorer.test.mjs");
  await import("./docs.test.mjs");
}

// One headless Chromium for a test file, and pages that are watched: whatever a page complains about fails the test.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pictures = join(root, "artifacts", "browser");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** LEDGER_CHROMIUM, else the one that tests/setup.sh fetched, else one on PATH; undefined when there is none. */
export function chromiumPath() {
  const local = join(process.env.LEDGER_LOCAL ?? join(root, ".local"), "bin", "chromium");
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)));
  return [process.env.LEDGER_CHROMIUM, local, ...onPath].find((path) => path && existsSync(path));
}

export class Browser {
  static async start() {
    const executablePath = chromiumPath();
    if (!executablePath) throw new Error("No Chromium: run tests/setup.sh chromium, or name one in LEDGER_CHROMIUM.");
    // A browser may leave caches in the folder it was started in; that is never the source tree.
    mkdirSync(pictures, { recursive: true });
    process.chdir(pictures);
    const browser = new Browser();
    browser.chromium = await chromium.launch({ executablePath, headless: true, args: flags });
    return browser;
  }

  stop() {
    return this.chromium.close();
  }

  /**
   * A page at `url`, drawn, in a context of its own that ends with the test. Complaints are collected in
   * `page.complaints`; those that no pattern in `expected` allows fail the test when it ends.
   */
  async open(
    test,
    url,
    { width = 1280, height = 900, scheme = "light", motion = "no-preference", expected = [], settled = true } = {},
  ) {
    const context = await this.chromium.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: motion,
      acceptDownloads: true,
    });
    context.setDefaultTimeout(60_000);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    page.complaints = [];
    watch(page, new URL(url).origin);
    await page.addInitScript(() =>
      addEventListener("securitypolicyviolation", (event) =>
        console.error(
          `policy violated: ${event.effectiveDirective} by ${event.blockedURI || event.sourceFile} ${event.sample}`,
        ),
      ),
    );
    test.after(async () => {
      await context.close();
      const unexpected = page.complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)));
      assert.deepEqual(unexpected, [], "the page complained");
    });
    await page.goto(url, { waitUntil: "domcontentloaded" });
    if (settled) await page.locator('main[data-phase="ready"]').waitFor({ timeout: 60_000 });
    return page;
  }
}

function watch(page, origin) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()))
      page.complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) page.complaints.push(`answered ${response.status()}: ${response.url()}`);
  });
  // What the page itself gives up, as when it is left, has not failed.
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    if (why !== "net::ERR_ABORTED") page.complaints.push(`failed: ${request.url()} ${why}`);
  });
  page.on("pageerror", (error) => page.complaints.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (!["data:", "blob:"].includes(address.protocol) && address.origin !== origin)
      page.complaints.push(`left its origin: ${address}`);
  });
}

// Half-way through a fade, colours and places are not those that a reader sees.
function stillness(page) {
  return page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
        .map((one) => one.finished.catch(() => null)),
    ),
  );
}

/** Keeps a picture among the test output. */
export async function picture(page, name, fullPage = false) {
  await stillness(page);
  await page.screenshot({
    path: join(pictures, `${process.env.LEDGER_URL ? "node" : "stand-in"}-${name}.png`),
    fullPage,
  });
}

/** What axe-core finds against WCAG 2.2 A and AA, as short lines. */
export async function accessibilityFaults(page) {
  await stillness(page);
  if (!(await page.evaluate(() => "axe" in globalThis))) await inject(page);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary.split("\n")[1] ?? ""}`),
  );
}

// Over the debugging protocol, since the page's own policy refuses a script from elsewhere.
async function inject(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: await readFile(axe, "utf8") });
  await session.detach();
}

/** Elements that make the page wider than its window, and texts that are drawn without width. */
export function layoutFaults(page) {
  return page.evaluate(() => {
    const faults = [];
    const name = (node) => `${node.tagName.toLowerCase()}.${node.className} "${node.textContent.trim().slice(0, 40)}"`;
    const scope = document.querySelector("dialog[open]") ?? document.body;
    if (document.documentElement.scrollWidth > innerWidth)
      faults.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
    const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const owner = node.parentElement;
      if (
        node.data.trim() === "" ||
        owner.closest(".unseen, .marks, script, style, noscript, dialog:not([open]), [hidden], details:not([open])")
      )
        continue;
      if (!owner.checkVisibility({ visibilityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width < 1 || box.height < 1) faults.push(`no width: ${name(owner)}`);
      if (!owner.closest(".strip, pre, .contents-nav") && (box.left < -1 || box.right > innerWidth + 1))
        faults.push(`out of the window: ${name(owner)}`);
    }
    return faults;
  });
}

/**
 * States (sealed … failed) that are not told by a mark and a word of their own. With `spoilOne` the first is given a
 * wrong mark in the same breath, so that no drawing comes between.
 */
export function unmarkedStates(page, { spoilOne = false } = {}) {
  return page.evaluate((spoil) => {
    if (spoil) document.querySelector(".state use").setAttribute("href", "#mark-copy");
    return [...document.querySelectorAll(".state")]
      .filter((node) => {
        const word = node.querySelector(".state-word")?.textContent;
        const use = node.querySelector("use")?.getAttribute("href");
        return (
          !word ||
          use !== `#mark-${word}` ||
          !document.querySelector(`symbol${use}`) ||
          node.querySelector("svg").getBoundingClientRect().width < 8
        );
      })
      .map((node) => node.textContent);
  }, spoilOne);
}

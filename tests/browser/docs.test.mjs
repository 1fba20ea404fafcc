// The API page at /docs, on the stand-in or, with LEDGER_URL, on a real node.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFaults, Browser, layoutFaults, picture } from "./browser.mjs";
import { get, place, target } from "./target.mjs";

const methods = ["get", "post", "put", "patch", "delete", "head", "options"];

describe(`The API page on ${place()}`, { timeout: 900_000 }, () => {
  let browser;
  let subject;
  before(async () => {
    [browser, subject] = await Promise.all([Browser.start(), target()]);
  });
  after(() => Promise.all([browser?.stop(), subject?.stop()]));

  test("Every operation of the node's own description is drawn, with its answers and a command", async (t) => {
    const page = await browser.open(t, `${subject.url}/docs`);
    const spec = await get(subject.url, "/openapi/v1.json");
    const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
      methods.filter((one) => item[one]).map((one) => `${one.toUpperCase()} ${path}`),
    );
    const drawn = await page
      .locator(".operation h3")
      .evaluateAll((all) =>
        all.map((one) => `${one.querySelector(".method").textContent} ${one.querySelector(".path").textContent}`),
      );
    assert.deepEqual(drawn.sort(), operations.sort());
    assert.equal(await page.locator(".contents-nav li").count(), operations.length);
    for (const one of await page.locator(".operation").all()) {
      assert.ok((await one.locator(".response").count()) > 0);
      assert.match(await one.locator(".curl pre").innerText(), /^curl .*https?:\/\//);
    }
    assert.equal(await page.getByRole("link", { name: "OpenAPI document" }).getAttribute("href"), "/openapi/v1.json");
    await picture(page, "docs");
  });

  test("A link in the list of operations leads to its operation", async (t) => {
    const page = await browser.open(t, `${subject.url}/docs`);
    const link = page.locator(".contents-nav a").last();
    const hash = await link.getAttribute("href");
    await link.click();
    await page.waitForURL((url) => url.hash === hash);
    await page.waitForFunction((id) => document.querySelector(id).getBoundingClientRect().top < innerHeight, hash, {
      timeout: 60_000,
    });
  });

  test("Reading commands that need nothing filled in work as they stand", async (t) => {
    const page = await browser.open(t, `${subject.url}/docs`);
    const commands = await page.locator(".curl pre").allInnerTexts();
    const plain = commands
      .map((one) => /^curl '([^']+)'$/.exec(one)?.[1])
      .filter((address) => address && !/[A-Z]{2,}/.test(new URL(address).pathname + new URL(address).search));
    assert.ok(plain.length > 0);
    for (const address of plain) assert.ok((await fetch(address)).status < 400 || /readyz/.test(address), address);
  });

  for (const [width, scheme] of [
    [360, "light"],
    [360, "dark"],
    [1360, "light"],
    [1360, "dark"],
  ]) {
    test(`At ${width} pixels, ${scheme}: no text is lost, and axe finds nothing`, async (t) => {
      const page = await browser.open(t, `${subject.url}/docs`, { width, scheme });
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, `docs-${width}-${scheme}`);
    });
  }

  test("Shapes show nullable, repeated, recursive and unknown schemas as a person would write them", async (t) => {
    const page = await browser.open(t, `${subject.url}/docs`);
    const shape = (schema, schemas = {}) =>
      page.evaluate(
        async ([node, shared]) => {
          const { Schemas } = await import("/js/schema.js");
          return new Schemas({ components: { schemas: shared } })
            .lines(node)
            .map((line) => line.text)
            .join("\n");
        },
        [schema, schemas],
      );
    const number = { type: ["integer", "string"], pattern: "^-?\\d+$" };
    assert.equal(await shape(number), "integer");
    assert.equal(await shape({ type: ["null", "integer", "string"], pattern: "^-?\\d+$" }), "integer or null");
    assert.equal(await shape({ type: "string", nullable: true }), "string or null");
    assert.equal(await shape({ enum: ["a", "b"] }), '"a" | "b"');
    assert.equal(await shape({ type: "array", items: number }), "[integer, …]");
    assert.equal(
      await shape({ type: "object", required: ["a"], properties: { a: number, b: { type: "string" } } }),
      '{\n  "a": integer,\n  "b"?: string\n}',
    );
    const tree = {
      Node: {
        type: "object",
        properties: { next: { oneOf: [{ type: "null" }, { $ref: "#/components/schemas/Node" }] } },
      },
    };
    assert.equal(await shape({ $ref: "#/components/schemas/Node" }, tree), '{\n  "next": Node or null\n}');
    assert.equal(await shape({ $ref: "#/components/schemas/Missing" }), "any");
  });

  test("Without a description the page says so", async (t) => {
    const page = await browser.open(t, `${subject.url}/docs`, { expected: [/500/] });
    await page.route("**/openapi/v1.json", (route) =>
      route.fulfill({ status: 500, contentType: "text/plain", body: "no" }),
    );
    await page.reload();
    await page.getByText("The description of the interface could not be read.").waitFor();
  });
});

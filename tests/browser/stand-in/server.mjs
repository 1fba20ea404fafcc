// A STAND-IN for a node's HTTP interface (node/README.md) over a made-up chain, for developing and testing the pages.
//
//   node tests/browser/stand-in/server.mjs [PORT]     serves a chain that goes on living, at http://127.0.0.1:8899

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { bodies } from "../oar.mjs";
import { livedIn } from "./chain.mjs";
import { openapi } from "./openapi.mjs";

const pages = fileURLToPath(new URL("../../../node/explorer-web", import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export class StandIn {
  constructor(chain) {
    this.chain = chain;
    this.broken = false; // answers every /v1 request with a problem
    this.silent = false; // takes connections and never answers
    this.listeners = new Set();
    this.server = createServer((request, response) => this.#serve(request, response));
    chain.listeners.add((kind, data) => {
      for (const response of this.listeners) response.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
    });
  }

  async start(port = 0) {
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #serve(request, response) {
    const url = new URL(request.url, "http://stand-in");
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (this.silent) return;
    if (request.method !== "GET" && request.method !== "HEAD") problem(response, 405, "This stand-in is read only.");
    else if (url.pathname === "/v1/events" && !this.broken) this.#events(request, response);
    else if (url.pathname === "/openapi/v1.json") json(response, openapi);
    else if (url.pathname.startsWith("/v1/")) this.#data(url, request, response);
    else void this.#page(url.pathname, response);
  }

  #events(request, response) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
    this.listeners.add(response);
    request.on("close", () => this.listeners.delete(response));
  }

  #data(url, request, response) {
    if (this.broken) return problem(response, 503, "The store of this node is closed.");
    const path = url.pathname.split("/").slice(2);
    const ask = url.searchParams;
    const limit = Math.min(Number(ask.get("limit") ?? 50), 200);
    const chain = this.chain;
    const [what, id, part] = path;
    if (what === "status") return json(response, chain.status());
    if (what === "validators")
      return json(response, {
        validators: chain.names.map((name, at) => ({
          name,
          kid: hexName("kid", name),
          power: 1,
          stream: hexName("stream", name),
          self: at === 0,
        })),
      });
    if (what === "peers")
      return json(response, {
        peers: chain.names.map((name, at) => ({
          name,
          peer: `16Uiu2HA${hexName("peer", name).slice(0, 40)}`,
          self: at === 0,
          connected: !chain.away.has(name),
        })),
      });
    if (what === "blocks")
      return id
        ? this.#block(id, response)
        : json(
            response,
            page(
              chain.blocks,
              ask,
              limit,
              "before",
              "blocks",
              (one) => one.height,
              (one) => ({ ...one, recordIds: undefined, anchor: chain.anchorOver(one.height) }),
            ),
          );
    if (what === "anchors") {
      if (!id)
        return json(
          response,
          page(
            [...chain.anchors.values()].sort((a, b) => a.batch - b.batch),
            ask,
            limit,
            "before",
            "anchors",
            (one) => one.batch,
            (one) => one,
          ),
        );
      const anchor = chain.anchors.get(Number(id));
      return anchor ? json(response, anchor) : problem(response, 404, "There is no such anchor.");
    }
    if (what === "records")
      return id ? this.#record(id, part, request, response) : json(response, this.#records(ask, limit));
    if (what === "streams")
      return id ? this.#stream(id, part, ask, limit, response) : json(response, this.#streams(ask, limit));
    return problem(response, 404, "There is no such door.");
  }

  #block(id, response) {
    const block = this.chain.blocks.find((one) => String(one.height) === id || one.id === id);
    return block
      ? json(response, { ...block, anchor: this.chain.anchorOver(block.height) })
      : problem(response, 404, "There is no such block.");
  }

  #records(ask, limit) {
    const before = ask.has("before") ? Number(ask.get("before")) : null;
    const sealed = before === null ? this.chain.records.filter((one) => one.height === null).reverse() : [];
    const settled = this.chain.log.filter((one) => before === null || one.index < before).reverse();
    const shown = [...sealed, ...settled].slice(0, limit);
    const last = shown.at(-1)?.index ?? null;
    return { records: shown.map((one) => this.chain.summary(one)), next: last === null || last === 0 ? null : last };
  }

  #record(id, part, request, response) {
    const one = this.chain.byId.get(id);
    if (!one) return problem(response, 404, "This node does not know the record.");
    if (part === "evidence")
      return bytes(response, Buffer.from("stand-in evidence"), "application/vnd.ledger.evidence+cbor");
    if ((request.headers.accept ?? "").includes("application/json")) return json(response, this.chain.summary(one));
    return bytes(response, one.bytes, "application/cose");
  }

  #streams(ask, limit) {
    const all = [...this.chain.streams.values()]
      .sort((a, b) => Buffer.compare(a.id, b.id))
      .filter((one) => !ask.has("after") || one.id.toString("hex") > ask.get("after"));
    return {
      streams: all.slice(0, limit).map((one) => ({ ...streamOf(one), keys: 1 })),
      next: all.length > limit ? all[limit - 1].id.toString("hex") : null,
    };
  }

  #stream(id, part, ask, limit, response) {
    const stream = this.chain.streams.get(id);
    if (!stream) return problem(response, 404, "This node does not know the stream.");
    if (part === "evidence")
      return bytes(response, Buffer.from("stand-in evidence"), "application/vnd.ledger.evidence+cbor");
    if (part !== "records")
      return json(response, {
        ...streamOf(stream),
        keys: [{ kid: id, first: 0, revoked: null }],
        recovery: stream.recovery.toString("hex"),
      });
    const all = this.chain.records.filter((one) => one.stream === id && one.seq >= Number(ask.get("from") ?? 0));
    return json(response, {
      records: all.slice(0, limit).map((one) => this.chain.summary(one)),
      next: all[limit]?.seq ?? null,
    });
  }

  async #page(path, response) {
    const name = path === "/" ? "/index.html" : path === "/docs" ? "/docs.html" : normalize(path);
    const file = join(pages, name);
    const known = await stat(file).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (!known || !file.startsWith(pages)) return problem(response, 404, "There is no such page.");
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "cache-control": "no-store",
    });
    createReadStream(file).pipe(response);
  }
}

const hexName = (what, name) => Buffer.from(`${what} ${name}`.padEnd(32, ".")).toString("hex").slice(0, 64);
const streamOf = (one) => ({
  stream: one.id.toString("hex"),
  seq: one.seq,
  head: one.head.toString("hex"),
  time: one.time,
  sponsor: one.sponsor,
});

function page(all, ask, limit, parameter, name, keyOf, show) {
  const newest = all.filter((one) => !ask.has(parameter) || keyOf(one) < Number(ask.get(parameter))).reverse();
  return { [name]: newest.slice(0, limit).map(show), next: newest.length > limit ? keyOf(newest[limit - 1]) : null };
}

function json(response, value, status = 200, type = "application/json") {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}

function bytes(response, value, type) {
  response.writeHead(200, { "content-type": type, "content-length": value.length });
  response.end(value);
}

function problem(response, status, detail) {
  json(response, { type: "about:blank", title: "Refused", status, detail }, status, "application/problem+json");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { chain, operators } = livedIn();
  const standIn = await new StandIn(chain).start(Number(process.argv[2] ?? 8899));
  console.log(`stand-in, not a node: ${standIn.url}`);
  let beat = 0;
  setInterval(() => {
    chain.clock = Date.now();
    beat++;
    const stream = operators[beat % operators.length];
    if (beat % 2) chain.seal(stream, "intent", bodies.intent("answer a claim"));
    else chain.settle();
    if (beat % 12 === 0) chain.anchor();
    for (const anchor of chain.anchors.values())
      if (anchor.state !== "final" && beat % 3 === 0) chain.stepAnchor(anchor);
  }, 1700);
}

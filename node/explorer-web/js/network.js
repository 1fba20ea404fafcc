// What the node says about itself and its network: name, figures, readiness, peers, streams.

import { ago, copyButton, el, instead, sync } from "./dom.js";
import { count, difference, foreign, plural, shortId } from "./format.js";
import { bitcoinName, provesTime } from "./words.js";
import { drawPager, medianLag } from "./records.js";

export const streamsPage = 8;
const peersMost = 60;

const $ = (id) => document.getElementById(id);

export function drawStatus(status, records) {
  const name = foreign(status.name, 60);
  $("network").textContent = name;
  $("eyebrow").textContent = status.validator ? `Explorer, as ${foreign(status.validator, 40)} sees it` : "Explorer";
  document.title = `${name} · Ledger`;
  $("version").textContent = status.version ? `Ledger ${foreign(status.version, 40)}` : "";
  drawFigures(status, records);
  drawFacts(status);
}

function drawFigures(status, records) {
  const { median_ms, over } = medianLag(records);
  const waiting = status.mempool?.records;
  const figures = [
    [
      "Height",
      count(status.height),
      "height",
      Number.isFinite(status.time) && status.height > 0 ? ["last block ", ago(status.time)] : "no block yet",
    ],
    ["Settled", count(status.settled), "settled", plural(status.validators, "validator")],
    ["Anchored", count(status.anchored), "anchored", "records under Bitcoin"],
    ["Waiting", count(waiting), "waiting", waiting === 0 ? "everything sealed has settled" : "sealed, not yet settled"],
    [
      "Block − own time",
      median_ms === null ? "–" : difference(median_ms),
      "lag",
      median_ms === null ? "no settled record in view" : `the middle of ${over}`,
    ],
    [
      "Bitcoin",
      count(status.bitcoin?.height),
      "bitcoin",
      status.bitcoin?.reachable === false ? "does not answer" : foreign(status.network, 20),
    ],
  ];
  const list = $("figures");
  if (list.childElementCount !== figures.length) {
    list.replaceChildren(
      ...figures.map(([label, , key]) =>
        el(
          "div",
          { class: "figure", "data-figure": key },
          el("dt", {}, label),
          el("dd", { class: "value" }),
          el("dd", { class: "hint" }),
        ),
      ),
    );
  }
  figures.forEach(([, value, , hint], at) => {
    const [, valueNode, hintNode] = list.children[at].children;
    if (valueNode.textContent !== value) valueNode.textContent = value;
    hintNode.replaceChildren(...[hint].flat());
  });
}

let factsDrawn = "";

function drawFacts(status) {
  const value = JSON.stringify([status.chain, status.ready, status.network]);
  if (value === factsDrawn) return;
  factsDrawn = value;
  const ready = status.ready !== false;
  $("facts").replaceChildren(
    el(
      "li",
      { class: "fact chain-id" },
      el("span", { class: "fact-name" }, "Chain"),
      el("span", { class: "id", title: status.chain }, shortId(status.chain, 8, 6)),
      copyButton(status.chain, "chain id"),
    ),
    el(
      "li",
      { class: `fact readiness ${ready ? "is-ready" : "is-unready"}` },
      el("span", { class: "lamp", "aria-hidden": "true" }),
      ready ? "Ready" : "Not ready",
    ),
    provesTime(status)
      ? el("li", { class: "fact" }, "Bitcoin main network")
      : el("li", { class: "fact test-net" }, `${bitcoinName(status)}: a test network, which proves no time`),
  );
}

/** Peers and validators are often the same parties: one line for each. */
export function drawPeers(validators, peers) {
  const byName = new Map();
  for (const peer of peers) byName.set(peer.name, { ...peer });
  for (const validator of validators) {
    const known = byName.get(validator.name) ?? {
      name: validator.name,
      self: validator.self,
      connected: validator.self ? true : null,
    };
    byName.set(validator.name, {
      ...known,
      power: validator.power,
      kid: validator.kid,
      stream: validator.stream,
      self: known.self || validator.self,
    });
  }
  const parties = [...byName.values()];
  const connected = parties.filter((party) => party.connected || party.self).length;
  $("peers-note").textContent = parties.length ? `${connected} of ${parties.length} connected` : "";
  if (parties.length === 0) instead($("peers"), "No peers are known.");
  else sync($("peers"), parties.slice(0, peersMost), (party) => party.name, makePeer);
}

function makePeer(party) {
  const phase = party.self ? "self" : party.connected === null ? "unknown" : party.connected ? "connected" : "away";
  const word = { self: "this node", connected: "connected", away: "not connected", unknown: "not known" }[phase];
  const name = foreign(party.name, 40);
  return el(
    "li",
    { class: `peer is-${phase}` },
    el("span", { class: "lamp", "aria-hidden": "true" }),
    party.stream
      ? el("a", { class: "peer-name", href: `#stream/${party.stream}`, title: "The stream of this validator" }, name)
      : el("span", { class: "peer-name" }, name),
    el("span", { class: "peer-word" }, word),
    el("span", { class: "peer-role" }, party.kid ? `validator, power ${count(party.power)}` : "observer"),
    party.kid
      ? el(
          "span",
          { class: "peer-key" },
          el("span", { class: "id", title: party.kid }, shortId(party.kid, 6, 4)),
          copyButton(party.kid, `key id of ${name}`),
        )
      : party.peer
        ? el(
            "span",
            { class: "peer-key" },
            el("span", { class: "id", title: party.peer }, shortId(foreign(party.peer), 6, 4)),
            copyButton(party.peer, `peer id of ${name}`),
          )
        : null,
  );
}

export function drawStreams(page, turnTo) {
  if (page.items.length === 0) instead($("streams"), "No streams yet. A stream opens with its genesis record.");
  else sync($("streams"), page.items, (stream) => stream.stream, makeStream);
  $("streams-note").textContent = page.after === null ? "" : "further on";
  drawPager($("streams-pager"), [
    page.after !== null ? ["First", () => turnTo(null)] : null,
    page.next ? ["Next", () => turnTo(page.next)] : null,
  ]);
}

function makeStream(stream) {
  return el(
    "li",
    { class: "stream" },
    el(
      "a",
      { href: `#stream/${stream.stream}` },
      el("span", { class: "id" }, shortId(stream.stream, 8, 4)),
      el("span", { class: "stream-records" }, plural(stream.seq + 1, "record")),
      el("span", { class: "stream-sponsor" }, `sponsor ${foreign(stream.sponsor ?? "none", 24)}`),
      el("span", { class: "stream-age" }, Number.isFinite(stream.time) ? ago(stream.time) : null),
    ),
  );
}

const notices = new Map();

/** Shows, changes or (with null) takes away one notice by its name. `content` is text or nodes. */
export function notice(name, grade, ...content) {
  const old = notices.get(name);
  if (grade === null) {
    old?.remove();
    notices.delete(name);
    return;
  }
  const isButton = (part) => part instanceof HTMLButtonElement;
  const node = el(
    "div",
    { class: `notice is-${grade}`, "data-notice": name },
    el(
      "div",
      {},
      el(
        "p",
        {},
        content.filter((part) => !isButton(part)),
      ),
      content.filter(isButton),
    ),
  );
  const focused = old?.contains(document.activeElement);
  if (old) old.replaceWith(node);
  else $("notices").append(node);
  notices.set(name, node);
  if (focused) node.querySelector("button")?.focus();
}

export function drawProblems(status) {
  const problems = Array.isArray(status.problems) ? [...status.problems] : [];
  if (status.bitcoin?.problem && !problems.includes(status.bitcoin.problem)) problems.push(status.bitcoin.problem);
  const shown = problems.slice(0, 6).map((text) => foreign(text, 300));
  if (shown.length === 0) {
    notice("problems", null);
    return;
  }
  const lead = status.ready === false ? "This node is not ready." : "This node works, with a reservation.";
  const text = shown.join(" ");
  if (notices.get("problems")?.textContent !== `${lead} ${text}`)
    notice("problems", "warning", el("b", {}, lead), " ", text);
}

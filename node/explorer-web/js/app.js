// The explorer: loads what the node holds, follows its events, and draws. All state is in `view`, and what is drawn
// follows from it.

import { api } from "./api.js";
import { el, instead, tick } from "./dom.js";
import { count, plural } from "./format.js";
import { Live } from "./live.js";
import { anchorsPage, drawAnchors } from "./anchors.js";
import { drawPeers, drawProblems, drawStatus, drawStreams, notice, streamsPage } from "./network.js";
import { drawRecords, recordsPage } from "./records.js";
import { drawStrip, stripMost } from "./strip.js";
import { followHash, refreshDetail } from "./detail.js";
import { armSearch } from "./search.js";

const view = {
  status: null,
  blocks: [],
  records: { items: [], next: null, before: null },
  anchors: { items: [], next: null, before: null },
  newestAnchors: [],
  streams: { items: [], next: null, after: null },
  validators: [],
  peers: [],
};
const retry_ms = 5_000;
const main = document.getElementById("main");
const announce = document.getElementById("announce");

// ---- loading

/** Records and blocks that events brought while a request was under way: its answer may be older than they are. */
let heard = [];

async function refreshChain() {
  heard = [];
  const [status, blocks, anchors, records] = await Promise.all([
    api.status(),
    api.blocks(stripMost),
    api.anchors(stripMost),
    view.records.before === null ? api.records(recordsPage) : null,
  ]);
  view.status = status;
  view.blocks = blocks.blocks;
  view.newestAnchors = anchors.anchors;
  if (view.anchors.before === null)
    view.anchors = { items: anchors.anchors.slice(0, anchorsPage), next: cutNext(anchors), before: null };
  if (records && view.records.before === null)
    view.records = { items: records.records, next: records.next, before: null };
  for (const [kind, data] of heard) absorb(kind, data);
}

// The list shows fewer anchors than the strip needs: its next page starts after the last one shown.
function cutNext(answer) {
  return answer.anchors.length > anchorsPage ? answer.anchors[anchorsPage - 1].batch : answer.next;
}

async function refreshParties() {
  const [validators, peers, streams] = await Promise.all([
    api.validators(),
    api.peers(),
    view.streams.after === null ? api.streams(streamsPage) : null,
  ]);
  view.validators = validators.validators;
  view.peers = peers.peers;
  if (streams && view.streams.after === null)
    view.streams = { items: streams.streams, next: streams.next, after: null };
}

let loaded = false;

async function loadAll() {
  await Promise.all([refreshChain(), refreshParties()]);
  loaded = true;
}

function fail(problem) {
  const again = el("button", { type: "button", class: "quiet", onclick: () => restart() }, "Try again");
  notice("load", "error", el("b", {}, "The chain could not be read. "), problem.message, again);
  if (loaded) return;
  main.dataset.phase = "failed";
  for (const id of ["strip", "records", "anchors", "peers", "streams"])
    instead(document.getElementById(id), "Nothing could be read.");
}

function restart() {
  live.open();
  chain.soon();
  if (loaded) parties.soon();
}

/** Runs `work` at most once in `pause_ms`, never twice at a time, and once more when asked during a run. */
function paced(work, pause_ms) {
  let timer = null;
  let running = false;
  let again = false;
  const run = async () => {
    timer = null;
    running = true;
    try {
      await work();
      notice("load", null);
      draw();
    } catch (problem) {
      fail(problem);
      // While the event stream stands nothing else would bring us back here; once it breaks, its return does.
      if (live.phase === "live") setTimeout(soon, retry_ms);
    }
    running = false;
    if (again) {
      again = false;
      soon();
    }
  };
  const soon = () => {
    if (running) again = true;
    else timer ??= setTimeout(run, pause_ms);
  };
  return { soon };
}

const chain = paced(() => (loaded ? refreshChain() : loadAll()), 700);
const parties = paced(refreshParties, 3_000);

// ---- events

function absorb(kind, data) {
  if (kind === "status") view.status = data;
  else if (kind === "block") view.blocks = upsert(view.blocks, data, "id", (block) => block.height, stripMost);
  else if (kind === "anchor") absorbAnchor(data);
  else if (
    kind === "record" &&
    view.records.before === null &&
    !view.records.items.some((record) => record.id === data.id)
  ) {
    view.records = { ...view.records, items: [data, ...view.records.items].slice(0, recordsPage) };
  }
}

function absorbAnchor(anchor) {
  view.newestAnchors = upsert(view.newestAnchors, anchor, "batch", (one) => one.batch, stripMost);
  if (view.anchors.before === null) {
    view.anchors = {
      ...view.anchors,
      items: upsert(view.anchors.items, anchor, "batch", (one) => one.batch, anchorsPage),
    };
  }
}

function upsert(items, item, key, order, most) {
  return [item, ...items.filter((one) => one[key] !== item[key])].sort((a, b) => order(b) - order(a)).slice(0, most);
}

function hear(kind, data) {
  heard.push([kind, data]);
  if (heard.length > 500) heard.shift();
  absorb(kind, data);
  if (kind === "block") {
    say(`Block ${count(data.height)} settled, with ${plural(data.records, "record")}.`);
    parties.soon();
  }
  if (kind !== "status") chain.soon();
  if (kind !== "record") refreshDetail();
  draw();
}

let lastSaid_ms = -Infinity;

// Screen readers hear about blocks, but not more often than a person can follow.
function say(text) {
  if (performance.now() - lastSaid_ms < 10_000) return;
  lastSaid_ms = performance.now();
  announce.textContent = text;
}

// ---- connection

let wasLost = false;
let retryAt_ms = null;

function turn(phase, retryAt) {
  document.getElementById("live").dataset.live = phase;
  document.getElementById("live-word").textContent = { connecting: "connecting", live: "live", lost: "not connected" }[
    phase
  ];
  retryAt_ms = retryAt;
  if (phase === "lost") {
    wasLost = true;
    drawLost();
  } else {
    notice("lost", null);
    if (wasLost) restartAfterLoss();
  }
}

function restartAfterLoss() {
  wasLost = false;
  chain.soon();
  if (loaded) parties.soon();
  refreshDetail();
}

function drawLost() {
  const again = el("button", { type: "button", class: "quiet", onclick: () => live.open() }, "Try now");
  const lead = loaded
    ? [
        "The connection to the node was lost. ",
        "What you see may be out of date; it is brought up to date once the node answers. ",
      ]
    : ["There is no connection to the node. ", ""];
  notice("lost", "error", el("b", {}, lead[0]), lead[1], el("span", { id: "retry" }), again);
  drawRetry();
}

function drawRetry() {
  const place = document.getElementById("retry");
  if (!place || retryAt_ms === null) return;
  const seconds = Math.max(0, Math.ceil((retryAt_ms - Date.now()) / 1000));
  const text = seconds > 0 ? `Next attempt in ${seconds} s.` : "Trying now.";
  if (place.textContent !== text) place.textContent = text;
}

// ---- drawing and paging

let frame = null;

function draw() {
  frame ??= requestAnimationFrame(() => {
    frame = null;
    if (loaded) drawAll();
  });
}

function drawAll() {
  drawStatus(view.status, view.records.items);
  drawProblems(view.status);
  drawStrip(view.blocks, view.newestAnchors, view.status);
  drawRecords(view.records, pageRecords);
  drawAnchors(view.anchors, pageAnchors);
  drawPeers(view.validators, view.peers);
  drawStreams(view.streams, pageStreams);
  // Said last: whoever waits for it finds everything drawn.
  main.dataset.phase = "ready";
}

async function page(load) {
  try {
    await load();
    draw();
  } catch (problem) {
    fail(problem);
  }
}

function pageRecords(before) {
  return page(async () => {
    const answer = await api.records(recordsPage, before);
    view.records = { items: answer.records, next: answer.next, before };
  });
}

function pageAnchors(before) {
  return page(async () => {
    const answer = await api.anchors(anchorsPage, before);
    view.anchors = { items: answer.anchors, next: answer.next, before };
  });
}

function pageStreams(after) {
  return page(async () => {
    const answer = await api.streams(streamsPage, after);
    view.streams = { items: answer.streams, next: answer.next, after };
  });
}

// ---- start

const live = new Live(hear, turn, api.status);

try {
  await loadAll();
  draw();
} catch (problem) {
  fail(problem);
}
live.open();
armSearch();
followHash(() => view.status);
setInterval(() => {
  tick();
  drawRetry();
}, 1000);

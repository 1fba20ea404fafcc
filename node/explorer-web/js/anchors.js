// Anchors: what was put into Bitcoin, and how deep it lies by now.

import { ago, el, instead, stateLabel, sync } from "./dom.js";
import { count, foreign, shortId } from "./format.js";
import { anchorStates, finalAt } from "./words.js";
import { drawPager } from "./records.js";

export const anchorsPage = 8;

const list = document.getElementById("anchors");
const note = document.getElementById("anchors-note");
const pager = document.getElementById("anchors-pager");

export function drawAnchors(page, turnTo) {
  if (page.items.length === 0) {
    instead(list, "No anchors yet. One follows when there are settled records to anchor.");
  } else {
    sync(list, page.items, (anchor) => anchor.batch, makeAnchor);
  }
  note.textContent = page.before !== null ? "older" : "newest first";
  drawPager(pager, [
    page.before !== null ? ["Newest", () => turnTo(null)] : null,
    Number.isFinite(page.next) ? ["Older", () => turnTo(page.next)] : null,
  ]);
}

function makeAnchor(anchor) {
  return el(
    "li",
    { class: "anchor" },
    el(
      "a",
      { href: `#anchor/${anchor.batch}` },
      el(
        "span",
        { class: "anchor-head" },
        el("span", { class: "anchor-name" }, `Block ${count(anchor.batch)}`),
        el("span", { class: "anchor-age" }, Number.isFinite(anchor.since) ? ago(anchor.since) : null),
      ),
      anchorSteps(anchor),
      el(
        "span",
        { class: "anchor-foot" },
        anchor.problem ? el("span", { class: "anchor-problem" }, foreign(anchor.problem, 160)) : placeOf(anchor),
      ),
    ),
  );
}

function placeOf(anchor) {
  if (Number.isFinite(anchor.bitcoinHeight)) {
    return [
      "Bitcoin block ",
      count(anchor.bitcoinHeight),
      anchor.txid ? [" · ", el("span", { class: "id" }, shortId(anchor.txid, 6, 4))] : null,
    ].flat();
  }
  return anchor.txid ? ["transaction ", el("span", { class: "id" }, shortId(anchor.txid, 6, 4))] : ["nothing sent yet"];
}

/** waiting → broadcast → mined (n of 6) → final, with the present state named. */
export function anchorSteps(anchor) {
  const state = anchorStates.includes(anchor.state) ? anchor.state : "waiting";
  if (state === "failed") return el("span", { class: "steps on-failed" }, stateLabel("failed", anchorStates));
  const reached = anchorStates.indexOf(state);
  const depth = Math.min(Math.max(anchor.confirmations ?? 0, 0), finalAt);
  const detail = state === "mined" ? `${depth} of ${finalAt}` : state === "final" ? count(anchor.confirmations) : null;
  const pips = Array.from({ length: finalAt }, (_, at) => el("i", { class: at < depth ? "pip full" : "pip" }));
  return el(
    "span",
    { class: `steps on-${state}` },
    stateLabel(state, anchorStates, detail),
    el(
      "span",
      { class: "track", "aria-hidden": "true" },
      el("i", { class: reached >= 0 ? "stop full" : "stop" }),
      el("i", { class: reached >= 1 ? "stop full" : "stop" }),
      pips,
      el("i", { class: state === "final" ? "stop full last" : "stop last" }),
    ),
  );
}

// The strip of blocks: newest first, each hanging by its anchor, where it has one, from Bitcoin below.

import { ago, el, mark, stateLabel, sync, instead } from "./dom.js";
import { count, foreign, plural } from "./format.js";
import { bitcoinName, finalAt, recordStates, anchorStates } from "./words.js";

export const stripMost = 24;
const dotsMost = 18;

const strip = document.getElementById("strip");
const bedrock = document.getElementById("bedrock");

export function drawStrip(blocks, anchors, status) {
  const fromBitcoin =
    status?.bitcoin?.reachable === false ? "does not answer" : `block ${count(status?.bitcoin?.height)}`;
  bedrock.textContent = `${bitcoinName(status)} · ${fromBitcoin}`;
  if (blocks.length === 0) {
    instead(strip, "No blocks yet. The first one settles as soon as a record is sealed.");
    return;
  }
  const byBatch = new Map(anchors.map((anchor) => [anchor.batch, anchor]));
  const cards = blocks
    .slice(0, stripMost)
    .map((block) => ({ block, anchor: byBatch.get(block.height) ?? ownAnchor(block) }));
  const scrolled = strip.scrollLeft > 8 ? strip.scrollWidth - strip.scrollLeft : null;
  sync(strip, cards, (card) => card.block.id, makeCard);
  // Someone reading further back is not pushed along by what arrives at the front.
  if (scrolled !== null) strip.scrollLeft = strip.scrollWidth - scrolled;
}

// A block shows the anchor that covers it; only the anchored block itself carries the line down.
function ownAnchor(block) {
  return block.anchor?.batch === block.height ? block.anchor : null;
}

function makeCard({ block, anchor }) {
  const state = Number.isFinite(block.anchor?.bitcoinHeight) ? "anchored" : "settled";
  return el(
    "li",
    { class: "link-of-chain" },
    el(
      "a",
      { class: `block is-${state}`, href: `#block/${block.height}` },
      el(
        "span",
        { class: "block-head" },
        el("span", { class: "block-height" }, el("span", { class: "unseen" }, "Block "), count(block.height)),
        el("span", { class: "block-proposer", title: "Proposer" }, foreign(block.proposerName ?? "", 24)),
      ),
      el("span", { class: "block-age" }, ago(block.time)),
      dots(block.records),
      el("span", { class: "block-records" }, block.records === 0 ? "no records" : plural(block.records, "record")),
      el("span", { class: "block-foot" }, stateLabel(state, recordStates)),
    ),
    drop(anchor),
  );
}

function dots(records) {
  const shown = Math.min(records, dotsMost);
  const more = records > shown ? el("span", { class: "more" }, `+${count(records - shown)}`) : null;
  return el(
    "span",
    { class: "dots", "aria-hidden": "true" },
    Array.from({ length: shown }, () => el("i")),
    more,
  );
}

function drop(anchor) {
  if (!anchor) return el("span", { class: "drop none", "aria-hidden": "true" });
  const state = anchorStates.includes(anchor.state) ? anchor.state : "mined";
  const word = state === "mined" ? `${Math.min(anchor.confirmations ?? 0, finalAt)} of ${finalAt}` : state;
  const place = Number.isFinite(anchor.bitcoinHeight) ? `${count(anchor.bitcoinHeight)}` : null;
  return el(
    "a",
    { class: `drop on-${state}`, href: `#anchor/${anchor.batch}` },
    el("span", { class: "drop-line", "aria-hidden": "true" }),
    el(
      "span",
      { class: "drop-chip" },
      mark(state),
      el(
        "span",
        {},
        el("span", { class: "unseen" }, `Anchor of block ${anchor.batch}: ${state === "mined" ? "mined, " : ""}`),
        word,
      ),
      place ? el("span", { class: "drop-place" }, el("span", { class: "unseen" }, "in Bitcoin block "), place) : null,
    ),
  );
}

// Left and right move along the strip, as the blocks lie.
strip.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  const blocks = [...strip.querySelectorAll("a.block")];
  const at = blocks.indexOf(event.target.closest("li")?.querySelector("a.block"));
  const next = blocks[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
});

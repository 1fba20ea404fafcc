// The list of records, newest first, a page at a time. While the first page is shown it follows the chain.

import { ago, el, instead, stateLabel, sync } from "./dom.js";
import { count, difference, foreign, median, plural, shortId } from "./format.js";
import { kindMeaning, recordStates } from "./words.js";

export const recordsPage = 30;

const list = document.getElementById("records");
const note = document.getElementById("records-note");
const pager = document.getElementById("records-pager");

/** Block time minus the record's own time, for a settled record. */
export function lag(record) {
  return Number.isFinite(record.blockTime) && Number.isFinite(record.time) ? record.blockTime - record.time : null;
}

/**
 * @param {{items: object[], next: number | null, before: number | null}} page
 * @param {(before: number | null) => void} turnTo  shows the page before an index, or the newest
 */
export function drawRecords(page, turnTo) {
  if (page.items.length === 0) drawEmpty(page);
  else sync(list, page.items, (record) => record.id, makeRow);
  const older = page.before !== null;
  note.textContent = older ? "an older page; it does not follow the chain" : "newest first";
  drawPager(pager, [
    older ? ["Newest", () => turnTo(null)] : null,
    Number.isFinite(page.next) ? ["Older", () => turnTo(page.next)] : null,
  ]);
}

function drawEmpty(page) {
  if (page.before !== null) instead(list, "Nothing before this.");
  else {
    instead(
      list,
      el("b", {}, "No records yet. "),
      "This page fills by itself when the first one is sealed, for example with ",
      el("code", {}, "./ledger stream new"),
      " and ",
      el("code", {}, "./ledger submit"),
      ". ",
      el("a", { href: "/docs" }, "The API"),
      " takes records over plain HTTP too.",
    );
  }
}

export function drawPager(place, buttons) {
  const wanted = buttons.filter(Boolean);
  const now = [...place.children].map((button) => button.textContent).join("|");
  const focused = place.contains(document.activeElement) ? document.activeElement.textContent : null;
  if (now !== wanted.map(([word]) => word).join("|")) {
    place.replaceChildren(...wanted.map(([word]) => el("button", { type: "button", class: "quiet" }, word)));
  }
  wanted.forEach(([, act], at) => {
    place.children[at].onclick = act;
  });
  if (focused !== null && !place.contains(document.activeElement)) place.firstElementChild?.focus();
}

export function makeRow(record) {
  const state = recordStates.includes(record.state) ? record.state : recordStates[0];
  const late = lag(record);
  return el(
    "li",
    { class: `row is-${state}` },
    el(
      "a",
      { href: `#record/${record.id}` },
      el("span", { class: "cell-state" }, stateLabel(record.state, recordStates)),
      el("span", { class: "cell-kind", title: kindMeaning[record.kind] ?? null }, foreign(record.kind, 24)),
      el("span", { class: "cell-id id" }, el("span", { class: "unseen" }, "record "), shortId(record.id, 10, 4)),
      el(
        "span",
        { class: "cell-stream" },
        el("span", { class: "unseen" }, "in stream "),
        el("span", { class: "id" }, shortId(record.stream, 6, 3)),
        el("span", { class: "joint" }, " · "),
        el("span", { class: "seq" }, count(record.seq)),
      ),
      el(
        "span",
        { class: "cell-block" },
        Number.isFinite(record.height)
          ? [el("span", { class: "word" }, "block "), count(record.height)]
          : el("span", { class: "pending" }, el("span", { class: "word" }, "in no block yet"), none()),
      ),
      el(
        "span",
        { class: "cell-lag", title: "Block time minus the record's own time" },
        late === null ? none() : difference(late),
      ),
      el("span", { class: "cell-age" }, ago(record.time)),
    ),
  );
}

// A dash where there is nothing to show yet; where the row has room for words, it gives way to them.
function none() {
  return el("span", { class: "none", "aria-hidden": "true" }, "–");
}

/** How long settling took, over the records in view: the middle of block time minus own time, in milliseconds. */
export function medianLag(records) {
  const lags = records.map(lag).filter((value) => value !== null);
  return { median_ms: median(lags), over: plural(lags.length, "record") };
}

// Up and down move between the rows of every such list.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target instanceof Element ? event.target.closest(".rows > li") : null;
  if (!step || !row || event.altKey || event.ctrlKey || event.metaKey) return;
  const next = (step > 0 ? row.nextElementSibling : row.previousElementSibling)?.querySelector("a");
  if (!next) return;
  event.preventDefault();
  next.focus();
});

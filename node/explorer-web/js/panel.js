// The pieces that detail panels are made of.

import { ago, el, mark } from "./dom.js";
import { foreign, utc } from "./format.js";

/** A titled part of a panel; null when it would be empty. */
export function section(title, ...content) {
  const kept = content.flat().filter(Boolean);
  return kept.length ? el("section", { class: "part" }, el("h3", {}, title), kept) : null;
}

/** Names and values, as a definition list. A pair whose value is null or undefined is left out. */
export function facts(...pairs) {
  const kept = pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined);
  return el(
    "dl",
    { class: "facts-list" },
    kept.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, [value].flat()))),
  );
}

/** Date and age. */
export function when(ms) {
  return Number.isFinite(ms)
    ? el("span", { class: "when" }, utc(ms), " ", el("span", { class: "soft" }, "(", ago(ms), ")"))
    : null;
}

/** What a state proves, and what it does not: never one without the other. */
export function proof(state, proves, not) {
  return el(
    "div",
    { class: `proof is-${/^[a-z]+$/.test(state) ? state : "sealed"}` },
    el("p", { class: "proves" }, el("b", {}, "What this proves. "), proves),
    not ? el("p", { class: "proves-not" }, el("b", {}, "What it does not. "), not) : null,
  );
}

export function download(href, name, title, hint) {
  return el(
    "a",
    { class: "download", href, download: name, "data-name": title },
    el("b", {}, title),
    el("span", {}, hint),
  );
}

/** Text from the network in a span of its own direction, so that it cannot reorder what stands beside it. */
export function said(text, limit) {
  return el("bdi", {}, foreign(text, limit));
}

/** A download that needs a header of its own, which a link cannot send. `fetchBytes` gives the bytes. */
export function downloadButton(name, title, hint, type, fetchBytes) {
  const word = el("span", {}, hint);
  const button = el("button", { type: "button", class: "download", "data-name": title }, el("b", {}, title), word);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const address = URL.createObjectURL(new Blob([await fetchBytes()], { type }));
      const link = document.createElement("a");
      link.href = address;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (problem) {
      word.textContent = problem.message;
    }
    button.disabled = false;
  });
  return button;
}

/** The steps of a record or an anchor, those reached and those to come. */
export function journey(steps) {
  return el(
    "ol",
    { class: "journey" },
    steps.map(({ state, reached, content }) =>
      el(
        "li",
        { class: `is-${state} ${reached ? "reached" : "ahead"}` },
        mark(state),
        el(
          "div",
          {},
          el("b", {}, state),
          reached ? null : el("span", { class: "unseen" }, " (not yet)"),
          content ? el("p", {}, content) : null,
        ),
      ),
    ),
  );
}

// Building the page. Text enters only as text nodes: nothing here, or anywhere in these pages, parses a string as HTML,
// and the Content-Security-Policy (trusted types) refuses to.

import { age, iso, utc } from "./format.js";

const svgSpace = "http://www.w3.org/2000/svg";

/** An element with attributes and children; a string child becomes a text node, null and false are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "href" || key === "src") node.setAttribute(key, local(value));
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A link made from data may lead into this origin and nowhere else.
function local(address) {
  if (!/^(#|\/(?!\/))/.test(address)) throw new Error(`Not a link of this page: ${address}`);
  return address;
}

/** A mark from the page's symbols. It stands beside its word, so it is hidden from assistive technology. */
export function mark(name) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svgSpace, "use");
  use.setAttribute("href", `#mark-${name}`);
  svg.append(use);
  return svg;
}

/** Mark and word of a state. Unknown words are shown as they are, with the mark of the weakest state. */
export function stateLabel(state, known, detail = null) {
  const name = known.includes(state) ? state : known[0];
  return el(
    "span",
    { class: `state is-${name}` },
    mark(name),
    el("span", { class: "state-word" }, String(state)),
    detail ? el("span", { class: "state-detail" }, detail) : null,
  );
}

/** A time that keeps telling its age. */
export function ago(ms) {
  return el("time", { datetime: iso(ms), title: utc(ms), "data-ms": ms }, age(ms));
}

/** Brings every age on the page up to date. */
export function tick(now = Date.now()) {
  for (const node of document.querySelectorAll("time[data-ms]")) {
    const text = age(Number(node.dataset.ms), now);
    if (node.textContent !== text) node.textContent = text;
  }
}

/** A button that puts `text` on the clipboard and says so. */
export function copyButton(text, what) {
  const word = el("span", { class: "unseen" }, `Copy ${what}`);
  const icon = el("span", { class: "copy-icon" }, mark("copy"));
  const button = el(
    "button",
    { type: "button", class: "copy", title: `Copy ${what}`, "data-name": `copy ${what}` },
    icon,
    word,
  );
  button.addEventListener("click", async () => {
    const done = await copyText(text);
    icon.replaceChildren(mark(done ? "done" : "failed"));
    word.textContent = done ? `Copied ${what}` : `Could not copy ${what}; select it by hand`;
    button.classList.toggle("copied", done);
    setTimeout(() => {
      icon.replaceChildren(mark("copy"));
      word.textContent = `Copy ${what}`;
      button.classList.remove("copied");
    }, 1600);
  });
  return button;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The clipboard interface exists in secure contexts only, and a node may serve plain HTTP.
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const field = el("textarea", { class: "unseen", readonly: true, "aria-hidden": "true", tabindex: "-1" });
  field.value = text;
  const focused = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus?.();
  return done;
}

/** An identifier in full, breakable anywhere, with its copy button. */
export function fullId(id, what, href = null) {
  const text = href ? el("a", { href, class: "id" }, id) : el("span", { class: "id" }, id);
  return el("span", { class: "full-id" }, text, copyButton(id, what));
}

const drawn = new WeakMap();

/**
 * Makes the children of `list` those of `items`, in order, keeping what did not change: focus stays where it was, and
 * only what is new is marked as arriving (and only when the list had something before).
 */
export function sync(list, items, keyOf, make) {
  const before = new Map();
  for (const node of list.children) if (node.dataset.key) before.set(node.dataset.key, node);
  const wasFilled = before.size > 0;
  const nodes = items.map((item) => {
    const key = String(keyOf(item));
    const old = before.get(key);
    const value = JSON.stringify(item);
    if (old && drawn.get(old) === value) return old;
    const node = make(item);
    node.dataset.key = key;
    drawn.set(node, value);
    if (!old && wasFilled) node.classList.add("arriving");
    return node;
  });
  place(list, nodes);
  list.setAttribute("aria-busy", "false");
}

// Nodes that stay are not taken out of the document, which would lose focus and restart their animation.
function place(list, nodes) {
  const focus = focusIn(list);
  const kept = new Set(nodes);
  for (const node of [...list.children]) if (!kept.has(node)) node.remove();
  nodes.forEach((node, at) => {
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
  if (focus && !list.contains(document.activeElement)) {
    const owner = nodes.find((node) => node.dataset.key === focus.key) ?? nodes[Math.min(focus.at, nodes.length - 1)];
    owner?.querySelectorAll("a, button")[focus.index]?.focus({ preventScroll: true });
  }
}

function focusIn(list) {
  const at = [...list.children].findIndex((node) => node.contains(document.activeElement));
  if (at < 0) return null;
  const owner = list.children[at];
  return {
    at,
    key: owner.dataset.key,
    index: [...owner.querySelectorAll("a, button")].indexOf(document.activeElement),
  };
}

/** A sentence where a list would be. */
export function instead(list, ...content) {
  list.replaceChildren(el("li", { class: "instead" }, ...content));
  list.setAttribute("aria-busy", "false");
}

// The panel that opens over the page for one record, block, stream or anchor. The address after # says which, so that a
// panel can be linked to, and the browser's own Back closes it.

import { el, mark } from "./dom.js";
import { anchorView } from "./detail-anchor.js";
import { blockView } from "./detail-block.js";
import { recordView } from "./detail-record.js";
import { streamView } from "./detail-stream.js";

const dialog = document.getElementById("detail");
const routes = [
  [/^#record\/([0-9a-f]{128})$/, recordView],
  [/^#block\/(\d{1,15}|[0-9a-f]{64})$/, blockView],
  [/^#stream\/([0-9a-f]{64})$/, streamView],
  [/^#anchor\/(\d{1,15})$/, anchorView],
];

let open = null; // { hash, view, body, drawn }
let statusNow = () => null;

export function followHash(status) {
  statusNow = status;
  addEventListener("hashchange", route);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  route();
}

function route() {
  const hash = location.hash.toLowerCase();
  const found = routes.map(([pattern, make]) => [pattern.exec(hash), make]).find(([match]) => match);
  if (found) show(hash, found[1](found[0][1]));
  else if (/^#(record|block|stream|anchor)\//.test(hash))
    showProblem("Not a valid address", "The part of the address after # is not an id of the right length.");
  else hide();
}

function frame(body) {
  const closeButton = el(
    "button",
    { type: "button", class: "close", title: "Close", "data-name": "close", onclick: close },
    mark("close"),
    el("span", { class: "unseen" }, "Close"),
  );
  dialog.replaceChildren(el("div", { class: "sheet" }, closeButton, body));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function show(hash, view) {
  const body = el(
    "div",
    { class: "sheet-body", "aria-busy": "true" },
    heading(view.title),
    el("p", { class: "loading" }, "Loading…"),
  );
  open = { hash, view, body, drawn: null };
  frame(body);
  focusTitle();
  refreshNow(open);
}

function showProblem(title, text) {
  open = null;
  frame(el("div", { class: "sheet-body" }, heading(title), el("p", { class: "sheet-problem" }, text)));
  focusTitle();
}

function focusTitle() {
  dialog.querySelector("h2")?.focus({ preventScroll: true });
}

function heading(title) {
  return el("h2", { id: "detail-title", tabindex: "-1", "data-name": "title" }, title);
}

async function refreshNow(panel) {
  try {
    const data = await panel.view.load();
    if (panel !== open) return;
    const value = JSON.stringify([data, statusNow()?.validators, statusNow()?.network]);
    if (value !== panel.drawn) redraw(panel, () => panel.view.draw(data, statusNow()));
    panel.drawn = value;
  } catch (problem) {
    // What is shown stays; the page itself says that the node is away.
    if (panel !== open || panel.drawn !== null) return;
    const text = problem.status === 404 ? panel.view.missing : problem.message;
    panel.body.replaceChildren(heading(panel.view.title), el("p", { class: "sheet-problem" }, text));
    panel.body.setAttribute("aria-busy", "false");
    focusTitle();
  }
}

// Focus and scroll position survive a redraw: the same button, known by its name, has it afterwards.
function redraw(panel, draw) {
  const name = document.activeElement?.dataset?.name;
  const inside = panel.body.contains(document.activeElement);
  const scrolled = dialog.scrollTop;
  panel.body.replaceChildren(heading(panel.view.title), ...draw().filter(Boolean));
  panel.body.setAttribute("aria-busy", "false");
  dialog.scrollTop = scrolled;
  if (inside)
    (panel.body.querySelector(`[data-name="${CSS.escape(name ?? "title")}"]`) ?? panel.body.querySelector("h2")).focus({
      preventScroll: true,
    });
}

let timer = null;

/** Reads what the open panel shows once more, soon. */
export function refreshDetail() {
  if (open === null) return;
  timer ??= setTimeout(() => {
    timer = null;
    if (open !== null) refreshNow(open);
  }, 800);
}

// Several panels may have been opened from one another; leaving is one step, not a walk back through them.
function close() {
  history.pushState(null, "", location.pathname + location.search);
  hide();
}

function hide() {
  const hash = open?.hash;
  open = null;
  if (!dialog.open) return;
  dialog.close(); // gives focus back to what had it, if that still stands
  dialog.replaceChildren();
  if (hash && document.activeElement === document.body)
    document.querySelector(`main a[href="${hash}"]`)?.focus({ preventScroll: true });
}

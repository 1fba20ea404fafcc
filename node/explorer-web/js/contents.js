// What a record says, decoded from its CBOR, as nested names and values. Everything in it was written by a stranger.

import { copyButton, el } from "./dom.js";
import { Tagged } from "./cbor.js";
import { byteSize, count, hex, shortId, utc } from "./format.js";
import { said } from "./panel.js";

const entriesMost = 64;
const times = new Set(["time", "deadline", "issued", "expires"]);

export function contents(value, name = null) {
  if (value instanceof Map) return members(value);
  if (Array.isArray(value)) return elements(value, name);
  if (value instanceof Uint8Array) return bytesOf(value, name);
  if (value instanceof Tagged) return el("span", {}, `tag ${value.tag}: `, contents(value.value));
  if (typeof value === "number") return times.has(name) ? utc(value) : count(value);
  if (typeof value === "string") return said(value, 2000);
  return el("span", {}, String(value));
}

function members(map) {
  if (map.size === 0) return el("span", { class: "soft" }, "nothing");
  const rows = [...map].slice(0, entriesMost);
  return el(
    "dl",
    { class: "contents" },
    rows.map(([key, value]) =>
      el(
        "div",
        { class: value instanceof Map || Array.isArray(value) ? "nested" : null },
        el("dt", {}, said(key, 80)),
        el("dd", {}, contents(value, String(key))),
      ),
    ),
    rest(map.size),
  );
}

function elements(list, name) {
  if (list.length === 0) return el("span", { class: "soft" }, "none");
  return el(
    "ul",
    { class: "contents" },
    list.slice(0, entriesMost).map((value) => el("li", {}, contents(value, name))),
    rest(list.length),
  );
}

function rest(size) {
  return size > entriesMost ? el("div", { class: "soft" }, `… and ${count(size - entriesMost)} more`) : null;
}

// 64 bytes are the id of a record wherever record bodies hold them.
function bytesOf(bytes, name) {
  const digits = hex(bytes);
  const text = bytes.length > 40 ? shortId(digits, 24, 8) : digits;
  const shown =
    bytes.length === 64 ? el("a", { class: "id", href: `#record/${digits}` }, text) : el("span", { class: "id" }, text);
  return el(
    "span",
    { class: "full-id" },
    shown,
    bytes.length > 64 ? el("span", { class: "soft" }, byteSize(bytes.length)) : null,
    copyButton(digits, name ?? "bytes"),
  );
}

// The search box: what was typed decides what is meant, by its length and digits; nothing is guessed.

import { api } from "./api.js";
import { count } from "./format.js";

const input = document.getElementById("query");
const answer = document.getElementById("search-answer");

/** The place in this page that `text` names: `{hash}`, or `{problem}` in words for the person who typed it. */
export async function resolve(text, ask = api) {
  const typed = text
    .replace(/\s+/g, "")
    .replace(/^#/, "")
    .replace(/^(?:record|block|stream|anchor)\//, "")
    .replace(/^0x/i, "")
    .toLowerCase();
  if (typed === "") return { problem: "" };
  if (/^\d{1,15}$/.test(typed))
    return settle(() => ask.block(typed), `block/${Number(typed)}`, `There is no block ${count(Number(typed))} yet.`);
  if (!/^[0-9a-f]+$/.test(typed)) return { problem: "An id has only the digits 0 to 9 and the letters a to f." };
  if (typed.length === 128)
    return settle(() => ask.record(typed), `record/${typed}`, "This node does not know a record with this id.");
  if (typed.length !== 64) {
    return {
      problem: `A record id has 128 digits, a block or stream id 64, a height at most 15; this has ${typed.length}.`,
    };
  }
  const block = await settle(() => ask.block(typed), `block/${typed}`, notHere);
  if (block.problem !== notHere) return block;
  return settle(
    () => ask.stream(typed),
    `stream/${typed}`,
    "This node knows neither a block nor a stream with this id.",
  );
}

// A block and a stream id look alike: an unknown block may still be a stream.
const notHere = Symbol("not here");

async function settle(ask, hash, missing) {
  try {
    await ask();
    return { hash };
  } catch (problem) {
    return { problem: problem.status === 404 ? missing : problem.message };
  }
}

export function armSearch() {
  document.getElementById("search").addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.textContent = "";
    input.setAttribute("aria-busy", "true");
    const found = await resolve(input.value);
    input.removeAttribute("aria-busy");
    answer.textContent = found.problem ?? "";
    input.setAttribute("aria-invalid", found.problem ? "true" : "false");
    if (found.hash) {
      input.value = "";
      location.hash = found.hash;
    }
  });
  input.addEventListener("input", () => {
    answer.textContent = "";
    input.removeAttribute("aria-invalid");
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
}

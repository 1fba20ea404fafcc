// One record: how far it has come, what that proves, what it says, and its files.

import { api } from "./api.js";
import { copyButton, el, fullId } from "./dom.js";
import { byteSize, count, difference, hex, hexDump, plural, shortId, utc } from "./format.js";
import { readRecord } from "./cbor.js";
import { download, facts, journey, proof, said, section, when } from "./panel.js";
import { lag } from "./records.js";
import { contents } from "./contents.js";
import { beforeTheAct, bitcoinName, kindMeaning, provesTime, recordProof, recordStates } from "./words.js";

const lookAhead = 8;

export function recordView(id) {
  const inside = el("div", { class: "inside" }, el("p", { class: "loading" }, "Reading the record…"));
  const order = el("p", { class: "order" });
  let bytes = null;

  // The bytes of a record never change: they are fetched once, and the node that shows them is kept through redraws.
  async function readInside(record) {
    if (bytes !== null) return;
    try {
      bytes = await api.recordBytes(id);
      inside.replaceChildren(...(await insideOf(record, bytes)));
    } catch (problem) {
      inside.replaceChildren(el("p", {}, problem.message));
    }
  }

  return {
    title: "Record",
    missing: "This node does not know a record with this id.",
    load: () => api.record(id),
    draw(record, status) {
      readInside(record).then(() => relate(record, bytes, status, order));
      const { proves, not } = recordProof(record, status);
      return [
        el(
          "p",
          { class: "lede" },
          el("b", { class: "kind" }, said(record.kind, 40)),
          ". ",
          kindMeaning[record.kind] ?? "",
        ),
        journey(stepsOf(record, status)),
        proof(record.state, proves, not),
        order,
        section("Take it with you", files(record, id)),
        section("Identity", identity(record)),
        section("What it says", inside),
      ];
    },
  };
}

function stepsOf(record, status) {
  const reached = recordStates.indexOf(record.state);
  const late = lag(record);
  const anchor = record.anchor;
  return [
    { state: "sealed", reached: true, content: [utc(record.time), ", the signer's own claim"] },
    {
      state: "settled",
      reached: reached >= 1,
      content: Number.isFinite(record.height)
        ? [
            "in ",
            el("a", { href: `#block/${record.height}` }, `block ${count(record.height)}`),
            `, ${utc(record.blockTime)}`,
            late === null
              ? null
              : [el("br"), el("b", { class: "lag" }, difference(late)), " block time minus the record's own time"],
          ].flat()
        : ["waiting for the next block"],
    },
    {
      state: "anchored",
      reached: reached >= 2,
      content: anchor
        ? [
            el("a", { href: `#anchor/${anchor.batch}` }, `Bitcoin block ${count(anchor.bitcoinHeight)}`),
            `, ${utc(anchor.bitcoinTime, false)}${provesTime(status) ? " (± 2 h)" : `, on ${bitcoinName(status)}`}`,
            el("br"),
            plural(anchor.confirmations, "confirmation"),
          ]
        : [reached >= 1 ? "waiting for its anchor" : null],
    },
  ];
}

function files(record, id) {
  const base = `/v1/records/${id}`;
  const name = `${id.slice(0, 16)}`;
  const settled = record.state !== "sealed";
  return el(
    "div",
    { class: "downloads" },
    settled
      ? download(
          `${base}/evidence`,
          `${name}.evidence`,
          "Evidence file",
          "Everything a stranger needs to check this record, offline",
        )
      : null,
    settled
      ? download(`${base}/evidence?format=json`, `${name}.evidence.json`, "Evidence as JSON", "The same, readable")
      : null,
    record.state === "anchored"
      ? download(
          `${base}/evidence?format=ots`,
          `${name}.oar.ots`,
          "OpenTimestamps proof",
          "For any OpenTimestamps client",
        )
      : null,
    download(base, `${name}.oar`, "The record itself", `${byteSize(record.size)}, exactly as signed`),
    settled ? null : el("p", { class: "soft" }, "Its evidence file exists once it has settled."),
  );
}

function identity(record) {
  return facts(
    ["Record id", fullId(record.id, "record id")],
    ["Entry", fullId(record.entry, "entry")],
    ["Stream", fullId(record.stream, "stream id", `#stream/${record.stream}`)],
    ["Number in stream", count(record.seq)],
    ["Issuer", said(record.issuer)],
    ["Subject", said(record.subject)],
    ["Own time", when(record.time)],
    ["Place in the log", Number.isFinite(record.index) ? count(record.index) : null],
    ["Size", byteSize(record.size)],
    record.anchor ? ["Bitcoin transaction", fullId(record.anchor.txid, "transaction id")] : null,
  );
}

async function insideOf(record, bytes) {
  const parts = [];
  try {
    const { payload } = readRecord(bytes);
    parts.push(contents(payload.get("body")));
    const causes = payload.get("causes");
    if (Array.isArray(causes)) parts.push(el("h4", {}, "Informed by"), contents(causes));
  } catch (problem) {
    parts.push(el("p", {}, problem.message));
  }
  parts.push(
    el("h4", {}, "Bytes"),
    await checked(record, bytes),
    el(
      "div",
      { class: "dump-box" },
      copyButton(hex(bytes), "all bytes as hexadecimal"),
      el(
        "pre",
        { class: "dump", tabindex: "0", role: "group", "aria-label": "The record as raw bytes" },
        hexDump(bytes),
      ),
    ),
  );
  return parts;
}

// entry = SHA-256 of the record's bytes. Browsers offer hashing in secure contexts only.
async function checked(record, bytes) {
  if (!globalThis.crypto?.subtle) return el("p", { class: "soft" }, byteSize(bytes.length));
  const entry = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  return entry === record.entry
    ? el(
        "p",
        { class: "check good" },
        `Your browser hashed these ${count(bytes.length)} bytes: their SHA-256 is the entry above.`,
      )
    : el(
        "p",
        { class: "check bad" },
        "The SHA-256 of these bytes is NOT the entry that the node gave. Do not rely on this node.",
      );
}

// An outcome names its intent; an intent's outcome usually follows soon in the same stream.
async function relate(record, bytes, status, place) {
  if (bytes === null || (record.kind !== "outcome" && record.kind !== "intent")) return;
  try {
    const pair = record.kind === "outcome" ? await intentOf(record, bytes) : await outcomeOf(record);
    if (pair === null) {
      place.replaceChildren(
        record.kind === "intent"
          ? `No outcome among the next ${lookAhead} records of its stream.`
          : "It names no intent that this node knows.",
      );
      return;
    }
    const [intent, outcome] = pair;
    const other = record.kind === "outcome" ? intent : outcome;
    place.replaceChildren(
      el(
        "a",
        { href: `#record/${other.id}` },
        record.kind === "outcome" ? "Its intent" : "Its outcome",
        ` ${shortId(other.id)}`,
      ),
      ". ",
      beforeTheAct(intent, outcome, status),
    );
  } catch {
    place.replaceChildren(); // the relation is an extra; the record stands without it
  }
}

async function intentOf(record, bytes) {
  const named = readRecord(bytes).payload.get("body").get("intent");
  if (!(named instanceof Uint8Array) || named.length !== 64) return null;
  try {
    return [await api.record(hex(named)), record];
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

async function outcomeOf(record) {
  const { records } = await api.streamRecords(record.stream, lookAhead, record.seq + 1);
  for (const later of records.filter((one) => one.kind === "outcome")) {
    const named = readRecord(await api.recordBytes(later.id))
      .payload.get("body")
      .get("intent");
    if (named instanceof Uint8Array && hex(named) === record.id) return [record, later];
  }
  return null;
}

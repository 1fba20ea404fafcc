// One block: its place in the chain, who signed it, the records in it, and the roots it commits to.

import { api, getBytes } from "./api.js";
import { el, fullId, stateLabel } from "./dom.js";
import { count, plural, shortId } from "./format.js";
import { anchorSteps } from "./anchors.js";
import { downloadButton, facts, proof, said, section, when } from "./panel.js";
import { bitcoinName, provesTime, recordStates } from "./words.js";

const recordsMost = 200;

export function blockView(reference) {
  return {
    title: /^\d{1,15}$/.test(reference) ? `Block ${count(Number(reference))}` : "Block",
    missing: "This node has no such block.",
    load: () => api.block(reference),
    draw: (block, status) => [
      el(
        "p",
        { class: "lede" },
        stateLabel(isAnchored(block) ? "anchored" : "settled", recordStates),
        " ",
        when(block.time),
      ),
      neighbours(block, status),
      proof(isAnchored(block) ? "anchored" : "settled", ...proofOf(block, status)),
      section(block.records === 0 ? "No records" : plural(block.records, "record"), recordsOf(block)),
      block.anchor
        ? section(
            "Anchor",
            el(
              "a",
              { class: "anchor-link", href: `#anchor/${block.anchor.batch}` },
              anchorSteps({ state: "mined", ...block.anchor }),
              el(
                "span",
                {},
                block.anchor.batch === block.height
                  ? "this block itself stands in Bitcoin"
                  : `covered by the anchor of block ${count(block.anchor.batch)}`,
              ),
            ),
          )
        : null,
      section(
        "Identity",
        facts(
          ["Block id", fullId(block.id, "block id")],
          ["Height", count(block.height)],
          [
            "Proposer",
            [said(block.proposerName ?? ""), " ", block.proposer ? fullId(block.proposer, "proposer key id") : null],
          ],
          ["Signed in round", count(block.round)],
          ["Votes", count(block.votes)],
          [
            "Block before",
            block.prev
              ? fullId(block.prev, "id of the block before", block.height > 1 ? `#block/${block.height - 1}` : null)
              : null,
          ],
        ),
      ),
      section(
        "What it commits to",
        facts(
          ["Log size", plural(block.size, "record")],
          ["Log root", fullId(block.root, "log root")],
          ["Streams map", fullId(block.streams, "root of the streams map")],
          ["Body", fullId(block.body, "body digest")],
          ["Commit of the block before", fullId(block.commit, "commit digest")],
          ["Validators", fullId(block.validators, "digest of the validators")],
          ["Next validators", fullId(block.next, "digest of the next validators")],
        ),
      ),
      section(
        "Take it with you",
        el(
          "div",
          { class: "downloads" },
          downloadButton(
            `block-${block.height}.cbor`,
            "The block itself",
            "header, body and commit as CBOR",
            "application/cbor",
            () => getBytes(`/v1/blocks/${block.height}`, "application/cbor"),
          ),
        ),
      ),
    ],
  };
}

const isAnchored = (block) => Number.isFinite(block.anchor?.bitcoinHeight);

function neighbours(block, status) {
  const last = status?.height ?? block.height;
  return el(
    "p",
    { class: "neighbours" },
    block.height > 1
      ? el("a", { href: `#block/${block.height - 1}` }, `← ${count(block.height - 1)}`)
      : el("span", {}, "the first block"),
    block.height < last
      ? el("a", { href: `#block/${block.height + 1}` }, `${count(block.height + 1)} →`)
      : el("span", {}, "the newest block"),
  );
}

function proofOf(block, status) {
  const votes =
    `${plural(block.votes, "validator")} signed this block, ` +
    `and with it the order of the ${plural(block.size, "record")} up to it.`;
  const truth = "that what the records say is true, or that everything was recorded.";
  if (!isAnchored(block)) {
    return [
      votes,
      `A time that outsiders can check: until an anchor covers it, the time is the validators' own. Nor ${truth}`,
    ];
  }
  return [
    `${votes} ${bitcoinName(status)} block ${count(block.anchor.bitcoinHeight)} commits to it.`,
    provesTime(status) ? `T${truth.slice(1)}` : `A time: ${bitcoinName(status)} is a test network. Nor ${truth}`,
  ];
}

function recordsOf(block) {
  const ids = Array.isArray(block.recordIds) ? block.recordIds : [];
  if (ids.length === 0) {
    return el(
      "p",
      { class: "soft" },
      "An empty block lets readers see that the chain is alive, and dates the signatures under the block before.",
    );
  }
  return el(
    "ol",
    { class: "id-list" },
    ids
      .slice(0, recordsMost)
      .map((id) => el("li", {}, el("a", { class: "id", href: `#record/${id}`, title: id }, shortId(id, 24, 8)))),
    ids.length > recordsMost ? el("li", { class: "soft" }, `… and ${count(ids.length - recordsMost)} more`) : null,
  );
}

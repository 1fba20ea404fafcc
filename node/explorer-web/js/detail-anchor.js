// One anchor: how far it is on its way into Bitcoin.

import { api } from "./api.js";
import { el, fullId } from "./dom.js";
import { count, plural, utc } from "./format.js";
import { facts, journey, proof, said, section, when } from "./panel.js";
import { anchorProof, anchorStates, bitcoinName, finalAt, provesTime } from "./words.js";

export function anchorView(batch) {
  return {
    title: `Anchor of block ${count(Number(batch))}`,
    missing: "There is no anchor of this block.",
    load: () => api.anchor(batch),
    draw: (anchor, status) =>
      [
        el(
          "p",
          { class: "lede" },
          `Block ${count(anchor.batch)} commits to the whole log up to it, ${plural(anchor.size, "record")}. `,
          `Its id goes into ${bitcoinName(status)}.`,
        ),
        anchor.problem ? el("p", { class: "sheet-problem" }, said(anchor.problem)) : null,
        journey(stepsOf(anchor, status)),
        proof(
          anchor.state,
          anchorProof(anchor, status),
          "That what the records say is true, or that everything was recorded.",
        ),
        section(
          "Identity",
          facts(
            ["Anchored block", fullId(anchor.block, "block id", `#block/${anchor.batch}`)],
            ["Bitcoin transaction", anchor.txid ? fullId(anchor.txid, "transaction id") : null],
            ["Bitcoin block", Number.isFinite(anchor.bitcoinHeight) ? count(anchor.bitcoinHeight) : null],
            ["Bitcoin block time", when(anchor.bitcoinTime)],
            ["Confirmations", count(anchor.confirmations ?? 0)],
            ["In this state since", when(anchor.since)],
          ),
        ),
      ].filter(Boolean),
  };
}

function stepsOf(anchor, status) {
  if (anchor.state === "failed")
    return [{ state: "failed", reached: true, content: ["a later anchor covers the same records"] }];
  const reached = anchorStates.indexOf(anchor.state);
  const depth = anchor.confirmations ?? 0;
  return [
    { state: "waiting", reached: true, content: ["due, and assigned to a validator"] },
    {
      state: "broadcast",
      reached: reached >= 1,
      content: [anchor.txid ? "the transaction was sent" : `to be sent to ${bitcoinName(status)}`],
    },
    {
      state: "mined",
      reached: reached >= 2,
      content: Number.isFinite(anchor.bitcoinHeight) ? placeIn(anchor, status) : ["to be mined"],
    },
    {
      state: "final",
      reached: reached >= 3,
      content: [reached >= 3 ? plural(depth, "confirmation") : `${count(depth)} of ${finalAt} confirmations`],
    },
  ];
}

function placeIn(anchor, status) {
  const time = Number.isFinite(anchor.bitcoinTime) ? `, ${utc(anchor.bitcoinTime, false)}` : "";
  return [`in Bitcoin block ${count(anchor.bitcoinHeight)}${time}`, time && provesTime(status) ? " (± 2 h)" : null];
}

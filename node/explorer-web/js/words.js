// What the states mean, in words that a newcomer can act on. The same words stand on every surface of the ledger.

import { count, plural } from "./format.js";

export const recordStates = ["sealed", "settled", "anchored"];
export const anchorStates = ["waiting", "broadcast", "mined", "final", "failed"];
export const finalAt = 6;

export const kindMeaning = {
  genesis: "Opens a stream and names its first key.",
  intent: "Sealed before an act: what is about to be done, by whom, with which model, on what authority.",
  outcome: "What came of an intended act. Refusals and failures count too.",
  model: "A change of model, weights, prompt, corpus, filter or provider.",
  document: "Registers a document by its fingerprint: a model card, a test report, a certificate.",
  measure: "A measured value of quality.",
  incident: "Something went wrong, or might have.",
  oversight: "A person looked, and decided.",
  correction: "Corrects an earlier record, which stays as it was.",
  gap: "Admits that records are missing, or that the clock was set back, and says why.",
  erasure: "States that a content and its salt were destroyed.",
  hold: "States that a content must be kept.",
  key: "Puts a new signing key in force.",
  revoke: "Declares records signed by a key to be revoked.",
  root: "A Merkle root over fingerprints from elsewhere.",
  anchor: "What a node put into Bitcoin.",
  governance: "A decision of the consortium about itself.",
};

/** Whether Bitcoin time means anything here: only the main network's blocks cost what forging them would. */
export function provesTime(status) {
  return status?.network === "main" || status?.network === "mainnet";
}

export function bitcoinName(status) {
  const network = status?.network;
  return !network ? "Bitcoin" : provesTime(status) ? "Bitcoin" : `Bitcoin ${network}`;
}

function quorumOf(status) {
  return status?.validators === 1
    ? "the only validator of this network"
    : "a quorum of validators (more than two thirds of the voting power)";
}

const truth = "that the content is true, or that everything was recorded: an act outside the guard leaves no record.";

/** What a record in this state proves, and what it does not. */
export function recordProof(record, status) {
  if (record.state === "anchored") return anchoredProof(record.anchor, status);
  if (record.state === "settled") {
    return {
      proves:
        `Signed by ${quorumOf(status)}, a block fixes this record and its place in the order. ` +
        (status?.validators === 1
          ? "Whoever holds that one key vouches for it."
          : "To show a different one in its place, more than a third of the voting power would have to sign two " +
            "histories, and leave proof of it."),
      not:
        "A time that outsiders can check: until the block is anchored, its time is the validators' own. " +
        `Nor ${truth}`,
    };
  }
  return {
    proves:
      "The key in force signed this content for this place in its stream, and this node keeps it durably. " +
      "One changed bit and the signature fails.",
    not:
      "When it was made: the time is the signer's own claim. Nor that anyone but this node has it: until it settles, " +
      `this node could still lose or withhold it. Nor ${truth}`,
  };
}

function anchoredProof(anchor, status) {
  const block = count(anchor?.bitcoinHeight);
  const confirmed = plural(anchor?.confirmations ?? 0, "confirmation");
  if (provesTime(status)) {
    return {
      proves:
        `This record existed, exactly as it is, before Bitcoin block ${block}, whose header is dated to within about ` +
        `two hours. It has ${confirmed}. To change the record now, someone would have to redo Bitcoin's work since ` +
        "then; all the nodes here together could not.",
      not: `T${truth.slice(1)}`,
    };
  }
  const network = bitcoinName(status);
  return {
    proves:
      `This record's block is committed to in block ${block} of ${network}, with ${confirmed}: ` +
      "the whole path from the record to Bitcoin can be checked.",
    not: `A time: ${network} is a test network, whose blocks cost nothing to make. Nor ${truth}`,
  };
}

export function anchorProof(anchor, status) {
  const network = bitcoinName(status);
  const batch = count(anchor.batch);
  const test = provesTime(status) ? "" : ` ${network} is a test network: this shows the mechanism, not a time.`;
  switch (anchor.state) {
    case "waiting":
      return `Nothing yet: block ${batch} is due to be committed to ${network}. Its records are settled meanwhile.`;
    case "broadcast":
      return `Nothing yet: a transaction with the id of block ${batch} was sent to ${network}, and is not mined.`;
    case "mined":
      return (
        `The transaction is in Bitcoin block ${count(anchor.bitcoinHeight)}. A reorganisation can still undo it; ` +
        `with ${finalAt} confirmations it counts as final.${test}`
      );
    case "final":
      return (
        `The transaction has ${plural(anchor.confirmations, "confirmation")}. ` +
        `Everything up to block ${batch} existed before it.${test}`
      );
    case "failed":
      return (
        "Nothing: this attempt came to naught. A later anchor covers the same records, because every block commits " +
        "to all records before it."
      );
    default:
      return "";
  }
}

/** Who vouches that an intent came before its outcome: the operator, the quorum, or Bitcoin. */
export function beforeTheAct(intent, outcome, status) {
  if (!Number.isFinite(intent.height) || !Number.isFinite(outcome.height) || intent.height >= outcome.height) {
    return "That the intent came before the act is the operator's own word: no block separates the two records.";
  }
  const [early, late] = [intent.anchor?.bitcoinHeight, outcome.anchor?.bitcoinHeight];
  const [whose, first, second] =
    Number.isFinite(early) && Number.isFinite(late) && early < late
      ? [bitcoinName(status), early, late]
      : ["the quorum", intent.height, outcome.height];
  const blocks = `block ${count(first)} against block ${count(second)}`;
  return `That the intent came before the outcome is ${whose}'s word: ${blocks}.`;
}

// A STAND-IN for a node's state: a chain that is made up, for developing and testing pages without a network. Its
// records are well formed but not signed, its blocks have no votes, its Bitcoin is a counter. It proves nothing.

import { bodies, record, sha256 } from "../oar.mjs";

const nameless = Buffer.alloc(64);
const unsigned = () => Buffer.alloc(3309, 0x5a);
const digest = (...parts) => sha256(Buffer.from(parts.join("/"))).toString("hex");
export const finalAt = 6;

export class StandInChain {
  /** @param {{now?: number, validators?: string[], network?: string, name?: string}} options */
  constructor({
    now = Date.now(),
    validators = ["alpha", "beta", "gamma", "delta"],
    network = "regtest",
    name = "devnet",
  } = {}) {
    this.clock = now;
    this.name = name;
    this.network = network;
    this.names = validators;
    this.away = new Set();
    this.chain = digest("genesis", name);
    this.records = []; // every record, in the order sealed
    this.byId = new Map();
    this.log = []; // settled records, by index
    this.blocks = []; // blocks[0] has height 1
    this.anchors = new Map();
    this.streams = new Map();
    this.bitcoin = { reachable: true, height: 101, problem: null };
    this.problems = [];
    this.ready = true;
    this.listeners = new Set();
  }

  emit(kind, data) {
    for (const listener of this.listeners) listener(kind, data);
  }

  emitStatus() {
    this.emit("status", this.status());
  }

  openStream(name, sponsor = "open") {
    const key = Buffer.alloc(1952, name);
    const stream = {
      id: sha256(key),
      name,
      sponsor,
      seq: -1,
      head: nameless,
      time: 0,
      recovery: sha256(Buffer.from(`recovery of ${name}`)),
    };
    this.streams.set(stream.id.toString("hex"), stream);
    return { stream, genesis: this.seal(stream, "genesis", bodies.genesis(key, name)) };
  }

  seal(stream, kind, body, { time = this.clock, issuer = `op-${stream.name}`, subject = "case-90210" } = {}) {
    const made = record(
      { kid: stream.id, issuer, subject, stream: stream.id, seq: stream.seq + 1, prev: stream.head, time, kind, body },
      unsigned,
    );
    const entry = {
      id: made.id.toString("hex"),
      entry: made.entry.toString("hex"),
      stream: stream.id.toString("hex"),
      seq: stream.seq + 1,
      kind,
      time,
      issuer,
      subject,
      size: made.bytes.length,
      bytes: made.bytes,
      rawId: made.id,
      height: null,
      index: null,
    };
    Object.assign(stream, { seq: entry.seq, head: made.id, time });
    this.records.push(entry);
    this.byId.set(entry.id, entry);
    this.emit("record", this.summary(entry));
    return entry;
  }

  /** Puts what is sealed into a block, or makes an empty one. */
  settle(time = this.clock) {
    const height = this.blocks.length + 1;
    const held = this.records.filter((one) => one.height === null);
    for (const one of held) {
      Object.assign(one, { height, index: this.log.length, blockTime: time });
      this.log.push(one);
    }
    const proposer = this.names[height % this.names.length];
    const block = {
      height,
      id: digest("block", height),
      time,
      prev: height > 1 ? this.blocks[height - 2].id : "0".repeat(64),
      commit: digest("commit", height - 1),
      proposer: digest("kid", proposer),
      proposerName: proposer,
      size: this.log.length,
      root: digest("root", this.log.length),
      streams: digest("map", height),
      body: digest("body", height),
      validators: digest("configuration"),
      next: digest("configuration"),
      records: held.length,
      round: 0,
      votes: this.names.length - this.away.size,
      recordIds: held.map((one) => one.id),
    };
    this.blocks.push(block);
    this.emit("block", { ...block, recordIds: undefined, anchor: this.anchorOver(height) });
    this.emitStatus();
    return block;
  }

  /** Begins an anchor of the newest block: waiting, then one step with each call of stepAnchor. */
  anchor(height = this.blocks.length) {
    const anchor = {
      batch: height,
      block: this.blocks[height - 1].id,
      state: "waiting",
      since: this.clock,
      txid: null,
      bitcoinHeight: null,
      bitcoinTime: null,
      confirmations: 0,
      size: this.blocks[height - 1].size,
      problem: null,
    };
    this.anchors.set(height, anchor);
    this.emit("anchor", anchor);
    return anchor;
  }

  /** waiting → broadcast → mined (1 … 5) → final. Every step from broadcast on finds one more Bitcoin block. */
  stepAnchor(anchor) {
    if (anchor.state === "waiting") Object.assign(anchor, { state: "broadcast", txid: digest("tx", anchor.batch) });
    else if (anchor.state === "broadcast") {
      Object.assign(anchor, {
        state: "mined",
        bitcoinHeight: ++this.bitcoin.height,
        bitcoinTime: Math.floor(this.clock / 1000) * 1000,
        confirmations: 1,
      });
    } else {
      anchor.confirmations++;
      this.bitcoin.height++;
      if (anchor.confirmations >= finalAt) anchor.state = "final";
    }
    anchor.since = this.clock;
    this.emit("anchor", { ...anchor });
    this.emitStatus();
  }

  /** The earliest mined anchor that covers a height. */
  anchorOver(height) {
    let best = null;
    for (const anchor of this.anchors.values()) {
      if (anchor.batch >= height && anchor.bitcoinHeight !== null && (best === null || anchor.batch < best.batch))
        best = anchor;
    }
    return best;
  }

  summary(one) {
    const { bytes, rawId, ...shown } = one;
    const over = one.height === null ? null : this.anchorOver(one.height);
    const { batch, txid, bitcoinHeight, bitcoinTime, confirmations } = over ?? {};
    return {
      ...shown,
      blockTime: one.blockTime ?? null,
      state: over ? "anchored" : one.height === null ? "sealed" : "settled",
      anchor: over ? { batch, txid, bitcoinHeight, bitcoinTime, confirmations } : null,
    };
  }

  status() {
    const last = this.blocks.at(-1);
    const waiting = this.records.filter((one) => one.height === null);
    const covered = Math.max(
      0,
      ...[...this.anchors.values()].filter((one) => one.bitcoinHeight !== null).map((one) => one.size),
    );
    return {
      chain: this.chain,
      name: this.name,
      version: "0.1.0",
      network: this.network,
      height: this.blocks.length,
      block: last?.id ?? "0".repeat(64),
      time: last?.time ?? 0,
      size: this.log.length,
      root: last?.root ?? digest("root", 0),
      validators: this.names.length,
      validator: this.names[0],
      mempool: { records: waiting.length, bytes: waiting.reduce((sum, one) => sum + one.size, 0) },
      settled: this.log.length,
      anchored: covered,
      bitcoin: this.bitcoin,
      ready: this.ready,
      problems: this.problems,
    };
  }
}

/** A chain with some history: intents and outcomes over the last quarter of an hour, most of them anchored. */
export function livedIn(options = {}) {
  const now = options.now ?? Date.now();
  const chain = new StandInChain({ ...options, now: now - 900_000 });
  const operators = [
    chain.openStream("harbour", "open").stream,
    chain.openStream("clinic", "beta").stream,
    chain.openStream("desk", "alpha").stream,
  ];
  const actions = [
    "answer a claim",
    "draft a letter",
    "refuse a loan",
    "route a call",
    "summarise a file",
    "flag a payment",
  ];
  let turn = 0;
  for (let height = 1; height <= 30; height++) {
    for (let i = 0; i < [2, 1, 6, 0, 3, 5, 1, 24][height % 8]; i++, turn++) {
      const stream = operators[turn % operators.length];
      const intent = chain.seal(stream, "intent", bodies.intent(actions[turn % actions.length]));
      chain.clock += 40 + ((turn * 37) % 400);
      if (turn % 7 === 3) chain.seal(stream, "measure", bodies.measure());
      if (turn % 3 !== 2)
        chain.seal(stream, "outcome", bodies.outcome(intent.rawId, turn % 5 === 0 ? "refused" : "executed"));
    }
    chain.clock += 700 + ((height * 131) % 900);
    chain.settle();
    chain.clock += 26_000;
    for (const anchor of chain.anchors.values()) if (anchor.state !== "final") chain.stepAnchor(anchor);
    if (height % 3 === 1) chain.anchor();
  }
  for (const anchor of chain.anchors.values())
    if (anchor.batch < 20) while (anchor.state !== "final") chain.stepAnchor(anchor);
  chain.clock = now;
  return { chain, operators };
}

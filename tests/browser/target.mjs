// What the suite looks at: a real node named by LEDGER_URL, or the stand-in. Both give the same few verbs.

import { randomBytes } from "node:crypto";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { bodies, record, sha256 } from "./oar.mjs";
import { livedIn } from "./stand-in/chain.mjs";
import { StandIn } from "./stand-in/server.mjs";

/** Where the tests look, in a word for their titles. */
export function place() {
  return process.env.LEDGER_URL ? "a node" : "the stand-in";
}

export async function target() {
  if (process.env.LEDGER_URL) return new RealNode(process.env.LEDGER_URL.replace(/\/$/, ""));
  const { chain, operators } = livedIn();
  const madeUp = new MadeUp(await new StandIn(chain).start(), operators);
  await madeUp.seal();
  return madeUp;
}

class MadeUp {
  constructor(standIn, operators) {
    this.standIn = standIn;
    this.chain = standIn.chain;
    this.url = standIn.url;
    this.operators = operators;
    this.patience_ms = 60_000;
  }

  /** Seals one record and gives its id. */
  async seal() {
    this.chain.clock = Date.now();
    return this.chain.seal(this.operators[0], "intent", bodies.intent("answer a claim")).id;
  }

  /** Lets what is sealed settle. */
  async settle() {
    this.chain.clock = Date.now();
    this.chain.settle();
  }

  stop() {
    return this.standIn.stop();
  }
}

// A signer of its own, with an independent ML-DSA-65: its records are real, and the node accepts or refuses them.
export class RealNode {
  constructor(url) {
    this.url = url;
    this.patience_ms = 120_000;
    this.last = null;
  }

  /** Seals one record and gives its id; one that is `ahead_ms` of the clock waits for its block. */
  async seal(ahead_ms = 0) {
    if (this.last === null) {
      this.keys = ml_dsa65.keygen(randomBytes(32));
      this.kid = sha256(this.keys.publicKey);
      await this.#submit("genesis", bodies.genesis(this.keys.publicKey, "browser tests"));
    }
    return this.#submit("intent", bodies.intent("look at a page"), ahead_ms);
  }

  async #submit(kind, body, ahead_ms = 0) {
    const made = record(
      {
        kid: this.kid,
        issuer: "browser-tests",
        subject: "page",
        stream: this.kid,
        seq: this.last ? this.last.seq + 1 : 0,
        prev: this.last?.id ?? Buffer.alloc(64),
        time: Date.now() + ahead_ms,
        kind,
        body,
      },
      (message) => ml_dsa65.sign(message, this.keys.secretKey),
    );
    const response = await fetch(`${this.url}/v1/records`, {
      method: "POST",
      headers: { "content-type": "application/cose" },
      body: made.bytes,
    });
    if (!response.ok) throw new Error(`The node refused a ${kind}: ${response.status} ${await response.text()}`);
    this.last = { id: made.id, seq: this.last ? this.last.seq + 1 : 0 };
    return made.id.toString("hex");
  }

  async settle() {
    // The node's validators do it by themselves.
  }

  async stop() {
    // It was not started here.
  }
}

export async function get(url, path) {
  const response = await fetch(url + path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** A settled record of the target, newest first; seals one when there is none. */
export async function aSettledRecord(subject) {
  const find = async () => (await get(subject.url, "/v1/records?limit=200")).records.find((one) => one.height !== null);
  const before = await find();
  if (before) return before;
  await subject.seal();
  await subject.settle();
  for (const end = Date.now() + subject.patience_ms; Date.now() < end;) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error("No record settled in time.");
}

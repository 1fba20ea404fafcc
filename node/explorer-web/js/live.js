// The event stream of the node, and what to do when it breaks. A browser retries a dropped stream by itself but gives
// up after an HTTP error, and notices a silent peer only when the system's TCP timers run out; both are watched here.

const kinds = ["block", "record", "anchor", "status"];
const quiet_ms = 20_000;
const retryFirst_ms = 1_000;
const retryMost_ms = 15_000;

export class Live {
  #source = null;
  #retry_ms = retryFirst_ms;
  #timer = null;
  #heard = 0;
  #phase = "connecting";

  /**
   * @param {(kind: string, data: object) => void} hear  one event
   * @param {(phase: "connecting" | "live" | "lost", retryAt: number | null) => void} turn  a change of the connection
   * @param {() => Promise<unknown>} probe  asks the node for anything; rejects when it does not answer
   */
  constructor(hear, turn, probe) {
    this.hear = hear;
    this.turn = turn;
    this.probe = probe;
    setInterval(() => this.#watch(), quiet_ms / 4);
  }

  get phase() {
    return this.#phase;
  }

  open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource("/v1/events");
    this.#source = source;
    this.#heard = performance.now();
    source.onopen = () => {
      if (source !== this.#source) return;
      this.#retry_ms = retryFirst_ms;
      this.#heard = performance.now();
      this.#turn("live", null);
    };
    source.onerror = () => {
      if (source === this.#source) this.#lose();
    };
    for (const kind of kinds) source.addEventListener(kind, (event) => this.#take(kind, event.data));
  }

  #take(kind, text) {
    this.#heard = performance.now();
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      return; // a broken event is dropped; the next refresh brings what it meant
    }
    if (data !== null && typeof data === "object") this.hear(kind, data);
  }

  // The browser's own retry is replaced by ours: it has no visible timing and stops for good on an HTTP error.
  #lose() {
    this.#source.close();
    this.#source = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), this.#retry_ms);
    this.#turn("lost", Date.now() + this.#retry_ms);
    this.#retry_ms = Math.min(this.#retry_ms * 2, retryMost_ms);
  }

  #turn(phase, retryAt) {
    this.#phase = phase;
    this.turn(phase, retryAt);
  }

  async #watch() {
    if (this.#phase !== "live" || performance.now() - this.#heard < quiet_ms) return;
    this.#heard = performance.now();
    try {
      await this.probe();
    } catch {
      if (this.#phase === "live" && this.#source) this.#lose();
    }
  }
}

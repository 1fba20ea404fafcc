// A development network of its own for a test file: a node and a Bitcoin daemon on regtest, as `ledger devnet` starts
// them.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = join(root, "artifacts", "bin", "Ledger.Cli", "release", "ledger");
const local = process.env.LEDGER_LOCAL ?? join(root, ".local");

/** What keeps a network from being started here, as a sentence; null when nothing does. */
export function missing() {
  const folders = [join(local, "bin"), ...(process.env.PATH ?? "").split(delimiter)];
  const bitcoind = folders.map((folder) => join(folder, "bitcoind"));
  if (!existsSync(program)) return "needs the command line: ./test builds it, as ./ledger does";
  if (![process.env.LEDGER_BITCOIND, ...bitcoind].some((path) => path && existsSync(path)))
    return "needs bitcoind: node/setup.sh fetches one";
  return null;
}

export class Devnet {
  static async start() {
    const net = new Devnet();
    net.folder = await mkdtemp(join(tmpdir(), "ledger-browser-"));
    net.process = spawn(program, ["devnet", "--validators", "1", "--json", "--dir", join(net.folder, "net")], {
      env: { ...process.env, LEDGER_LOCAL: local },
      stdio: ["ignore", "pipe", "pipe"],
    });
    net.ended = new Promise((resolve) => net.process.once("exit", resolve));
    try {
      const { nodes } = await net.#description();
      net.url = nodes[0].http;
      return net;
    } catch (problem) {
      await net.stop();
      throw problem;
    }
  }

  /** The document that the command prints once every node is ready. */
  #description() {
    return new Promise((resolve, reject) => {
      let text = "";
      let errors = "";
      this.process.stderr.on("data", (piece) => (errors += piece));
      this.process.stdout.on("data", (piece) => {
        text += piece;
        try {
          resolve(JSON.parse(text));
        } catch {
          // Not all of it has come.
        }
      });
      this.ended.then((code) => reject(new Error(`ledger devnet ended with ${code}: ${errors}`)));
    });
  }

  async stop() {
    if (this.process.exitCode === null) this.process.kill("SIGTERM");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

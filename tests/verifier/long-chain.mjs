// Writes a sound chain of COUNT records: node long-chain.mjs FILE COUNT
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildNode } from "../../anchor/verifier-web/build.mjs";
import { Forge } from "./forge.mjs";

export function longChain(verifier, count) {
    const forge = new Forge(verifier);
    const notes = Array.from({ length: count - 1 }, () => forge.note("alice"));
    return Buffer.concat(forge.stream("alice", undefined, notes).records);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const verifier = await import(pathToFileURL(await buildNode(mkdtempSync(join(tmpdir(), "ledger-verifier-")))));
    writeFileSync(process.argv[2], longChain(verifier, Number(process.argv[3])));
}

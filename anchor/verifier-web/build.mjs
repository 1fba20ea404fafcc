// Builds the verifier into a folder (artifacts/verifier unless named): verify.mjs for Node, verifier.html for browsers.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shared = { bundle: true, absWorkingDir: here, legalComments: "inline", logLevel: "warning", charset: "utf8" };

// The path of verify.mjs, which it writes into the folder `to`.
export async function buildNode(to) {
    const outfile = join(to, "verify.mjs");
    await mkdir(to, { recursive: true });
    await build({
        ...shared,
        entryPoints: ["src/node.ts"],
        outfile,
        platform: "node",
        format: "esm",
        target: "node20",
    });
    return outfile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    await buildNode(process.argv[2] ?? join(here, "../../artifacts/verifier"));
}

// Builds the verifier into a folder (artifacts/verifier unless named): verify.mjs for Node, verifier.html for browsers.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const to = process.argv[2] ?? join(here, "../../artifacts/verifier");
const shared = { bundle: true, absWorkingDir: here, legalComments: "inline", logLevel: "warning", charset: "utf8" };

await mkdir(to, { recursive: true });
await build({
    ...shared, entryPoints: ["src/node.ts"], outfile: join(to, "verify.mjs"), platform: "node", format: "esm", target: "node20",
});

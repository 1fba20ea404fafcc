// Builds the verifier into a folder (artifacts/verifier unless named): verify.mjs for Node, verifier.html for browsers.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shared = { bundle: true, absWorkingDir: here, legalComments: "inline", logLevel: "warning", charset: "utf8" };
const browser = {
    ...shared,
    platform: "browser",
    format: "iife",
    target: ["chrome111", "firefox111"],
    minify: true,
    write: false,
};

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

const text = built => built.outputFiles[0].text;
const digest = content => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;

// The path of verifier.html: one file, which may run its own script and style, its own workers, and nothing else.
export async function buildPage(to) {
    const worker = text(await build({ ...browser, entryPoints: ["src/page/worker.ts"] }));
    const define = { WORKER_SOURCE: JSON.stringify(worker) };
    const script = text(await build({ ...browser, entryPoints: ["src/page/page.ts"], define })).replaceAll(
        "</script",
        "<\\/script",
    );
    const style = text(await build({ ...browser, entryPoints: ["src/page/page.css"] }));
    const policy = [
        "default-src 'none'",
        `script-src ${digest(script)}`,
        `style-src ${digest(style)}`,
        "worker-src blob:",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
    ].join("; ");
    const parts = { policy, style, script };
    const page = await readFile(join(here, "src/page/page.html"), "utf8");
    const outfile = join(to, "verifier.html");
    await mkdir(to, { recursive: true });
    await writeFile(
        outfile,
        page.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]),
    );
    return outfile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const to = process.argv[2] ?? join(here, "../../artifacts/verifier");
    await buildNode(to);
    const page = await buildPage(to);
    console.log(
        `${page}\nSHA-256 ${createHash("sha256")
            .update(await readFile(page))
            .digest("hex")}`,
    );
}

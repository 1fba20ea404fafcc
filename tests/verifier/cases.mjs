// Writes files to judge, and what verify.mjs says of each: node cases.mjs FOLDER MUTATIONS
//   FOLDER/cases.bin      of each file: length and bytes of its trust file (0 if none), length and bytes of the file
//   FOLDER/verdicts.json  of each file: its name, and the JSON report
// Numbers have 4 bytes, most significant first.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildNode } from "../../anchor/verifier-web/build.mjs";
import { Forge } from "./forge.mjs";
import { changeBytes, changeItem, chance, withChecksum } from "./mutations.mjs";
import { scenes } from "./scenes.mjs";

const [folder, mutations] = [process.argv[2], Number(process.argv[3] ?? 100)];
const program = await buildNode(folder);
const verifier = await import(pathToFileURL(program));
const { encode } = verifier;
const vectors = fileURLToPath(new URL("../vectors/", import.meta.url));
const read = name => new Uint8Array(readFileSync(join(vectors, name)));

function vectorFiles() {
    const files = [
        "chain/settled.evidence",
        "chain/anchored.evidence",
        "chain/two-commits.fork",
        "chain/node-genesis.oar",
        "records/sample.oar",
        "records/golden.cbor",
        "disclosures/sample.oar",
    ].map(name => [name, read(name)]);
    const misbehaviour = JSON.parse(readFileSync(join(vectors, "chain/misbehaviour.json"), "utf8"));
    for (const { what, bytes } of misbehaviour.cases) files.push([what, new Uint8Array(Buffer.from(bytes, "hex"))]);
    const pool = read("records/chains.bin");
    for (const { name, parts } of JSON.parse(readFileSync(join(vectors, "records/chains.json"), "utf8"))) {
        files.push([
            name,
            new Uint8Array(Buffer.concat(parts.map(([at, length]) => pool.subarray(at, at + length)))),
        ]);
    }
    // What is no chain and no evidence at all.
    for (const name of readdirSync(vectors)) if (name.endsWith(".mjs")) files.push([name, read(name)]);
    return files;
}

// One change to sound bytes each; of a misbehaviour file and a fork the product has vectors of its own.
function refused() {
    const { cases } = JSON.parse(readFileSync(join(vectors, "chain/refused.json"), "utf8"));
    const misbehaviour = JSON.parse(readFileSync(join(vectors, "chain/misbehaviour.json"), "utf8")).cases[0].bytes;
    const bases = {
        misbehaviour: new Uint8Array(Buffer.from(misbehaviour, "hex")),
        fork: read("chain/two-commits.fork"),
    };
    return cases
        .filter(({ of }) => bases[of])
        .map(({ of, why, at, remove, insert }) => {
            const base = bases[of];
            return [
                `${of}: ${why}`,
                new Uint8Array(
                    Buffer.concat([base.subarray(0, at), Buffer.from(insert, "hex"), base.subarray(at + remove)]),
                ),
            ];
        });
}

function mutated(bases, forged) {
    const all = [];
    for (let seed = 0; all.length < mutations; seed++) {
        const next = chance(seed);
        const [name, bytes] = next(4) === 0 ? bases[next(bases.length)] : forged[next(forged.length)];
        const document = bytes[0] >> 5 === 5;
        const changed = document && next(3) > 0 ? changeItem(bytes, next, encode) : changeBytes(bytes, next);
        const repaired =
            document && changed.length > 43 && next(2) === 0 && !name.includes("fork")
                ? withChecksum(changed)
                : changed;
        all.push([`${name}, changed by seed ${seed}`, repaired]);
    }
    return all;
}

const forge = new Forge({ encode, keygen: verifier.keygen, sign: verifier.sign });
const forged = scenes(forge);
const bases = vectorFiles();
const sound = bases.filter(([name]) => /evidence|fork|oar|vote|proposal|prevote|precommit/.test(name));
const cases = [...bases, ...refused(), ...forged, ...mutated(sound, forged)];

// The same signature is asked for in many files: each is checked once.
const known = new Map();
const oracle = claim => {
    const name = verifier.nameOf(claim);
    if (!known.has(name)) known.set(name, verifier.holds(claim));
    return known.get(name);
};
function reportOn(bytes, trustBytes) {
    let trust = {};
    try {
        if (trustBytes) trust = verifier.readTrust(trustBytes);
    } catch (mistake) {
        return { verdict: "USAGE", reason: mistake.message };
    }
    return verifier.judge(bytes, { trust, freshness: null, disclosures: [] }, oracle).report;
}
const number = value => Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const chunks = [];
const verdicts = [];
for (const [name, bytes, trust] of cases) {
    const trustBytes = trust ? Buffer.from(JSON.stringify(trust)) : Buffer.alloc(0);
    chunks.push(number(trustBytes.length), trustBytes, number(bytes.length), bytes);
    const report = reportOn(bytes, trust ? trustBytes : null);
    if (report.verdict === "VERIFIED") report.firstLine = verifier.firstLine(report);
    verdicts.push({ name, report });
}
writeFileSync(join(folder, "cases.bin"), Buffer.concat(chunks));
writeFileSync(join(folder, "verdicts.json"), JSON.stringify(verdicts, null, 1));
console.log(`${cases.length} files, ${known.size} signatures checked`);

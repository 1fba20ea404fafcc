// `node verify.mjs FILE`: the same question, words and exit codes as `ledger verify FILE`.
import { readFileSync, realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Bytes } from "./bytes.ts";
import { holds } from "./crypto.ts";
import { fileLimit } from "./evidence.ts";
import type { Freshness } from "./evidence-check.ts";
import { type Question, judge } from "./judge.ts";
import { textOf } from "./text.ts";
import { TrustFault, readTrust } from "./trust.ts";
import { exitCodes } from "./verdict.ts";

export * from "./exports.ts";

const usage = `usage: node verify.mjs FILE [--trust FILE] [--at TIME] [--max-age D] [--disclosure FILE]... [--json]

Judges an evidence file, a misbehaviour or fork file, or a bare .oar chain, offline.
Exit code 0 VERIFIED, 1 INVALID, 2 STALE, 3 REVOKED, 64 for a mistake in the command.
`;
const usageExit = 64;

class UsageFault extends Error {}

function read(path: string, limit: number): Bytes {
    try {
        if (statSync(path).size > limit) throw new UsageFault(`${path} is larger than ${limit} bytes.`);
        return new Uint8Array(readFileSync(path));
    } catch (error) {
        if (error instanceof UsageFault) throw error;
        throw new UsageFault(`${path} cannot be read: ${(error as Error).message}`);
    }
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function freshnessOf(at: string | undefined, maxAge: string | undefined): Freshness {
    const time = at === undefined ? Date.now() : Date.parse(at);
    if (Number.isNaN(time)) throw new UsageFault(`--at ${at} is no ISO 8601 time.`);
    if (maxAge === undefined) return null;
    const match = /^([0-9]{1,9})([smhd])$/.exec(maxAge);
    if (!match) throw new UsageFault(`--max-age ${maxAge} is no duration such as 90s, 15m, 24h or 30d.`);
    return { at: time, maxAge: Number(match[1]) * unitMs[match[2]!]! };
}

function main(): number {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            trust: { type: "string" },
            at: { type: "string" },
            "max-age": { type: "string" },
            json: { type: "boolean" },
            disclosure: { type: "string", multiple: true },
            help: { type: "boolean", short: "h" },
        },
    });
    if (values.help) {
        process.stdout.write(usage);
        return 0;
    }
    if (positionals.length !== 1) throw new UsageFault(usage.trimEnd());
    const question: Question = {
        trust: values.trust === undefined ? {} : readTrust(read(values.trust, 1_048_576)),
        freshness: freshnessOf(values.at, values["max-age"]),
        disclosures: (values.disclosure ?? []).map(path => read(path, 270_000_000)),
    };
    const { report } = judge(read(positionals[0]!, fileLimit), question, holds);
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    return exitCodes[report.verdict];
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
    try {
        process.exitCode = main();
    } catch (error) {
        const mistake = error instanceof UsageFault || error instanceof TrustFault || error instanceof TypeError;
        if (!mistake) throw error;
        process.stderr.write(`${(error as Error).message}\n`);
        process.exitCode = usageExit;
    }
}

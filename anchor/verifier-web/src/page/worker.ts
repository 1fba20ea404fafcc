// What runs beside the page: one worker judges, the others answer for signatures.
import type { Bytes } from "../bytes.ts";
import { type Claim, holds, judged } from "../crypto.ts";
import { type Question, judge } from "../judge.ts";
import { nativeAnswer } from "../native.ts";
import type { Report } from "../verdict.ts";
import { type ShownRecord, shownRecord } from "./shown.ts";

export type ToWorker =
    | { ask: "judge"; file: Bytes; question: Question }
    | { ask: "learn"; answers: Array<[name: string, answer: boolean]> }
    | { ask: "check"; claims: Array<[name: string, claim: Claim]>; native: boolean };
export type FromWorker =
    | { tell: "claims"; claims: Array<[name: string, claim: Claim]> }
    | { tell: "answers"; answers: Array<[name: string, answer: boolean]>; native: boolean }
    | { tell: "judged"; report: Report; records: ShownRecord[]; kind: string }
    | { tell: "broken"; reason: string };

const tell = (message: FromWorker): void => postMessage(message);

async function check(claims: Array<[string, Claim]>, native: boolean): Promise<void> {
    const answers: Array<[string, boolean]> = [];
    let all = native;
    for (const [name, claim] of claims) {
        const answer = native ? await nativeAnswer(claim) : null;
        if (answer === null) all = false;
        answers.push([name, answer ?? holds(claim)]);
    }
    tell({ tell: "answers", answers, native: all });
}

let learn: ((answers: Array<[string, boolean]>) => void) | null = null;

// Bytes of their own: a part of a large buffer would be sent with the whole of it.
const own = ({ key, message, signature }: Claim): Claim => ({
    key: key.slice(),
    message: message.slice(),
    signature: signature.slice(),
});

const batch = 64;

async function judgeWhole(file: Bytes, question: Question): Promise<void> {
    const { report, records, files } = await judged(
        oracle => judge(file, question, oracle),
        (claims, tellAnswer) =>
            new Promise<void>(resolve => {
                let waiting = claims.size;
                learn = answers => {
                    for (const [name, answer] of answers) tellAnswer(name, answer);
                    waiting -= answers.length;
                    if (waiting === 0) resolve();
                };
                const all = [...claims];
                for (let at = 0; at < all.length; at += batch) {
                    const part = all
                        .slice(at, at + batch)
                        .map(([name, claim]): [string, Claim] => [name, own(claim)]);
                    tell({ tell: "claims", claims: part });
                }
            }),
    );
    tell({ tell: "judged", report, records: records.map(shownRecord), kind: files });
}

addEventListener("message", (event: MessageEvent<ToWorker>) => {
    const message = event.data;
    const broken = (error: unknown): void => tell({ tell: "broken", reason: String(error) });
    if (message.ask === "judge") judgeWhole(message.file, message.question).catch(broken);
    else if (message.ask === "learn") learn?.(message.answers);
    else check(message.claims, message.native).catch(broken);
});

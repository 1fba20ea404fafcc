// Judges one file in workers: one reads, as many as there are processors check signatures.
import type { Bytes } from "../bytes.ts";
import type { Claim } from "../crypto.ts";
import type { Question } from "../judge.ts";
import type { Report } from "../verdict.ts";
import type { ShownRecord } from "./shown.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

declare const WORKER_SOURCE: string;

export type Progress = { asked: number; answered: number; native: boolean | null };
export type Result = { report: Report; records: ShownRecord[]; kind: string; native: boolean | null };

const mostWorkers = 8;

// A run that can be given up: what it started ends with it.
export class Run {
    private readonly url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
    private readonly workers: Worker[] = [];
    private readonly progress: Progress = { asked: 0, answered: 0, native: null };

    constructor(private readonly onProgress: (progress: Progress) => void) {}

    stop(): void {
        for (const worker of this.workers) worker.terminate();
        URL.revokeObjectURL(this.url);
    }

    private worker(hear: (message: FromWorker) => void, fail: (reason: Error) => void): Worker {
        const worker = new Worker(this.url);
        worker.addEventListener("message", (event: MessageEvent<FromWorker>) => {
            if (event.data.tell === "broken") fail(new Error(event.data.reason));
            else hear(event.data);
        });
        worker.addEventListener("error", event => fail(new Error(event.message || "a worker could not start")));
        this.workers.push(worker);
        return worker;
    }

    judge(file: Bytes, question: Question, native: boolean): Promise<Result> {
        const say = (worker: Worker, message: ToWorker): void => worker.postMessage(message);
        const waiting: Array<Array<[string, Claim]>> = [];
        const idle: Worker[] = [];
        return new Promise<Result>((resolve, reject) => {
            const give = (): void => {
                while (idle.length > 0 && waiting.length > 0) {
                    say(idle.pop()!, { ask: "check", claims: waiting.shift()!, native });
                }
            };
            const reader = this.worker(message => {
                if (message.tell === "claims") {
                    this.progress.asked += message.claims.length;
                    waiting.push(message.claims);
                    give();
                } else if (message.tell === "judged") {
                    const { report, records, kind } = message;
                    resolve({ report, records, kind, native: this.progress.native });
                }
            }, reject);
            const count = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, mostWorkers));
            for (let at = 0; at < count; at++) {
                const checker = this.worker(message => {
                    if (message.tell !== "answers") return;
                    this.progress.answered += message.answers.length;
                    this.progress.native = (this.progress.native ?? true) && message.native;
                    this.onProgress(this.progress);
                    say(reader, { ask: "learn", answers: message.answers });
                    idle.push(checker);
                    give();
                }, reject);
                idle.push(checker);
            }
            say(reader, { ask: "judge", file, question });
        }).finally(() => this.stop());
    }
}

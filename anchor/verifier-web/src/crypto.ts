// Hashes and signatures. A judge is a pure function that asks an Oracle whether a signature holds; who answers, and on
// how many threads, is the caller's affair.
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { sha3_512 as nobleSha3 } from "@noble/hashes/sha3.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { type Bytes, hex, join } from "./bytes.ts";

export const keyLength = 1952;
export const signatureLength = 3309;

export const sha256 = (...parts: Bytes[]): Bytes => nobleSha256(parts.length === 1 ? parts[0]! : join(...parts));
export const sha3 = (bytes: Bytes): Bytes => nobleSha3(bytes);
export const doubleSha256 = (...parts: Bytes[]): Bytes => nobleSha256(sha256(...parts));

// One question: did the holder of `key` sign `message` (ML-DSA-65, FIPS 204, pure, empty context)?
export type Claim = { key: Bytes; message: Bytes; signature: Bytes };

export type Oracle = (claim: Claim) => boolean;

export function holds(claim: Claim): boolean {
    if (claim.key.length !== keyLength || claim.signature.length !== signatureLength) return false;
    try {
        return ml_dsa65.verify(claim.signature, claim.message, claim.key);
    } catch {
        return false;
    }
}

export const nameOf = (claim: Claim): string => hex(sha256(claim.key, claim.signature, claim.message));

// Answers from what is known, and notes what is not. An unknown claim is taken to hold, so that one pass over a sound
// file asks all that there is to ask: the judge's answer counts only once nothing is unknown any more.
export class KnownAnswers {
    readonly unknown = new Map<string, Claim>();
    readonly known = new Map<string, boolean>();

    readonly ask: Oracle = claim => {
        const name = nameOf(claim);
        const answer = this.known.get(name);
        if (answer !== undefined) return answer;
        this.unknown.set(name, claim);
        return true;
    };

    learn(name: string, answer: boolean): void {
        this.known.set(name, answer);
        this.unknown.delete(name);
    }
}

// A judge's answer once `answerAll` has answered for every signature that it asked for, in as many rounds as it takes.
export async function judged<T>(
    judge: (oracle: Oracle) => T,
    answerAll: (claims: Map<string, Claim>, learn: (name: string, answer: boolean) => void) => Promise<void>,
): Promise<T> {
    const answers = new KnownAnswers();
    for (;;) {
        const result = judge(answers.ask);
        if (answers.unknown.size === 0) return result;
        await answerAll(new Map(answers.unknown), (name, answer) => answers.learn(name, answer));
        answers.unknown.clear();
    }
}

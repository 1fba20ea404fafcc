// What tests take from the built program: the judge and its parts, and the keys and signatures of a library that is
// not ours.
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import type { Bytes } from "./bytes.ts";

export { Fault, encode } from "./cbor.ts";
export { holds, nameOf } from "./crypto.ts";
export { judge } from "./judge.ts";
export { nativeAnswer } from "./native.ts";
export { readRecord } from "./record.ts";
export { itemEnd } from "./sequence.ts";
export { firstLine, textOf } from "./text.ts";
export { readTrust, words } from "./trust.ts";

export const keygen = ml_dsa65.keygen;
export const sign = (message: Bytes, secret: Bytes): Bytes =>
    ml_dsa65.sign(message, secret, { extraEntropy: false });

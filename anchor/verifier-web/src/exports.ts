// What tests take from the built program.
export { Fault, encode } from "./cbor.ts";
export { holds, nameOf } from "./crypto.ts";
export { judge } from "./judge.ts";
export { readRecord } from "./record.ts";
export { itemEnd } from "./sequence.ts";
export { textOf } from "./text.ts";
export { readTrust, words } from "./trust.ts";

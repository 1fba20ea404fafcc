// ML-DSA-65 by @noble/post-quantum, one JSON request a line, one JSON answer a line; bytes in hexadecimal.
import { createInterface } from "node:readline";
import { ml_dsa65 as scheme } from "@noble/post-quantum/ml-dsa.js";
import { shake256 } from "@noble/hashes/sha3.js";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (array) => Buffer.from(array).toString("hex");

const operations = {
  generate({ seed }) {
    const { publicKey, secretKey } = scheme.keygen(bytes(seed));
    return { publicKey: hex(publicKey), secretKey: hex(secretKey) };
  },
  sign({ secretKey, message, context, randomizer }) {
    const options = { context: bytes(context), extraEntropy: bytes(randomizer) };
    return { signature: hex(scheme.sign(bytes(message), bytes(secretKey), options)) };
  },
  verify({ publicKey, message, context, signature }) {
    try {
      const valid = scheme.verify(bytes(signature), bytes(message), bytes(publicKey), { context: bytes(context) });
      return { valid };
    } catch {
      return { valid: false }; // noble throws where lengths are wrong
    }
  },
  // One hash over many keys and deterministic signatures: see AccumulatedHash in the C# tests.
  accumulate({ count }) {
    const total = shake256.create({ dkLen: 32 });
    for (let i = 0; i < count; i++) {
      const seed = shake256(new TextEncoder().encode(`seed ${i}`), { dkLen: 32 });
      const message = shake256(new TextEncoder().encode(`message ${i}`), { dkLen: (i * 37) % 3000 });
      const { publicKey, secretKey } = scheme.keygen(seed);
      const signature = scheme.sign(message, secretKey, { extraEntropy: false });
      total.update(publicKey).update(secretKey).update(signature);
    }
    return { hash: hex(total.digest()) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(operations[request.operation](request))}\n`);
}

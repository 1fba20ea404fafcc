// ML-DSA-65 by Node's own node:crypto (OpenSSL 3.5), in the protocol of mldsa65.mjs. Node.js 24 or later.
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { createInterface } from "node:readline";

const bytes = (hex) => Buffer.from(hex, "hex");
const seedOnlyPkcs8 = "3034020100300b060960864801650304031204228020";

const operations = {
  // Keys in the JWK form of RFC 9964: kty AKP, the seed as priv.
  generate({ seed }) {
    const key = createPrivateKey({ key: bytes(seedOnlyPkcs8 + seed), format: "der", type: "pkcs8" });
    const { kty, alg, pub, priv } = key.export({ format: "jwk" });
    if (kty !== "AKP" || alg !== "ML-DSA-65" || !Buffer.from(priv, "base64url").equals(bytes(seed))) {
      throw new Error("not the key form that was expected");
    }
    return { publicKey: Buffer.from(pub, "base64url").toString("hex"), secretKey: seed };
  },
  sign({ secretKey, message, context }) {
    const key = createPrivateKey({ key: bytes(seedOnlyPkcs8 + secretKey), format: "der", type: "pkcs8" });
    return { signature: sign(null, bytes(message), { key, context: bytes(context) }).toString("hex") };
  },
  verify({ publicKey, message, context, signature }) {
    const pub = bytes(publicKey).toString("base64url");
    const key = createPublicKey({ key: { kty: "AKP", alg: "ML-DSA-65", pub }, format: "jwk" });
    return { valid: verify(null, bytes(message), { key, context: bytes(context) }, bytes(signature)) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(operations[request.operation](request))}\n`);
}

// The platform's own ML-DSA, through WebCrypto, where there is one.
import { type Bytes, hex } from "./bytes.ts";
import type { Claim } from "./crypto.ts";

const algorithm = "ML-DSA-65";
const importKeyAs = "raw-public" as "raw";
// Keys that were used: importing one costs as much as a signature.
const imported = new Map<string, CryptoKey>();

async function nativeKey(key: Bytes): Promise<CryptoKey> {
    const name = hex(key);
    const known = imported.get(name);
    if (known) return known;
    const made = await crypto.subtle.importKey(importKeyAs, key as BufferSource, { name: algorithm }, false, [
        "verify",
    ]);
    if (imported.size > 300) imported.clear();
    imported.set(name, made);
    return made;
}

// The platform's answer, or null where it has no ML-DSA. What it refuses is asked again of the library: a key or a
// signature that it cannot take is no proof of anything.
export async function nativeAnswer({ key, message, signature }: Claim): Promise<boolean | null> {
    if (!globalThis.crypto?.subtle) return null;
    try {
        const made = await nativeKey(key);
        const sound = await crypto.subtle.verify(
            { name: algorithm },
            made,
            signature as BufferSource,
            message as BufferSource,
        );
        return sound ? true : null;
    } catch {
        return null;
    }
}

// Opens the key files of tests/vectors/keys with nothing but Node's standard library, as consensus/README.md specifies
// them (K1 to K8), and sees that each gives the seed, kid, words and COSE_Key that keys.json names.
// usage: node check-keys.mjs [FOLDER]     exit 1 at the first difference
// With @noble/post-quantum at hand (tests/setup.sh npm) the seed is also seen to make the public key.
import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { encode, head } from './cbor.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, 'keys');
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const unhex = (text) => Buffer.from(text, 'hex');

function require(condition, what) {
  if (!condition) throw new Error(what);
}

/** Bytes of a member in base64url: of this length, without padding, and in the one spelling. */
function bytes(object, name, length) {
  const value = Buffer.from(object[name], 'base64url');
  require(value.length === length && value.toString('base64url') === object[name], `${name} has the wrong form`);
  return value;
}

const members = (object) => Object.keys(object).sort().join();

/** K1 to K8: the seed and the public key of a key file. */
function open(file, passphrase) {
  require(file.length <= 8192, 'a key file has at most 8,192 bytes');
  const key = JSON.parse(file.toString('utf8'));
  require(key.type === 'ledger-key' && key.version === 1 && key.alg === 'ML-DSA-65', 'not a key file of version 1');
  const locked = key.kdf.name !== 'none';
  const named = `alg,check,${locked ? 'cipher,' : ''}kdf,kid,public,seed,type,version`;
  require(members(key) === named, 'the members differ');
  const publicKey = bytes(key, 'public', 1952);
  require(key.kid === sha256(publicKey).toString('hex'), 'kid is not the hash of the public key');
  const stored = bytes(key, 'seed', locked ? 48 : 32);
  const lock = locked ? readLock(key) : undefined;
  const header = encode([
    'ledger/keyfile/1', 'ML-DSA-65', publicKey, key.kdf.name,
    lock?.iterations ?? null, lock?.salt ?? null, locked ? 'AES-256-GCM' : null, lock?.nonce ?? null,
  ]);
  const check = sha256(header, stored).toString('hex').slice(0, 16);
  require(key.check === check, 'the check does not fit: the file is damaged');
  return { publicKey, seed: locked ? unseal(stored, header, lock, passphrase) : stored };
}

function readLock({ kdf, cipher }) {
  require(members(kdf) === 'iterations,name,salt' && kdf.name === 'PBKDF2-SHA-512', 'an unknown kdf');
  require(members(cipher) === 'name,nonce' && cipher.name === 'AES-256-GCM', 'an unknown cipher');
  const { iterations } = kdf;
  require(Number.isInteger(iterations) && iterations >= 1_000 && iterations <= 10_000_000, 'iterations out of range');
  return { iterations, salt: bytes(kdf, 'salt', 32), nonce: bytes(cipher, 'nonce', 12) };
}

function unseal(stored, header, { iterations, salt, nonce }, passphrase) {
  const key = pbkdf2Sync(Buffer.from(passphrase, 'utf8'), salt, iterations, 32, 'sha512');
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(header);
  cipher.setAuthTag(stored.subarray(32));
  try {
    return Buffer.concat([cipher.update(stored.subarray(0, 32)), cipher.final()]);
  } catch {
    throw new Error('the passphrase does not open the file');
  }
}

/** K10: eight words of the first 128 bits, each consonant, vowel, consonant, vowel, consonant. */
function words(kid) {
  const word = (bits) => [12, 10, 6, 4, 0].map((shift, i) =>
    i % 2 ? 'aiou'[(bits >> shift) & 3] : 'bdfghjklmnprstvz'[(bits >> shift) & 15]).join('');
  return Array.from({ length: 8 }, (_, i) => word(kid.readUInt16BE(2 * i))).join('-');
}

/** COSE_Key of type AKP, {1: 7, 3: -49, -1: public key}. */
const coseKey = (publicKey) => Buffer.concat([
  head(5, 3), encode(1), encode(7), encode(3), encode(-49), encode(-1), encode(publicKey),
]);

async function keyGeneration() {
  try {
    const path = createRequire(join(here, '../interop/package.json')).resolve('@noble/post-quantum/ml-dsa.js');
    return (await import(pathToFileURL(path))).ml_dsa65.keygen;
  } catch {
    return undefined;
  }
}

function fails(action, reason) {
  try {
    action();
  } catch (error) {
    require(error.message.includes(reason), `failed with '${error.message}' instead of '${reason}'`);
    return;
  }
  throw new Error(`did not fail: ${reason}`);
}

const keygen = await keyGeneration();
const { files } = JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8'));
try {
  require(files.length > 0, 'keys.json names no file');
  for (const expected of files) {
    const file = readFileSync(join(folder, expected.file));
    const { publicKey, seed } = open(file, expected.passphrase);
    const kid = sha256(publicKey);
    require(seed.equals(unhex(expected.seed)), `${expected.file}: another seed`);
    require(kid.toString('hex') === expected.kid, `${expected.file}: another kid`);
    require(words(kid) === expected.words, `${expected.file}: other words`);
    const cose = sha256(coseKey(publicKey)).toString('hex');
    require(cose === expected.coseKeySha256, `${expected.file}: another COSE_Key`);
    require(!keygen || publicKey.equals(keygen(seed).publicKey), `${expected.file}: the seed makes another public key`);
    if (expected.passphrase !== '') {
      fails(() => open(file, `${expected.passphrase}!`), 'the passphrase does not open the file');
    }
  }
  const also = keygen ? ', and each seed makes its public key' : '; no @noble/post-quantum, so no key was generated';
  console.log(`${files.length} key files opened, with kid, words and COSE_Key${also}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

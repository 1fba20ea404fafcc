// Reads the vectors of records a second time, from consensus/README.md alone: golden records and their mutants with reason
// and offset of each refusal, the sample chain, statements, and every chain file with its verdict, layer and index.
// usage: node check-records.mjs   exit 1 and the differences, if there are any; needs @noble/post-quantum (tests/setup.sh npm)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Refused, encode } from './cbor.mjs';
import { diagnostic, hex, kinds, readRecord, sha256, unhex, writeRecord } from './record-formats.mjs';
import { encodedState, freezeStatement, keyStatement, readFreeze, verdictOn } from './record-streams.mjs';

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const held = (name) => readFileSync(join(tests, 'vectors', 'records', name));
const json = (name) => JSON.parse(held(name));
const module = createRequire(join(tests, 'interop', 'package.json')).resolve('@noble/post-quantum/ml-dsa.js');
const { ml_dsa65: scheme } = await import(pathToFileURL(module));

const differences = [];
let compared = 0;

function expect(what, found, expected) {
  compared++;
  const [left, right] = [found, expected].map((value) => JSON.stringify(value));
  if (left !== right) differences.push(`${what}: found ${left}, the vectors say ${right}`);
}

// ---- Keys and signatures. The files share most of their records, so each answer is remembered. ----

const answers = new Map();

function verify(publicKey, message, signature) {
  const name = hex(sha256(Buffer.concat([publicKey, signature, message])));
  if (!answers.has(name)) answers.set(name, scheme.verify(signature, message, publicKey));
  return answers.get(name);
}

const statements = json('statements.json');
const keys = new Map();
for (const [owner, { seed, kid }] of Object.entries(statements.keys)) {
  const { publicKey, secretKey } = scheme.keygen(unhex(seed));
  keys.set(kid, { owner, publicKey: Buffer.from(publicKey), secretKey });
  expect(`kid of ${owner}`, hex(sha256(publicKey)), kid);
}
const ownerOf = (owner) => [...keys.values()].find((key) => key.owner === owner);
const sign = (key, message) => Buffer.from(scheme.sign(message, key.secretKey, { extraEntropy: false }));

/** What a reader says of some bytes: the record, or reason and offset. */
function judge(bytes) {
  try {
    return { record: readRecord(bytes) };
  } catch (fault) {
    if (fault instanceof Refused) return { reason: fault.reason, offset: fault.offset };
    throw fault;
  }
}

// ---- Golden records of every kind, and what is made of them. ----

function recordsOf(file) {
  const found = [];
  for (let at = 0; at < file.length;) {
    // Each ends with its signature: the record is as long as the first length with which it can be read.
    const start = at;
    at += 2;
    for (let i = 0; i < 4; i++) {
      const [first, second, third] = file.subarray(at, at + 3);
      at += first === 0xa0 ? 1 : first === 0x58 ? 2 + second : 3 + (second << 8 | third);
    }
    found.push(file.subarray(start, at));
  }
  return found;
}

const forms = json('forms.json');
const golden = recordsOf(held('golden.cbor'));
expect('golden records', golden.length, forms.golden.length);
golden.forEach((bytes, i) => {
  const said = forms.golden[i];
  const { record, reason } = judge(bytes);
  if (!record) return differences.push(`golden ${said.name}: refused, ${reason}`);
  const key = keys.get(hex(record.kid));
  const { name, ...rest } = said;
  expect(`golden ${name}`, { kind: record.kind, id: hex(record.id), entry: hex(record.entry), kid: hex(record.kid),
    causes: record.causes.length, signed: hex(sha256(record.signed)),
    body: hex(sha256(Buffer.from(diagnostic(record.bodyBytes)))) }, rest);
  expect(`golden ${name}: its signature`, verify(key.publicKey, record.signed, record.signature), true);
  return expect(`golden ${name}: laid out anew`, hex(writeRecord(record, (signed) => sign(key, signed))), hex(bytes));
});
expect('kinds among the golden records', [...new Set(forms.golden.map(({ kind }) => kind))].sort(), [...kinds].sort());

function apply(edits, bytes) {
  const pieces = [];
  let from = 0;
  for (const [at, remove, insert] of edits) {
    pieces.push(bytes.subarray(from, at), unhex(insert));
    from = at + remove;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]);
}

let accepted = 0;
forms.cases.forEach(([of, reason, offset, edits], i) => {
  const found = judge(apply(edits, golden[of]));
  accepted += found.record ? 1 : 0;
  expect(`form ${i}, of ${forms.golden[of].name}`, found.record ? [null, -1] : [found.reason, found.offset],
    [forms.reasons[reason] ?? null, offset]);
});

// ---- The sample: one stream with a record of every kind. ----

const sample = json('sample.json');
const records = recordsOf(held('sample.oar')).map(readRecord);
expect('records of the sample', records.length, sample.records.length);
records.forEach((record, i) => {
  const said = sample.records[i];
  expect(`sample ${i}`, { kind: record.kind, seq: record.seq, time: record.time, bytes: record.bytes.length, id: hex(record.id),
    entry: hex(record.entry), kid: hex(record.kid), causes: record.causes.map(hex),
    body: said.body === null ? null : diagnostic(record.bodyBytes),
    mapValue: hex(sha256(encodedState(records.slice(0, i + 1), 'member-1'))) }, said);
  expect(`sample ${i}: sealed anew`, hex(writeRecord(record, (signed) => sign(keys.get(hex(record.kid)), signed))), hex(record.bytes));
});
expect('state of the sample', hex(encodedState(records, 'member-1')), sample.state);
expect('verdict on the sample', verdictOn(held('sample.oar'), verify).verdict, 'VERIFIED');

/** An anchor's proof is enough to fold its branch: double SHA-256 from the transaction to the header's root. */
function foldAnchor({ block, txid, proof }) {
  const twice = (...parts) => sha256(sha256(Buffer.concat(parts)));
  expect('anchor: the transaction holds the block id', proof.tx.includes(Buffer.concat([Buffer.from('OARL'), block])), true);
  expect('anchor: txid', hex(twice(proof.tx)), hex(txid));
  const fold = (index) => proof.branch.reduce((node, sibling, level) =>
    (index >> level & 1 ? twice(sibling, node) : twice(node, sibling)), txid);
  const root = hex(proof.header.subarray(36, 68));
  expect('anchor: root', hex(fold(proof.index)), root);
  expect('anchor: root with another index', hex(fold(proof.index ^ 1)) === root, false);
}
records.filter(({ kind }) => kind === 'anchor').forEach(({ body }) => foldAnchor(body));

// ---- Statements. ----

expect('signed bytes of genesis', hex(sha256(records[0].signed)), statements.signedBytesOfGenesis);
const { keyProof, freeze, commitment } = statements;
expect('key statement', hex(sha256(keyStatement({ stream: unhex(keyProof.stream), seq: keyProof.seq, prev: unhex(keyProof.prev),
  body: { key: ownerOf(keyProof.newKey).publicKey } }))), keyProof.signedBytesSha256);
expect('freeze statement', hex(freezeStatement(unhex(freeze.chain), unhex(freeze.stream), freeze.n)), freeze.signedBytes);
const read = readFreeze(unhex(freeze.wire), verify);
expect('freeze', [hex(read.chain), hex(read.stream), read.n, hex(sha256(read.signer))],
  [freeze.chain, freeze.stream, freeze.n, statements.keys.cold.kid]);
expect('freeze: laid out anew', hex(encode({ n: read.n, sig: sign(ownerOf('cold'), freezeStatement(read.chain, read.stream, read.n)),
  chain: read.chain, signer: read.signer, stream: read.stream })), freeze.wire);
expect('commitment', hex(sha256(Buffer.concat([unhex(commitment.salt), Buffer.from(commitment.contentUtf8)]))), commitment.hash);

// ---- Chain files. ----

const pool = held('chains.bin');
const chains = json('chains.json');
for (const { name, parts, ...said } of chains) {
  const file = Buffer.concat(parts.map(([offset, length]) => pool.subarray(offset, offset + length)));
  const { verdict, layer, index, reason } = verdictOn(file, verify);
  expect(`chain "${name}" (${reason ?? 'no fault'})`, { verdict, layer, index }, said);
}

differences.slice(0, 20).forEach((difference) => console.error(difference));
console.log(`${golden.length} golden records, ${forms.cases.length} mutants of which ${accepted} are records, ${records.length} records `
  + `of the sample, ${chains.length} chain files, ${answers.size} signatures: ${compared} comparisons, ${differences.length} differ`);
process.exit(differences.length > 0 ? 1 : 0);

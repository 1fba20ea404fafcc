// Derives the vectors of the chain a second time from consensus/README.md and anchor/README.md: genesis documents,
// configurations, two blocks with their commits, sign bytes, refusals, and the evidence file over them.
// usage: node check-chain.mjs           compares with the files, exit 1 if one differs
//        node check-chain.mjs --write   writes the files; needs @noble/post-quantum (tests/setup.sh npm)
// ML-DSA-65 is not in Node's standard library: without @noble/post-quantum, public keys and signatures are taken from
// the files as they are, and everything else is derived all the same.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Reader, Refused, encode, head } from './cbor.mjs';
import * as formats from './chain-formats.mjs';
import { refusals } from './chain-refusals.mjs';

const { hex, layoutOf, logPath, logRoot, mapProof, mapRoot, sha256, sha3, unhex } = formats;
const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(tests, 'vectors', 'chain');
const writing = process.argv.includes('--write');
const zero = Buffer.alloc(32);

// ---- Keys: deterministic, from named seeds. ----

async function findScheme() {
  try {
    const path = createRequire(join(tests, 'interop', 'package.json')).resolve('@noble/post-quantum/ml-dsa.js');
    return (await import(pathToFileURL(path))).ml_dsa65;
  } catch {
    if (writing) throw new Error('--write needs @noble/post-quantum: run tests/setup.sh npm');
    return null;
  }
}

const scheme = await findScheme();
const held = (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : null);
const heldJson = (name) => JSON.parse(held(name) ?? '{}');
const seedOf = (name) => sha256(Buffer.from(`ledger chain vectors: ${name}`));
const keys = new Map();

function key(name) {
  if (!keys.has(name)) {
    const publicKey = scheme ? Buffer.from(scheme.keygen(seedOf(name)).publicKey) : unhex(heldJson('keys.json').keys[name].publicKey);
    keys.set(name, { publicKey, kid: sha256(publicKey) });
  }
  return keys.get(name);
}

/** Deterministic (a randomizer of 32 zero bytes), or the one that the file holds. */
function sign(name, message, inFile) {
  if (!scheme) return inFile();
  const { secretKey } = scheme.keygen(seedOf(name));
  return Buffer.from(scheme.sign(message, secretKey, { extraEntropy: false }));
}

// ---- Genesis documents. ----

const alice = readFileSync(join(tests, 'vectors', 'records', 'sample.oar'));
const aliceStream = sha256(alice.subarray(alice.indexOf(encode('key')) + 7, alice.indexOf(encode('key')) + 7 + 1_952));

const member = (name, power, peer) => ({ name, peer, vote: key(`${name} vote`).publicKey, power,
  stream: key(`${name} stream`).kid, governance: key(`${name} governance`).publicKey });
const parameters = { read: 'open', protocol: 1, heartbeat: 60_000, precision: 500, voteTimeout: 1_000, anchorBlocks: 100,
  blockRecords: 10_000, messageDelay: 2_000, anchorMinutes: 10, timeoutGrowth: 500, proposeTimeout: 3_000 };
const quota = (bytes, records, streams) => ({ bytes, records, streams });

const four = {
  v: 1, name: 'four', time: 1_759_999_000_000, bitcoin: 'regtest',
  configuration: {
    v: 1, change: 0,
    admission: { mode: 'invited', open: quota(0, 0, 0), roots: 1_000, member: quota(100_000_000, 100_000, 20),
      stream: { bytes: 50_000_000, records: 50_000 }, window: 600,
      members: [{ kids: [aliceStream], name: 'hospital' }, { kids: [], name: 'bank' }] },
    observers: [unhex('0020' + '0b'.repeat(32))], parameters,
    validators: [member('alpha', 4, unhex('0020' + '0a'.repeat(32))), member('beta', 3, Buffer.alloc(0)),
      member('gamma', 2, Buffer.alloc(0)), member('delta', 1, Buffer.alloc(0))],
  },
};
const one = {
  v: 1, name: 'une', time: 1_760_000_100_000, bitcoin: 'main',
  predecessor: { root: sha256(Buffer.of(1)), size: 70_000, block: sha256(Buffer.of(2)), chain: sha256(encode(four)),
    height: 4_096, streams: sha256(Buffer.of(3)) },
  configuration: {
    v: 1, change: 7,
    admission: { mode: 'open', open: quota(10_000_000, 10_000, 100), roots: 0, member: quota(0, 0, 0),
      stream: { bytes: 1_000_000, records: 2 ** 53 - 1 }, window: 1, members: [] },
    observers: [], parameters: { ...parameters, read: 'members', blockRecords: 15_000 },
    validators: [member('alpha', 1_000_000_000, Buffer.alloc(0))],
  },
};

// ---- Two blocks: the first settles a node's genesis record and four of the sample stream, the second names its commit. ----

function recordsOf(file) {
  const found = [];
  for (let at = 0; at < file.length;) {
    const start = at;
    const items = [];
    at += 2; // tag 18 and array of four
    for (let i = 0; i < 4; i++) {
      const reader = new Reader(file);
      reader.at = at;
      items.push(file[at] >> 5 === 2 ? reader.string(2) : (reader.at++, null));
      at = reader.at;
    }
    found.push(file.subarray(start, at));
  }
  return found;
}

function nodeGenesis() {
  const { publicKey, kid } = key('alpha stream');
  const claims = Buffer.concat([Buffer.of(0xa2, 1), encode('alpha'), Buffer.of(2), encode('node')]);
  const header = Buffer.concat([Buffer.of(0xa4, 1), encode(-49), Buffer.of(3), encode('application/oar+cbor'), Buffer.of(4),
    encode(kid), Buffer.of(15), claims]);
  const payload = encode({ v: 1, seq: 0, body: { key: publicKey, name: 'alpha', chain: sha256(encode(four)) }, kind: 'genesis',
    prev: Buffer.alloc(64), time: 1_759_999_500_000, stream: kid });
  const signed = encode(['Signature1', header, Buffer.alloc(0), payload]);
  const signature = sign('alpha stream', signed, () => held('node-genesis.oar').subarray(-3_309));
  return Buffer.concat([Buffer.of(0xd2), head(4, 4), encode(header), Buffer.of(0xa0), encode(payload), encode(signature)]);
}

const aliceRecords = recordsOf(alice).slice(0, 4);
const settled = [nodeGenesis(), ...aliceRecords];
const entries = settled.map((record) => sha256(record));
const aliceState = encode([3, sha3(aliceRecords[3]), 1_760_000_003_000,
  unhex(JSON.parse(readFileSync(join(tests, 'vectors', 'records', 'statements.json'))).keys.cold.kid), 'hospital',
  [[aliceStream, 0, null, false]]]);
const nodeState = encode([0, sha3(settled[0]), 1_759_999_500_000, null, 'alpha', [[key('alpha stream').kid, 0, null, false]]]);
const states = [[key('alpha stream').kid, sha256(nodeState)], [aliceStream, sha256(aliceState)]];
const chain = sha256(encode(four));
const configuration = sha256(encode(four.configuration));

function block({ height, time, prev, commit, proposer, round, voters, body }) {
  const header = { v: 1, body: sha256(encode(body)), next: configuration, prev, root: logRoot(entries), size: entries.length, time,
    chain, commit, height, streams: mapRoot(states), proposer: key(`${proposer} vote`).kid, validators: configuration };
  const id = sha256(encode(header));
  const message = formats.voteBytes({ chain, height, round, step: 2, block: id });
  const votes = voters.map((voter, i) => {
    const name = `${four.configuration.validators[voter].name} vote`;
    return [voter, sign(name, message, () => unhex(heldJson('blocks.json').blocks[height - 1].commit.value.votes[i][1]))];
  });
  return { header, body, commit: { v: 1, block: id, round, votes, height }, message };
}

const first = block({ height: 1, time: 1_760_000_004_000, prev: zero, commit: zero, proposer: 'alpha', round: 0, voters: [0, 1],
  body: { records: settled.map(sha3), misbehaviour: [] } });
const second = block({ height: 2, time: 1_760_000_005_000, prev: sha256(encode(first.header)), commit: sha256(encode(first.commit)),
  proposer: 'gamma', round: 1, voters: [0, 2, 3], body: { records: [], misbehaviour: [] } });

// ---- Evidence over them, and a Bitcoin block of a regtest that holds the id of the second. ----

const dsha = (...parts) => sha256(sha256(...parts));
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer);

function bitcoinProof() {
  const script = (bytes) => Buffer.concat([Buffer.of(bytes.length), bytes]);
  const amount = Buffer.alloc(8);
  amount.writeUInt32LE(4_999_990_000 % 2 ** 32);
  amount.writeUInt32LE(Math.floor(4_999_990_000 / 2 ** 32), 4);
  const opReturn = Buffer.concat([unhex('6a244f41524c'), sha256(encode(second.header))]);
  const tx = Buffer.concat([u32(2), Buffer.of(1), sha256(Buffer.from('a coin')), u32(0), Buffer.of(0), u32(0xfffffffd),
    Buffer.of(2), amount, script(unhex('0014' + '5c'.repeat(20))), Buffer.alloc(8), script(opReturn), u32(101)]);
  const [coinbase, last] = ['coinbase', 'a payment'].map((name) => sha256(Buffer.from(name)));
  const branch = [coinbase, dsha(last, last)];
  const root = dsha(dsha(coinbase, dsha(tx)), branch[1]);
  const before = Buffer.concat([u32(0x20000000), sha256(Buffer.from('the block before')), root, u32(1_760_000_600), u32(0x207fffff)]);
  for (let nonce = 0; ; nonce++) {
    const header = Buffer.concat([before, u32(nonce)]);
    if (dsha(header)[31] < 0x7f) return { tx, index: 1, branch, header, height: 102, network: 'regtest', root };
  }
}

const { root: bitcoinRoot, ...bitcoin } = bitcoinProof();

function evidence(records, checkpoint) {
  const proof = encode(mapProof(states, aliceStream));
  const members = { v: 1, keys: [], type: 'evidence',
    chain: { log: records.map((_, i) => [0, i + 1, logPath(entries, i + 1)]), head: { path: proof, state: aliceState, checkpoint: 0 },
      genesis: encode(four), checkpoints: [checkpoint] },
    scope: 'stream', stream: aliceStream, records };
  const unsealed = encode(members);
  const opened = Buffer.concat([head(5, 8), unsealed.subarray(1)]);
  return Buffer.concat([opened, encode('checksum'), encode(sha256(opened))]);
}

const parts = ({ header, commit }) => ({ links: [], commit: encode(commit), header: encode(header) });
const settledEvidence = evidence(aliceRecords, parts(first));
const anchoredEvidence = evidence(aliceRecords, { next: encode(second.header), ...parts(first), bitcoin });
const shown = (hash) => hex(Buffer.from(hash).reverse());

// ---- The files. ----

const plain = (value) => value instanceof Uint8Array ? hex(value)
  : Array.isArray(value) ? value.map(plain)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)])) : value;

/** Public keys by name: a reader of the vectors looks them up in keys.json. */
function plainGenesis(document) {
  const value = plain(document);
  value.configuration.validators = document.configuration.validators.map(({ name }, i) => (
    { ...value.configuration.validators[i], vote: `${name} vote`, governance: `${name} governance` }));
  return value;
}

function genesisCases() {
  return [four, one].map((document) => ({ value: plainGenesis(document), bytes: hex(encode(document)), chain: hex(sha256(encode(document))),
    configuration: hex(sha256(encode(document.configuration))) }));
}

function blockCases() {
  return [first, second].map(({ header, body, commit }) => ({
    header: { value: plain(header), bytes: hex(encode(header)), id: hex(sha256(encode(header))), layout: layoutOf(header) },
    body: { value: plain(body), bytes: hex(encode(body)), digest: hex(sha256(encode(body))) },
    commit: { value: plain(commit), bytes: hex(encode(commit)), digest: hex(sha256(encode(commit))) } }));
}

const bodies = [{ records: [], misbehaviour: [] }, { records: [Buffer.alloc(64, 7)], misbehaviour: [Buffer.of(1, 2, 3), Buffer.alloc(0)] }];

function quorumCases() {
  const power = four.configuration.validators.map((validator) => validator.power);
  return [...Array(16).keys()].map((set) => {
    const voters = power.map((_, i) => i).filter((i) => set >> i & 1);
    const sum = voters.reduce((total, i) => total + power[i], 0);
    return { voters, power: sum, quorum: 3 * sum > 2 * power.reduce((a, b) => a + b) };
  });
}

function signCases() {
  const id = sha256(encode(first.header));
  const votes = [[1, 0, 1, id], [1, 0, 2, id], [1, 0, 1, null], [1, 1, 2, null], [24, 23, 2, id], [256, 24, 1, id],
    [65_536, 256, 2, id], [2 ** 32, 65_536, 1, id], [2 ** 53 - 1, 2 ** 31 - 1, 2, id]];
  const proposals = [[1, 0, -1], [1, 1, 0], [300, 24, 23], [2 ** 40, 25, 24], [2, 2 ** 31 - 1, 2 ** 31 - 2]];
  return {
    votes: votes.map(([height, round, step, block]) => ({ height, round, step, block: plain(block),
      bytes: hex(formats.voteBytes({ chain, height, round, step, block })),
      layout: layoutOf(['ledger/vote/1', chain, height, round, step, block]) })),
    proposals: proposals.map(([height, round, validRound]) => ({ height, round, validRound, block: hex(id),
      bytes: hex(formats.proposalBytes({ chain, height, round, validRound, block: id })),
      layout: layoutOf(['ledger/proposal/1', chain, height, round, validRound, id]) })),
  };
}

// ---- Governance: two changes of the first network, approvals, and the files around them. ----

function governanceCases() {
  const [, beta] = four.configuration.validators;
  const epsilon = member('epsilon', 1, unhex('0020' + '0e'.repeat(32)));
  const changes = [
    ['a newcomer, another power, one who leaves', ['alpha', 'beta'], { set: [{ ...beta, power: 5 }, epsilon], remove: ['delta'] }],
    ['everything else', ['gamma'], { invite: [{ kids: [sha256(Buffer.of(9))], name: 'bank' }], withdraw: [aliceStream],
      admission: { ...four.configuration.admission, mode: 'open', members: [] }, observers: [],
      parameters: { ...parameters, anchorBlocks: 50 } }],
  ];
  const proposals = changes.map(([what, approvers, change], i) => {
    const message = formats.governanceBytes({ chain, at: 1, change });
    const approvals = approvers.map((name, j) => ({ kid: key(`${name} governance`).kid,
      sig: sign(`${name} governance`, message, () => unhex(heldJson('governance.json').proposals[i].signatures[j])) }));
    const sorted = [...approvals].sort((one, two) => Buffer.compare(one.kid, two.kid));
    const bytes = encode({ v: 1, at: 1, chain, change, approvals: sorted });
    new Reader(bytes).document(formats.proposal);
    return { what, at: 1, change: hex(encode(change)), signed: hex(message), approvers: approvers.map((name) => `${name} governance`),
      signatures: approvals.map(({ sig }) => hex(sig)), bytes: hex(bytes) };
  });
  const seat = encode({ v: 1, chain, validator: epsilon });
  const addresses = ['/ip4/192.0.2.1/tcp/4001', '/dns4/beta.example/tcp/4001'];
  const invitation = encode({ v: 1, genesis: encode(four), addresses });
  new Reader(seat).document(formats.seat);
  new Reader(invitation).document(formats.invitation);
  return { chain: hex(chain), proposals, seat: { bytes: hex(seat), name: 'epsilon', words: formats.words(sha256(seat)) },
    invitation: { bytes: hex(invitation), addresses, words: formats.words(chain) } };
}

// ---- Misbehaviour: gamma votes twice in one step, beta proposes twice in one round. ----

function misbehaviourCases() {
  const [one, two] = [first, second].map(({ header }) => sha256(encode(header)));
  const vote = (block) => formats.voteBytes({ chain, height: 2, round: 1, step: 1, block });
  const said = (validRound, block) => formats.proposalBytes({ chain, height: 2, round: 1, validRound, block });
  return [['a prevote for a block and one for nil', 'gamma vote', vote(two), vote(null)],
    ['precommits for two blocks', 'delta vote', ...[one, two].map((block) =>
      formats.voteBytes({ chain, height: 2, round: 0, step: 2, block }))],
    ['one block proposed afresh and as valid in round 0', 'beta vote', said(-1, one), said(0, one)],
  ].map(([what, name, ...statements], i) => {
    statements.sort(Buffer.compare);
    const signatures = statements.map((statement, j) =>
      sign(name, statement, () => unhex(heldJson('misbehaviour.json').cases[i].signatures[j])));
    const [firstOne, secondOne] = statements.map((statement, j) => [statement, signatures[j]]);
    const bytes = encode({ v: 1, key: key(name).publicKey, type: 'misbehaviour', first: firstOne, second: secondOne });
    return { what, key: name, statements: statements.map(hex), signatures: signatures.map(hex), bytes: hex(bytes),
      digest: hex(sha256(bytes)) };
  });
}

const misbehaviour = misbehaviourCases();

/** For another block at the height of the second one; alpha and beta are a quorum, and alpha signed that one too. */
function otherCommit() {
  const id = sha256(Buffer.from('another block'));
  const message = formats.voteBytes({ chain, height: 2, round: 0, step: 2, block: id });
  const votes = ['alpha', 'beta'].map((name, i) =>
    [i, sign(`${name} vote`, message, () => unhex(heldJson('misbehaviour.json').fork.signatures[i]))]);
  return { v: 1, block: id, round: 0, votes, height: 2 };
}

const other = otherCommit();
const [smaller, larger] = [second.commit, other].sort((one, two) => Buffer.compare(one.block, two.block));
const fork = encode({ v: 1, type: 'fork', first: encode(smaller), second: encode(larger), genesis: encode(four) });
const bases = { header: encode(first.header), body: encode(bodies[1]), commit: encode(second.commit),
  configuration: encode(four.configuration), 'genesis document': encode(one), misbehaviour: unhex(misbehaviour[0].bytes), fork };
const shapes = { header: formats.header, body: formats.body, commit: formats.commit, configuration: formats.configuration,
  'genesis document': formats.genesisDocument, misbehaviour: formats.misbehaviour,
  fork: formats.fork };

function reasonFor(format, bytes) {
  try {
    new Reader(bytes).document(shapes[format]);
    return null;
  } catch (fault) {
    if (fault instanceof Refused) return fault.reason;
    throw fault;
  }
}

function refusedCases() {
  for (const [format, bytes] of Object.entries(bases)) {
    if (reasonFor(format, bytes) !== null) throw new Error(`${format}: the untouched bytes are refused`);
  }
  return refusals(bases).map(({ of, why, reason, at, remove, insert }) => {
    const found = reasonFor(of, Buffer.concat([bases[of].subarray(0, at), insert, bases[of].subarray(at + remove)]));
    if (found !== reason) throw new Error(`${of}, ${why}: "${found}" and not "${reason}"`);
    return { of, why, reason, at, remove, insert: hex(insert) };
  });
}

const keyFile = () => [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { publicKey, kid }]) =>
  [name, { seed: hex(seedOf(name)), kid: hex(kid), publicKey: hex(publicKey) }]);
const json = (value) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
const files = {
  'node-genesis.oar': () => settled[0],
  'settled.evidence': () => settledEvidence,
  'anchored.evidence': () => anchoredEvidence,
  'evidence.json': () => json({ stream: hex(aliceStream), blocks: [first, second].map(({ header }) => hex(sha256(encode(header)))),
    txid: shown(dsha(bitcoin.tx)), merkleRoot: shown(bitcoinRoot), bitcoinHeader: shown(dsha(bitcoin.header)) }),
  'genesis.json': () => json({ cases: genesisCases() }),
  'blocks.json': () => json({ records: settled.map((record) => ({ id: hex(sha3(record)), entry: hex(sha256(record)) })),
    states: states.map(([stream, value], i) => ({ stream: hex(stream), state: hex([nodeState, aliceState][i]), value: hex(value) })),
    blocks: blockCases(), bodies: bodies.map((body) => ({ value: plain(body), bytes: hex(encode(body)), digest: hex(sha256(encode(body))) })),
    quorums: quorumCases() }),
  'sign-bytes.json': () => json({ chain: hex(chain), ...signCases() }),
  'governance.json': () => json(governanceCases()),
  'misbehaviour.json': () => json({ cases: misbehaviour,
    fork: { height: 2, blocks: [smaller, larger].map(({ block: id }) => hex(id)), digest: hex(sha256(fork)),
      signatures: other.votes.map(([, signature]) => hex(signature)) } }),
  'two-commits.fork': () => fork,
  'refused.json': () => json({ bases: Object.fromEntries(Object.entries(bases).map(([name, bytes]) => [name, hex(sha256(bytes))])),
    cases: refusedCases() }),
  'keys.json': () => json({ note: 'ML-DSA-65 key pairs of the seeds; signatures are deterministic (a randomizer of 32 zero bytes)',
    keys: Object.fromEntries(keyFile()) }),
};

let differences = 0;
for (const [name, make] of Object.entries(files)) {
  const made = make();
  if (writing) {
    writeFileSync(join(folder, name), made);
  } else if (!(held(name) ?? Buffer.alloc(0)).equals(made)) {
    console.error(`${name} is not what the definitions give`);
    differences++;
  }
}

const signatures = scheme ? 'keys and signatures derived' : 'keys and signatures taken from the files';
console.log(differences === 0 ? `${Object.keys(files).length} files agree; ${signatures}` : `${differences} files differ`);
process.exitCode = differences === 0 ? 0 : 1;

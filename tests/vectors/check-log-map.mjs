// Derives the vectors of the log and of the streams map a second time, straight from the definitions (RFC 9162 §2.1,
// C2SP tlog-tiles, tlog-checkpoint and tlog-proof, and the map's own rules), with nothing but Node's standard library.
// usage: node check-log-map.mjs           compares with the files, exit 1 at the first difference
//        node check-log-map.mjs --write   writes the files
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const ascii = (text) => Buffer.from(text, 'ascii');
const hex = (bytes) => bytes.toString('hex');
const unhex = (text) => Buffer.from(text, 'hex');

// ---- The log: RFC 9162 §2.1, recursive as it stands there. ----

const leafHash = (data) => sha256(Buffer.of(0), data);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const largestPowerBelow = (n) => 2 ** Math.ceil(Math.log2(n) - 1);

// The larger subtrees are remembered for each array of leaves, for patience only.
const remembered = new WeakMap();

function mth(leaves, from = 0, to = leaves.length) {
  if (to - from <= 1) return to === from ? sha256() : leaves[from];
  if (!remembered.has(leaves)) remembered.set(leaves, new Map());
  const name = `${from} ${to}`;
  const known = to - from < 64 ? undefined : remembered.get(leaves).get(name);
  if (known !== undefined) return known;
  const k = largestPowerBelow(to - from);
  const hash = nodeHash(mth(leaves, from, from + k), mth(leaves, from + k, to));
  if (to - from >= 64) remembered.get(leaves).set(name, hash);
  return hash;
}

function inclusionPath(m, leaves, from = 0, to = leaves.length) {
  if (to - from === 1) return [];
  const k = largestPowerBelow(to - from);
  return m < k
    ? [...inclusionPath(m, leaves, from, from + k), { side: 'right', hash: mth(leaves, from + k, to) }]
    : [...inclusionPath(m - k, leaves, from + k, to), { side: 'left', hash: mth(leaves, from, from + k) }];
}

function consistencyPath(m, leaves, from = 0, to = leaves.length, whole = true) {
  if (m === to - from) return whole ? [] : [mth(leaves, from, to)];
  const k = largestPowerBelow(to - from);
  return m <= k
    ? [...consistencyPath(m, leaves, from, from + k, whole), mth(leaves, from + k, to)]
    : [...consistencyPath(m - k, leaves, from + k, to, false), mth(leaves, from, from + k)];
}

// What a range lacks: the subtrees of the RFC's own splitting that lie beside it. Each has a height, counted from the
// leaves; siblings are ordered by height, and at equal height left before right.
function rangePath(first, count, leaves) {
  const found = [];
  (function visit(from, to) {
    if (from >= first + count || to <= first) {
      found.push({ height: Math.ceil(Math.log2(to - from)), left: to <= first, from, to });
    } else if (to - from > 1 && !(from >= first && to <= first + count)) {
      const k = largestPowerBelow(to - from);
      visit(from, from + k);
      visit(from + k, to);
    }
  })(0, leaves.length);
  // A subtree cut off by the end of the log stands at the height of its sibling, which is complete.
  for (const sibling of found) {
    if (!sibling.left) sibling.height = Math.log2(lowestSet(sibling.from));
  }
  found.sort((a, b) => a.height - b.height || Number(b.left) - Number(a.left));
  return found.map(({ from, to }) => mth(leaves, from, to));
}

function lowestSet(n) {
  let bit = 1;
  while (n % (bit * 2) === 0) bit *= 2;
  return bit;
}

const entryCache = [];
function entry(i) {
  return (entryCache[i] ??= sha256(ascii(`entry ${i}`)));
}

const leafCache = [];
const trees = new Map();
function leavesOf(size) {
  while (leafCache.length < size) leafCache.push(leafHash(entry(leafCache.length)));
  if (!trees.has(size)) trees.set(size, leafCache.slice(0, size));
  return trees.get(size);
}

const hexes = (hashes) => hashes.map(hex);

function logRoots() {
  const sizes = [...Array(71).keys(), 127, 128, 129, 255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65537, 70000];
  return sizes.map((size) => ({ size, root: hex(mth(leavesOf(size))) }));
}

function inclusionCases() {
  const places = [[0, 1], [0, 2], [1, 2], [2, 3], [0, 7], [4, 7], [6, 7], [7, 8], [11, 21], [20, 21],
    [255, 257], [256, 257], [69999, 70000], [65536, 70000], [12345, 70000]];
  const cases = [];
  for (const [index, size] of places) {
    const leaves = leavesOf(size);
    const steps = inclusionPath(index, leaves);
    const path = hexes(steps.map((step) => step.hash));
    const sides = steps.map((step) => step.side);
    const sound = { index, size, entry: hex(entry(index)), root: hex(mth(leaves)), sides, path };
    cases.push({ valid: true, ...sound });
    for (const [why, change] of refusedInclusions(sound)) cases.push({ valid: false, why, ...sound, ...change });
  }
  return cases.filter((c) => c.valid || c.size <= 21);
}

function* refusedInclusions({ index, size, path, root }) {
  yield ['a sibling too many', { path: [...path, path[0] ?? root] }];
  if (path.length > 0) yield ['a sibling too few', { path: path.slice(0, -1) }];
  if (path.length > 1) yield ['siblings in another order', { path: [path[1], path[0], ...path.slice(2)] }];
  yield ['another index', { index: index === 0 ? 1 : index - 1 }];
  yield ['an index past the end', { index: size }];
  yield ['another entry', { entry: hex(entry(size)) }];
  yield ['another root', { root: hex(sha256(unhex(root))) }];
}

function consistencyCases() {
  const cases = [];
  for (const [from, to] of [[1, 1], [1, 2], [1, 8], [2, 5], [3, 7], [4, 7], [6, 7], [6, 8], [7, 8], [8, 8], [8, 21],
    [13, 21], [256, 257], [257, 70000], [65536, 70000], [69999, 70000]]) {
    const leaves = leavesOf(to);
    const path = hexes(consistencyPath(from, leaves));
    const sound = { from, to, fromRoot: hex(mth(leavesOf(from))), toRoot: hex(mth(leaves)), path };
    cases.push({ valid: true, ...sound });
    if (to > 21) continue;
    cases.push({ valid: false, why: 'a hash too many', ...sound, path: [...path, sound.toRoot] });
    cases.push({ valid: false, why: 'another older root', ...sound, fromRoot: hex(sha256(unhex(sound.fromRoot))) });
    cases.push({ valid: false, why: 'another newer root', ...sound, toRoot: hex(sha256(unhex(sound.toRoot))) });
    cases.push({ valid: false, why: 'an older size of 0', ...sound, from: 0, fromRoot: hex(sha256()) });
    if (path.length > 0) cases.push({ valid: false, why: 'a hash too few', ...sound, path: path.slice(0, -1) });
    if (from < to) cases.push({ valid: false, why: 'sizes exchanged', ...sound, from: to, to: from });
  }
  return cases;
}

function rangeCases() {
  const cases = [];
  for (const [first, count, size] of [[0, 1, 1], [0, 2, 2], [1, 1, 2], [0, 3, 7], [2, 3, 7], [3, 4, 7], [6, 1, 7],
    [5, 9, 21], [0, 21, 21], [19, 2, 21], [16, 5, 21], [250, 20, 300], [68000, 1000, 70000]]) {
    const leaves = leavesOf(size);
    const path = hexes(rangePath(first, count, leaves));
    const sound = { first, count, size, root: hex(mth(leaves)), path };
    cases.push({ valid: true, ...sound });
    if (size > 21) continue;
    cases.push({ valid: false, why: 'a sibling too many', ...sound, path: [...path, sound.root] });
    cases.push({ valid: false, why: 'another root', ...sound, root: hex(sha256(unhex(sound.root))) });
    cases.push({ valid: false, why: 'past the end', ...sound, first: size - count + 1 });
    if (path.length > 0) cases.push({ valid: false, why: 'a sibling too few', ...sound, path: path.slice(1) });
    if (path.length > 1) cases.push({ valid: false, why: 'siblings reversed', ...sound, path: [...path].reverse() });
  }
  return cases;
}

// ---- C2SP tlog-tiles: hash i of the tile at (level, index) is MTH(D[(256·index + i)·256^level …]). ----

function tilePath(level, index, width) {
  let groups = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups = `x${String(rest % 1000).padStart(3, '0')}/${groups}`;
  }
  return `tile/${level}/${groups}${width < 256 ? `.p/${width}` : ''}`;
}

function tilesOf(size) {
  const leaves = leavesOf(size);
  const tiles = [];
  for (let level = 0; 256 ** level <= size; level++) {
    const span = 256 ** level;
    const hashes = Math.floor(size / span);
    for (let index = 0; index * 256 < hashes; index++) {
      const width = Math.min(256, hashes - index * 256);
      const slots = [...Array(width).keys()].map((i) => (index * 256 + i) * span);
      const bytes = Buffer.concat(slots.map((start) => mth(leaves, start, start + span)));
      tiles.push({ path: tilePath(level, index, width), sha256: hex(sha256(bytes)) });
    }
  }
  return tiles;
}

function entryBundle(index, width) {
  const entries = [...Array(width).keys()].flatMap((i) => [Buffer.of(0, 32), entry(256 * index + i)]);
  return { path: tilePath('entries', index, width), sha256: hex(sha256(Buffer.concat(entries))) };
}

function tileCases() {
  const paths = [[0, 0, 256], [0, 999, 255], [1, 1000, 1], [2, 1234067, 256], [6, 0, 31], [0, 35184372088831, 255]];
  return {
    paths: paths.map(([level, index, width]) => ({ level, index, width, path: tilePath(level, index, width) })),
    trees: [1, 255, 256, 257, 1000, 70000].map((size) => ({ size, tiles: tilesOf(size) })),
    bundles: [[0, 256], [0, 1], [3, 77]].map(([index, width]) => ({ index, width, ...entryBundle(index, width) })),
  };
}

// ---- C2SP tlog-checkpoint and tlog-proof. ----

function noteCases() {
  const origin = 'log.example/of-acts';
  const checkpoint = (size) => `${origin}\n${size}\n${mth(leavesOf(size)).toString('base64')}\n`;
  const keyHash = sha256(Buffer.from(`${origin}\n\xffLedger`, 'latin1')).subarray(0, 4);
  const signature = Buffer.concat([keyHash, ascii('not a real signature')]);
  const note = (size) => `${checkpoint(size)}\n— ${origin} ${signature.toString('base64')}\n`;
  const path = inclusionPath(11, leavesOf(21)).map((step) => `${step.hash.toString('base64')}\n`).join('');
  const extra = ascii('ten bytes.');
  const one = (size) => ({ origin, size, root: hex(mth(leavesOf(size))), text: checkpoint(size) });
  return {
    checkpoints: [0, 1, 21, 70000].map(one),
    proofs: [
      { index: 11, size: 21, extra: '', text: `c2sp.org/tlog-proof@v1\nindex 11\n${path}\n${note(21)}` },
      { index: 0, size: 1, extra: '', text: `c2sp.org/tlog-proof@v1\nindex 0\n\n${note(1)}` },
      { index: 11, size: 21, extra: hex(extra),
        text: `c2sp.org/tlog-proof@v1\nextra ${extra.toString('base64')}\nindex 11\n${path}\n${note(21)}` },
    ],
  };
}

// ---- The streams map, over all its leaves each time. ----

const bit = (key, depth) => (key[depth >> 3] >> (7 - (depth & 7))) & 1;
const zero = Buffer.alloc(32);
const mapLeaf = ([key, value]) => sha256(Buffer.of(2), key, value);
const mapNode = (left, right) => sha256(Buffer.of(3), left, right);
const half = (leaves, depth, side) => leaves.filter(([key]) => bit(key, depth) === side);

function mapRoot(leaves, depth = 0) {
  if (leaves.length === 0) return zero;
  if (leaves.length === 1) return mapLeaf(leaves[0]);
  return mapNode(mapRoot(half(leaves, depth, 0), depth + 1), mapRoot(half(leaves, depth, 1), depth + 1));
}

function mapProof(leaves, key) {
  const siblings = [];
  while (leaves.length > 1) {
    const depth = siblings.length;
    siblings.push(mapRoot(half(leaves, depth, 1 - bit(key, depth)), depth + 1));
    leaves = half(leaves, depth, bit(key, depth));
  }
  return { siblings, leaf: leaves[0] ?? null };
}

function head(major, n) {
  if (n < 24) return Buffer.of((major << 5) | n);
  return n < 256 ? Buffer.of((major << 5) | 24, n) : Buffer.of((major << 5) | 25, n >> 8, n & 255);
}

const cborBytes = (bytes) => Buffer.concat([head(2, bytes.length), bytes]);
const cborText = (text) => Buffer.concat([head(3, text.length), ascii(text)]);

function encodeEnd(key, leaf) {
  if (leaf === null) return Buffer.of(0xf6);
  const [leafKey, value] = leaf;
  return leafKey.equals(key) ? cborBytes(value) : Buffer.concat([head(4, 2), cborBytes(leafKey), cborBytes(value)]);
}

function encodeProof(end, siblings) {
  const mask = Buffer.alloc(Math.ceil(siblings.length / 8));
  siblings.forEach((sibling, i) => { if (!sibling.equals(zero)) mask[i >> 3] |= 0x80 >> (i & 7); });
  return encodeParts(end, mask, siblings.filter((sibling) => !sibling.equals(zero)));
}

function encodeParts(end, mask, path) {
  return Buffer.concat([head(5, 3), cborText('end'), end, cborText('mask'), cborBytes(mask), cborText('path'),
    head(4, path.length), ...path.map(cborBytes)]);
}

const mapKey = (i) => sha256(ascii(`key ${i}`));
const mapValue = (i) => sha256(ascii(`value ${i}`));
const keyFrom = (prefix, last = '01') => unhex(prefix + '00'.repeat(31 - prefix.length / 2) + last);

function proofCase(leaves, key) {
  const { siblings, leaf } = mapProof(leaves, key);
  const present = leaf !== null && leaf[0].equals(key);
  return { key: hex(key), verdict: present ? 'present' : 'absent', ...(present ? { value: hex(leaf[1]) } : {}),
    proof: hex(encodeProof(encodeEnd(key, leaf), siblings)) };
}

function mapCase(name, leaves, keys) {
  return { name, leaves: leaves.map((leaf) => hexes(leaf)), root: hex(mapRoot(leaves)),
    proofs: keys.map((key) => proofCase(leaves, key)) };
}

function mapCases() {
  const numbered = (n) => [...Array(n).keys()].map((i) => [mapKey(i), mapValue(i)]);
  const deep = [[keyFrom('', 'f0'), mapValue(0)], [keyFrom('', 'f1'), mapValue(1)]];
  const close = [[keyFrom('a000'), mapValue(0)], [keyFrom('a001'), mapValue(1)], [keyFrom('a002'), mapValue(2)]];
  return [
    mapCase('no keys', [], [mapKey(0)]),
    mapCase('one key: the root is the leaf', numbered(1), [mapKey(0), mapKey(1)]),
    mapCase('two keys that differ in the last bit only', deep,
      [deep[0][0], deep[1][0], keyFrom('80'), keyFrom('', '0f')]),
    mapCase('three keys behind a long common way', close,
      [...close.map(([key]) => key), ...['a003', 'a080', '2000', 'ff'].map((prefix) => keyFrom(prefix))]),
    mapCase('a hundred keys', numbered(100), [...Array(10).keys(), 99, 100, 101, 102, 103].map(mapKey)),
  ];
}

// Proofs that must be refused: by the decoder (form) or by verification (root).
function refusedMapCases() {
  const leaves = [...Array(20).keys()].map((i) => [mapKey(i), mapValue(i)]);
  const root = mapRoot(leaves);
  const key = mapKey(3);
  const { siblings, leaf } = mapProof(leaves, key);
  const end = cborBytes(leaf[1]);
  const mask = Buffer.alloc(Math.ceil(siblings.length / 8));
  siblings.forEach((sibling, i) => { if (!sibling.equals(zero)) mask[i >> 3] |= 0x80 >> (i & 7); });
  const path = siblings.filter((sibling) => !sibling.equals(zero));
  const other = (k, v) => Buffer.concat([head(4, 2), cborBytes(k), cborBytes(v)]);
  const off = mapProof(leaves, mapKey(4));
  const form = (why, proof) => ({ why, refused: 'form', root: hex(root), key: hex(key), proof: hex(proof) });
  const wrong = (why, proof, against = root) =>
    ({ why, refused: 'root', root: hex(against), key: hex(key), proof: hex(proof) });
  const lone = mapLeaf([key, mapValue(3)]);
  const stretched = bit(key, 0) ? mapNode(zero, lone) : mapNode(lone, zero);
  const [fullMask, fullPath] = [Buffer.alloc(32, 0xff), Array(256).fill(path[0])];
  return [
    form('mask with a zero byte at its end', encodeParts(end, Buffer.concat([mask, Buffer.of(0)]), path)),
    form('an empty sibling written out', encodeParts(end, Buffer.of(0xc0), [zero, path[0]])),
    form('a sibling fewer than the mask says', encodeParts(end, mask, path.slice(1))),
    form('a sibling more than the mask says', encodeParts(end, mask, [...path, path[0]])),
    form('a mask of 33 bytes', encodeParts(end, Buffer.alloc(33, 0xff), Array(264).fill(path[0]))),
    form('nothing at depth 256', encodeParts(Buffer.of(0xf6), fullMask, fullPath)),
    form('another leaf at depth 256', encodeParts(other(mapKey(4), mapValue(4)), fullMask, fullPath)),
    form('trailing byte', Buffer.concat([encodeParts(end, mask, path), Buffer.of(0)])),
    wrong('the value of another key', encodeParts(cborBytes(mapValue(4)), mask, path)),
    wrong('nothing where a leaf stands', encodeParts(Buffer.of(0xf6), mask, path)),
    wrong('the own leaf given out as another one', encodeParts(other(key, mapValue(3)), mask, path)),
    wrong('another leaf from elsewhere', encodeProof(other(mapKey(4), mapValue(4)), off.siblings)),
    wrong('one level left out', encodeProof(end, siblings.slice(0, -1))),
    wrong('an inner node given out as the place of nothing', encodeParts(Buffer.of(0xf6), Buffer.of(), []), root),
    wrong('a lone leaf that did not collapse', encodeParts(end, Buffer.of(), []), stretched),
    wrong('a leaf off its way', encodeParts(other(keyFrom('80'), mapValue(0)), Buffer.of(0x80), [lone]),
      misplaced(key, mapLeaf([keyFrom('80'), mapValue(0)]), lone, keyFrom('80'))),
  ];
}

// The root of a false map in which a leaf stands on the half where the key belongs, though its own first bit differs.
function misplaced(key, leaf, sibling, leafKey) {
  if (bit(key, 0) === bit(leafKey, 0)) throw new Error('The two keys must differ in their first bit.');
  return bit(key, 0) ? mapNode(sibling, leaf) : mapNode(leaf, sibling);
}

// ---- Files. ----

const entriesNote = 'Entry i is SHA-256 of the ASCII text "entry i"; its leaf is SHA-256(0x00 || entry).';
const keysNote = 'Key i and value i are SHA-256 of the ASCII texts "key i" and "value i", or written out.';
const files = {
  'log/roots.json': () => ({ note: entriesNote, roots: logRoots() }),
  'log/inclusion.json': () => ({ note: entriesNote, cases: inclusionCases() }),
  'log/consistency.json': () => ({ note: entriesNote, cases: consistencyCases() }),
  'log/range.json': () => ({ note: `${entriesNote} Siblings by height, left before right.`, cases: rangeCases() }),
  'log/tiles.json': () => ({ note: `${entriesNote} sha256 is that of the tile or bundle.`, ...tileCases() }),
  'log/notes.json': () => ({ note: `${entriesNote} The signatures are dummies.`, ...noteCases() }),
  'map/maps.json': () => ({ note: keysNote, maps: mapCases() }),
  'map/refused.json': () => ({ note: 'refused: by the decoder (form), or under the root', cases: refusedMapCases() }),
};

// The test tree of the first Certificate Transparency implementations. Its numbers come from there, not from here.
function checkCertificateTransparency() {
  const file = readFileSync(join(folder, 'log/certificate-transparency.json'), 'utf8');
  const { entries, roots, inclusion, consistency } = JSON.parse(file);
  const leaves = entries.map((data) => leafHash(unhex(data)));
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  return roots.every((root, size) => hex(mth(leaves.slice(0, size))) === root)
    && inclusion.every((p) => same(hexes(inclusionPath(p.index, leaves.slice(0, p.size)).map((s) => s.hash)), p.path))
    && consistency.every((p) => same(hexes(consistencyPath(p.from, leaves.slice(0, p.to))), p.path));
}

let differences = 0;
for (const [name, make] of Object.entries(files)) {
  const path = join(folder, name);
  const text = `${JSON.stringify(make(), null, 1)}\n`;
  if (process.argv.includes('--write')) {
    writeFileSync(path, text);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is not what the definitions give`);
    differences++;
  }
}

if (!checkCertificateTransparency()) {
  console.error('log/certificate-transparency.json is not what the definitions give');
  differences++;
}

console.log(differences === 0 ? `${Object.keys(files).length + 1} files agree` : `${differences} files differ`);
process.exitCode = differences === 0 ? 0 : 1;

// What a reader of the chain's formats must refuse, and why. Each case is one change to sound bytes: at an offset some
// bytes are removed and others put in.
import { encode, head } from './cbor.mjs';

const SHORT = 'the bytes end inside an item';
const UNKNOWN = 'a member that this map does not allow';
const MISSING = 'a required member is missing';
const LENGTH = 'a string has the wrong length';
const COUNT = 'an array or map has the wrong number of items';
const VALUE = 'a value that is not allowed here';
const TYPE = 'an item of another type was expected';
const none = Buffer.alloc(0);
const hexed = (text) => Buffer.from(text, 'hex');

/** Offset of a member's key, the nth one of that name. */
function keyAt(bytes, key, nth = 0) {
  let at = -1;
  for (let i = 0; i <= nth; i++) at = bytes.indexOf(encode(key), at + 1);
  if (at < 0) throw new Error(`no member ${key}`);
  return at;
}

const valueAt = (bytes, key, nth) => keyAt(bytes, key, nth) + encode(key).length;

/** Cases that hold for every format: a closed map with "v" or another first member. */
function general(of, bytes, [first, firstLength], [second, secondLength]) {
  const size = bytes[0] & 31;
  const firstWhole = bytes.subarray(1, 1 + firstLength);
  const secondWhole = bytes.subarray(1 + firstLength, 1 + firstLength + secondLength);
  const change = (why, reason, at, remove, insert) => ({ of, why, reason, at, remove, insert });
  return [
    change('nothing at all', SHORT, 0, bytes.length, none),
    change('the last byte is missing', SHORT, bytes.length - 1, 1, none),
    change('a byte follows', 'bytes follow the end of the item', bytes.length, 0, Buffer.of(0)),
    change('an indefinite map', 'indefinite lengths are not allowed', 0, 1, Buffer.of(0xbf)),
    change('a tag in front', 'a tag that is not allowed here', 0, 0, Buffer.of(0xd2)),
    change('an array', TYPE, 0, 1, Buffer.of(0x80 | size)),
    change('the number of members in two bytes', 'a length or integer is not in its shortest form', 0, 1, Buffer.of(0xb8, size)),
    change('one member fewer than it says', UNKNOWN, 0, 1, Buffer.of(0xa1 + size)),
    change(`without ${first}`, MISSING, 0, 1 + firstLength, Buffer.of(0xa0 | (size - 1))),
    change(`${first} twice`, 'a map key stands twice', 0, 1 + firstLength,
      Buffer.concat([Buffer.of(0xa1 + size), firstWhole, firstWhole])),
    change(`${second} before ${first}`, MISSING, 1, firstLength + secondLength, Buffer.concat([secondWhole, firstWhole])),
    change('a member before the first', UNKNOWN, 0, 1, Buffer.concat([Buffer.of(0xa1 + size), encode('a'), Buffer.of(0)])),
    change('a number as key', 'a map key is not a text', 1, 0, Buffer.of(0)),
    change('a key that is not UTF-8', 'a text is not valid UTF-8', 1, encode(first).length, hexed('61ff')),
  ];
}

function headerCases(bytes) {
  const of = 'header';
  const at = (key) => valueAt(bytes, key);
  return [
    { of, why: 'another version', reason: VALUE, at: at('v'), remove: 1, insert: Buffer.of(2) },
    { of, why: 'a member that is null', reason: TYPE, at: at('commit'), remove: 34, insert: Buffer.of(0xf6) },
    { of, why: 'a digest of 31 bytes', reason: LENGTH, at: at('root'), remove: 3, insert: hexed('581f') },
    { of, why: 'a digest of 33 bytes', reason: LENGTH, at: at('root'), remove: 2, insert: hexed('582100') },
    { of, why: 'a digest as text', reason: TYPE, at: at('prev'), remove: 1, insert: Buffer.of(0x78) },
    { of, why: 'a negative height', reason: TYPE, at: at('height'), remove: 1, insert: Buffer.of(0x20) },
    { of, why: 'a height not in its shortest form', reason: 'a length or integer is not in its shortest form', at: at('height'),
      remove: 1, insert: hexed('1801') },
    { of, why: 'a size of 2^53', reason: 'an integer outside ±(2^53 - 1)', at: at('size'), remove: 1,
      insert: hexed('1b0020000000000000') },
    { of, why: 'a time with a fraction', reason: 'floating-point numbers are not allowed', at: at('time'), remove: 9,
      insert: hexed('fb41d954fc40000000') },
    { of, why: 'undefined', reason: 'no simple value but true, false and null is allowed', at: at('time'), remove: 9,
      insert: Buffer.of(0xf7) },
    { of, why: 'a length that is reserved', reason: 'a reserved initial byte', at: at('next'), remove: 1, insert: Buffer.of(0x5c) },
    { of, why: 'a length beyond the end', reason: SHORT, at: at('validators'), remove: 2, insert: hexed('5821') },
    { of, why: 'a member between the others', reason: UNKNOWN, at: 0, remove: 1 + 3,
      insert: Buffer.concat([Buffer.of(0xae), encode('v'), Buffer.of(1), encode('x'), Buffer.of(0)]) },
  ];
}

function bodyCases(bytes) {
  const of = 'body';
  const records = valueAt(bytes, 'records');
  const misbehaviour = valueAt(bytes, 'misbehaviour');
  return [
    { of, why: 'a record id of 63 bytes', reason: LENGTH, at: records + 1, remove: 3, insert: hexed('583f') },
    { of, why: 'a record id of 65 bytes', reason: LENGTH, at: records + 1, remove: 2, insert: hexed('584100') },
    { of, why: 'more records counted than there are', reason: SHORT, at: records, remove: 1, insert: hexed('9903e8') },
    { of, why: 'records as null', reason: TYPE, at: records, remove: 1 + 66, insert: Buffer.of(0xf6) },
    { of, why: 'misbehaviour as a number', reason: TYPE, at: misbehaviour + 1, remove: 4, insert: Buffer.of(0) },
    { of, why: '65 files of misbehaviour', reason: COUNT, at: misbehaviour, remove: bytes.length - misbehaviour,
      insert: Buffer.concat([head(4, 65), Buffer.alloc(65, 0x40)]) },
    { of, why: 'a file of misbehaviour of 16,385 bytes', reason: LENGTH, at: misbehaviour + 1, remove: 4,
      insert: encode(Buffer.alloc(16_385)) },
  ];
}

function commitCases(bytes) {
  const of = 'commit';
  const votes = valueAt(bytes, 'votes');
  const vote = (i) => votes + 1 + i * (1 + 1 + 3 + 3_309);
  const height = keyAt(bytes, 'height');
  return [
    { of, why: 'another version', reason: VALUE, at: valueAt(bytes, 'v'), remove: 1, insert: Buffer.of(0) },
    { of, why: 'a round of 2^31', reason: VALUE, at: valueAt(bytes, 'round'), remove: 1, insert: hexed('1a80000000') },
    { of, why: 'no votes', reason: COUNT, at: votes, remove: height - votes, insert: Buffer.of(0x80) },
    { of, why: 'votes that descend', reason: VALUE, at: vote(2) + 1, remove: 1, insert: Buffer.of(1) },
    { of, why: 'two votes of one validator', reason: VALUE, at: vote(2) + 1, remove: 1, insert: Buffer.of(2) },
    { of, why: 'validator 256', reason: VALUE, at: vote(2) + 1, remove: 1, insert: hexed('190100') },
    { of, why: 'a validator below 0', reason: TYPE, at: vote(0) + 1, remove: 1, insert: Buffer.of(0x20) },
    { of, why: 'a signature of 3,308 bytes', reason: LENGTH, at: vote(0) + 2, remove: 4, insert: hexed('590cec') },
    { of, why: 'a vote of three items', reason: COUNT, at: vote(0), remove: 1, insert: Buffer.of(0x83) },
    { of, why: 'a vote that is a map', reason: TYPE, at: vote(1), remove: 1, insert: Buffer.of(0xa1) },
    { of, why: 'more votes counted than there are', reason: TYPE, at: votes, remove: 1, insert: Buffer.of(0x84) },
  ];
}

function configurationCases(bytes) {
  const of = 'configuration';
  const at = (key, nth) => valueAt(bytes, key, nth);
  const firstKid = at('kids') + 1;
  const validators = at('validators');
  const vote = (i) => bytes.subarray(at('vote', i), at('vote', i) + 1_955);
  const governance = (i) => bytes.subarray(at('governance', i), at('governance', i) + 1_955);
  const stream = (i) => bytes.subarray(at('stream', i), at('stream', i) + 34); // the first is a quota of admission's
  const name = (i) => bytes.indexOf(encode('name'), keyAt(bytes, 'peer', i) - 12) + encode('name').length;
  const emptyMember = keyAt(bytes, 'kids', 1);
  return [
    { of, why: 'another version', reason: VALUE, at: at('v'), remove: 1, insert: Buffer.of(2) },
    { of, why: 'a mode that is neither open nor invited', reason: VALUE, at: at('mode'), remove: 8, insert: encode('closed') },
    { of, why: 'a window of no blocks', reason: VALUE, at: at('window'), remove: 3, insert: Buffer.of(0) },
    { of, why: 'a quota without streams', reason: MISSING, at: at('open'), remove: 1, insert: Buffer.of(0xa2) },
    { of, why: 'a quota below 0', reason: TYPE, at: at('roots'), remove: 3, insert: Buffer.of(0x20) },
    { of, why: 'a member called open', reason: VALUE, at: valueAt(bytes, 'name', 1), remove: 5, insert: encode('open') },
    { of, why: 'a member without a name', reason: VALUE, at: valueAt(bytes, 'name', 1), remove: 5, insert: encode('') },
    { of, why: 'one key invited by two members', reason: VALUE, at: emptyMember + 5, remove: 1,
      insert: Buffer.concat([Buffer.of(0x81), bytes.subarray(firstKid, firstKid + 34)]) },
    { of, why: 'one key invited twice by one member', reason: VALUE, at: firstKid - 1, remove: 1,
      insert: Buffer.concat([Buffer.of(0x82), bytes.subarray(firstKid, firstKid + 34)]) },
    { of, why: 'an observer of 65 bytes', reason: LENGTH, at: at('observers') + 1, remove: 36, insert: encode(Buffer.alloc(65)) },
    { of, why: 'reading that is neither open nor for members', reason: VALUE, at: at('read'), remove: 5, insert: encode('none') },
    { of, why: 'blocks of no records', reason: VALUE, at: at('blockRecords'), remove: 3, insert: Buffer.of(0) },
    { of, why: 'blocks of 15,001 records', reason: VALUE, at: at('blockRecords'), remove: 3, insert: encode(15_001) },
    { of, why: 'a parameter that nobody knows', reason: UNKNOWN, at: at('parameters'), remove: 1,
      insert: Buffer.concat([Buffer.of(0xac), encode('new'), Buffer.of(1)]) },
    { of, why: 'a parameter too few', reason: MISSING, at: keyAt(bytes, 'protocol'), remove: 10, insert: none },
    { of, why: 'no validators', reason: COUNT, at: validators, remove: bytes.length - validators, insert: Buffer.of(0x80) },
    { of, why: 'two validators with one vote key', reason: VALUE, at: at('vote', 1), remove: 1_955, insert: vote(0) },
    { of, why: 'two validators with one governance key', reason: VALUE, at: at('governance', 1), remove: 1_955,
      insert: governance(0) },
    { of, why: "one validator's governance key as another's vote key", reason: VALUE, at: at('vote', 1), remove: 1_955,
      insert: governance(0) },
    { of, why: 'a validator that votes with its governance key', reason: VALUE, at: at('vote', 0), remove: 1_955,
      insert: governance(0) },
    { of, why: 'two validators with one stream', reason: VALUE, at: at('stream', 2), remove: 34, insert: stream(1) },
    { of, why: 'two validators with one name', reason: VALUE, at: name(1), remove: encode('beta').length, insert: encode('alpha') },
    { of, why: 'a vote key of 1,951 bytes', reason: LENGTH, at: at('vote', 0), remove: 4, insert: hexed('59079f') },
    { of, why: 'a validator without power', reason: VALUE, at: at('power', 0), remove: 1, insert: Buffer.of(0) },
    { of, why: 'a power above 10^9', reason: VALUE, at: at('power', 0), remove: 1, insert: encode(1_000_000_001) },
    { of, why: 'a name of 65 bytes', reason: LENGTH, at: valueAt(bytes, 'name', 2), remove: 6, insert: encode('x'.repeat(65)) },
    { of, why: 'a peer id of 65 bytes', reason: LENGTH, at: at('peer', 0), remove: 36, insert: encode(Buffer.alloc(65)) },
  ];
}

function genesisCases(bytes) {
  const of = 'genesis document';
  const at = (key) => valueAt(bytes, key);
  const configuration = keyAt(bytes, 'configuration');
  return [
    { of, why: 'a Bitcoin network that nobody knows', reason: VALUE, at: at('bitcoin'), remove: 5, insert: encode('testnet3') },
    { of, why: 'a name of 65 bytes', reason: LENGTH, at: at('name'), remove: 4, insert: encode('n'.repeat(65)) },
    { of, why: 'a predecessor without a root', reason: MISSING, at: at('predecessor'), remove: 1 + 39, insert: Buffer.of(0xa5) },
    { of, why: 'a predecessor that is null', reason: TYPE, at: at('predecessor'), remove: configuration - at('predecessor'),
      insert: Buffer.of(0xf6) },
    { of, why: 'no configuration', reason: MISSING, at: 0, remove: bytes.length,
      insert: Buffer.concat([Buffer.of(0xa5), bytes.subarray(1, configuration)]) },
  ];
}

function misbehaviourCases(bytes) {
  const of = 'misbehaviour';
  const first = valueAt(bytes, 'first');
  const second = valueAt(bytes, 'second');
  const whole = (at) => bytes.subarray(at, at + 3 + bytes[at + 2] + 3 + 3_309);
  const end = (at) => at + 3 + bytes[at + 2]; // an array of two, the head of a string of 24 to 255 bytes, the string
  const height = 3 + 1 + 14 + 34;
  return [
    { of, why: 'another version', reason: VALUE, at: valueAt(bytes, 'v'), remove: 1, insert: Buffer.of(2) },
    { of, why: 'a key of 1,951 bytes', reason: LENGTH, at: valueAt(bytes, 'key'), remove: 4, insert: hexed('59079f') },
    { of, why: 'another type', reason: VALUE, at: valueAt(bytes, 'type'), remove: 13, insert: encode('misbehavior') },
    { of, why: 'a statement of 129 bytes', reason: LENGTH, at: first + 1, remove: end(first) - first - 1,
      insert: encode(Buffer.alloc(129)) },
    { of, why: 'a statement for another purpose', reason: VALUE, at: first + 5, remove: 1, insert: Buffer.from('x') },
    { of, why: 'a statement that is no array', reason: TYPE, at: first + 3, remove: 1, insert: Buffer.of(0xa6) },
    { of, why: 'a statement of five items', reason: COUNT, at: first + 3, remove: 1, insert: Buffer.of(0x85) },
    { of, why: 'a step that is neither prevote nor precommit', reason: VALUE, at: first + height + 2, remove: 1,
      insert: Buffer.of(3) },
    { of, why: 'a byte inside the string after the statement', reason: 'bytes follow the end of the item', at: second + 2,
      remove: 1 + bytes[second + 2], insert: Buffer.concat([Buffer.of(bytes[second + 2] + 1),
        bytes.subarray(second + 3, end(second)), Buffer.of(0)]) },
    { of, why: 'statements about two heights', reason: VALUE, at: second + height, remove: 1, insert: Buffer.of(3) },
    { of, why: 'statements about two rounds', reason: VALUE, at: second + height + 1, remove: 1, insert: Buffer.of(2) },
    { of, why: 'votes in two steps', reason: VALUE, at: second + height + 2, remove: 1, insert: Buffer.of(2) },
    { of, why: 'statements about two chains', reason: VALUE, at: second + height - 1, remove: 1,
      insert: Buffer.of(bytes[second + height - 1] ^ 1) },
    { of, why: 'the same statement twice', reason: VALUE, at: second, remove: whole(second).length, insert: whole(first) },
    { of, why: 'the larger statement first', reason: VALUE, at: first, remove: bytes.length - first,
      insert: Buffer.concat([whole(second), encode('second'), whole(first)]) },
    { of, why: 'a signature of 3,308 bytes', reason: LENGTH, at: end(first), remove: 4, insert: hexed('590cec') },
    { of, why: 'a signed statement of three items', reason: COUNT, at: first, remove: 1, insert: Buffer.of(0x83) },
  ];
}

function forkCases(bytes) {
  const of = 'fork';
  const [first, second, genesis] = ['first', 'second', 'genesis'].map((key) => valueAt(bytes, key));
  const commit = (at, end) => bytes.subarray(at, end);
  const firstOne = commit(first, second - encode('second').length);
  const secondOne = commit(second, genesis - encode('genesis').length);
  const heightOf = (at, one) => at + one.length - 1; // the last member of a commit is its height, here in one byte
  return [
    { of, why: 'another version', reason: VALUE, at: valueAt(bytes, 'v'), remove: 1, insert: Buffer.of(2) },
    { of, why: 'another type', reason: VALUE, at: valueAt(bytes, 'type'), remove: 5, insert: encode('form') },
    { of, why: 'commits of two heights', reason: VALUE, at: heightOf(second, secondOne), remove: 1, insert: Buffer.of(3) },
    { of, why: 'one commit twice', reason: VALUE, at: second, remove: secondOne.length, insert: firstOne },
    { of, why: 'the larger block first', reason: VALUE, at: first, remove: genesis - encode('genesis').length - first,
      insert: Buffer.concat([secondOne, encode('second'), firstOne]) },
    { of, why: 'a commit that is none', reason: TYPE, at: first + 3, remove: 1, insert: Buffer.of(0x85) },
    { of, why: 'a genesis document that is none', reason: TYPE, at: genesis + 3, remove: 1, insert: Buffer.of(0x86) },
    { of, why: 'no genesis document', reason: SHORT, at: genesis, remove: bytes.length - genesis, insert: encode(none) },
  ];
}

export function refusals(bases) {
  const parts = { header: [['v', 3], ['body', 39]], body: [['records', 8 + 1 + 66], ['misbehaviour', 13 + 1 + 4 + 1]],
    commit: [['v', 3], ['block', 40]], configuration: [['v', 3], ['change', 8]], 'genesis document': [['v', 3], ['name', 9]],
    misbehaviour: [['v', 3], ['key', 4 + 3 + 1_952]], fork: [['v', 3], ['type', 5 + 5]] };
  const own = { header: headerCases, body: bodyCases, commit: commitCases, configuration: configurationCases,
    'genesis document': genesisCases, misbehaviour: misbehaviourCases, fork: forkCases };
  return Object.entries(bases).flatMap(([of, bytes]) => [...general(of, bytes, ...parts[of]), ...own[of](bytes)]);
}

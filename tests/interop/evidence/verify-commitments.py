#!/usr/bin/env python3
"""Re-derives every commitment of an evidence file, from anchor/README.md and nothing else.

usage: verify-commitments.py FILE [--merkle-root HEX]... [--json]

  record -> entry -> log root -> block header -> block id -> next header -> OP_RETURN -> transaction -> Merkle root
  -> Bitcoin header; and stream state -> streams-map root.

--merkle-root is what a Bitcoin node that you trust says about the block, in the form that bitcoin-cli prints
(`bitcoin-cli getblockheader HASH`, "merkleroot"): one for each anchored checkpoint of the file, in its order. Without
it the last step rests on the file's own Bitcoin header and on the work in it.

Only hashes are checked here: signatures are not, and so no verdict is given. The standard library is all it takes.
Exit code 0 if all commitments hold, 1 if one does not, 64 for wrong use.
"""
import hashlib
import json
import sys

FILE_BYTES_MAX = 1 << 30
DEPTH_MAX = 8
INTEGER_MAX = 2**53 - 1
EVIDENCE_MEMBERS = {"v", "keys", "type", "scope", "stream", "records", "checksum"}
HEADER_MEMBERS = {"v", "body", "next", "prev", "root", "size", "time", "chain", "commit", "height", "streams",
                  "proposer", "validators"}

FLOORS = {"main": (0xFFFF << 208) // 10**13, "testnet4": 2**224 - 1, "signet": 0x377AE << 216, "regtest": 2**255 - 1}


class Refused(Exception):
    """The first thing in the file that is not as the format says."""


def require(holds, what):
    if not holds:
        raise Refused(what)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def double_sha256(*parts):
    return sha256(sha256(*parts))


def shown(digest):
    """Bitcoin's tools print hashes in reverse."""
    return digest[::-1].hex()


# ---- Deterministic CBOR (RFC 8949, section 4.2.1), narrowed as the page says. ----

class Cbor:
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.key_at = {}

    def take(self, count):
        require(count <= len(self.data) - self.at, f"the bytes end inside an item (offset {self.at})")
        self.at += count
        return self.data[self.at - count:self.at]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        require(info <= 27 and major != 7, f"an initial byte that is not allowed (offset {self.at - 1})")
        size = 1 << (info - 24)
        value = int.from_bytes(self.take(size), "big")
        require(value >= (24, 1 << 8, 1 << 16, 1 << 32)[info - 24], f"not the shortest form (offset {self.at})")
        return major, value

    def item(self, depth=1):
        start = self.at
        major, value = self.head()
        if major in (0, 1):
            require(value + major <= INTEGER_MAX, f"an integer out of range (offset {start})")
            return value if major == 0 else -1 - value
        if major == 2:
            return bytes(self.take(value))
        if major == 3:
            return self.text(value, start)
        if major in (4, 5):
            require(depth <= DEPTH_MAX, f"nested too deeply (offset {start})")
            require(value <= len(self.data) - self.at, f"a count beyond the file (offset {start})")
            return self.array(value, depth) if major == 4 else self.map(value, depth)
        require(major == 7 and value in (20, 21, 22), f"an item that is not allowed (offset {start})")
        return {20: False, 21: True, 22: None}[value]

    def text(self, length, start):
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(f"a text is not UTF-8 (offset {start})") from None

    def array(self, count, depth):
        return [self.item(depth + 1) for _ in range(count)]

    def map(self, count, depth):
        members, before = {}, b""
        for _ in range(count):
            start = self.at
            key = self.item(depth + 1)
            encoded = self.data[start:self.at]
            require(isinstance(key, str), f"a key is not a text (offset {start})")
            require(encoded > before, f"keys do not ascend (offset {start})")
            if depth == 1:
                self.key_at[key] = start
            members[key], before = self.item(depth + 1), encoded
        return members


def decode(data, what):
    reader = Cbor(data)
    try:
        item = reader.item()
        require(reader.at == len(data), f"bytes follow the end (offset {reader.at})")
    except Refused as fault:
        raise Refused(f"{what}: {fault}") from None
    return item, reader.key_at


def closed(item, names, what, optional=()):
    require(isinstance(item, dict), f"{what} is not a map")
    missing, unknown = set(names) - set(item), set(item) - set(names) - set(optional)
    require(not missing and not unknown, f"{what}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    return item


def is_digest(item):
    return isinstance(item, bytes) and len(item) == 32


def is_number(item):
    return isinstance(item, int) and not isinstance(item, bool) and item >= 0


# ---- The log: RFC 9162, section 2.1.3.2. ----

def log_root(entry, index, size, path):
    require(index < size, f"index {index} lies outside a log of {size}")
    place, last, found = index, size - 1, sha256(b"\0", entry)
    for sibling in path:
        require(is_digest(sibling) and last > 0, "an inclusion path is too long")
        if place % 2 == 1 or place == last:
            found = sha256(b"\1", sibling, found)
            while place % 2 == 0 and place > 0:
                place, last = place // 2, last // 2
        else:
            found = sha256(b"\1", found, sibling)
        place, last = place // 2, last // 2
    require(last == 0, "an inclusion path is too short")
    return found


# ---- The streams map. ----

def streams_root(stream, state, encoded_proof):
    proof, _ = decode(encoded_proof, "the streams-map proof")
    closed(proof, {"end", "mask", "path"}, "the streams-map proof")
    mask, path = proof["mask"], list(proof["path"])
    value = sha256(state)
    require(proof["end"] == value, "the streams-map proof does not end in the stream's state")
    require(isinstance(mask, bytes) and len(mask) <= 32 and not mask.endswith(b"\0"), "the mask is malformed")
    bits = [mask[i // 8] >> (7 - i % 8) & 1 for i in range(8 * len(mask))]
    while bits and bits[-1] == 0:
        bits.pop()
    require(sum(bits) == len(path) and all(is_digest(s) and any(s) for s in path), "the mask does not fit the path")
    siblings = [path.pop(0) if bit else bytes(32) for bit in bits]
    found = sha256(b"\2", stream, value)
    for depth in reversed(range(len(siblings))):
        right = stream[depth // 8] >> (7 - depth % 8) & 1
        pair = (siblings[depth], found) if right else (found, siblings[depth])
        found = sha256(b"\3", *pair)
    return found


# ---- Blocks. ----

def header_of(encoded, what):
    require(isinstance(encoded, bytes) and len(encoded) <= 512, f"{what} is too long")
    header = closed(decode(encoded, what)[0], HEADER_MEMBERS, what)
    numbers = {"v", "size", "time", "height"}
    require(all(is_number(header[name]) if name in numbers else is_digest(header[name]) for name in HEADER_MEMBERS),
            f"{what} has a member of the wrong type")
    require(header["v"] == 1, f"{what} is of another version")
    return header


def follows(encoded_before, header, what):
    before = header_of(encoded_before, what)
    require(header["prev"] == sha256(encoded_before), f"{what}: prev is not the id of the block before")
    require(header["height"] == before["height"] + 1, f"{what}: heights do not follow each other")
    require(header["chain"] == before["chain"], f"{what}: another chain")


def configurations_of(genesis, steps):
    """Digests of all configurations that the file shows, without the signatures that lead from one to the next."""
    _, key_at = decode(genesis, "the genesis document")
    known = [sha256(genesis[key_at["configuration"] + len("configuration") + 1:])]
    after = 0
    for step in steps:
        closed(step, {"configuration"}, "a step of the walk", optional={"commit", "header"})
        require(("commit" in step) == ("header" in step), "a step with half of its proof")
        known.append(sha256(step["configuration"]))
        if "header" in step:
            header = header_of(step["header"], "the header of a step")
            require(header["chain"] == sha256(genesis), "a step of another chain")
            require(header["height"] > after, "the steps do not ascend")
            require(header["validators"] in known[:-1], "a step from a configuration that the file does not show")
            require(header["next"] == known[-1], "a step to another configuration")
            after = header["height"]
    return known


def checkpoint_of(item, genesis, network, expected_root):
    closed(item, {"links", "commit", "header"}, "a checkpoint", optional={"next", "bitcoin"})
    header = header_of(item["header"], "the header")
    block = sha256(item["header"])
    require(header["chain"] == sha256(genesis), "the header is of another chain than the genesis document")
    run = [*item["links"], item["header"]]
    require(len(run) <= 18, "too many links")
    for before, after in zip(run, run[1:]):
        follows(before, header_of(after, "a linked header"), "a link")
    commit, _ = decode(item["commit"], "the commit")
    closed(commit, {"v", "block", "round", "votes", "height"}, "the commit")
    require((commit["block"], commit["height"]) == (block, header["height"]), "the commit is for another block")
    found = {"height": header["height"], "block": block.hex(), "time": header["time"], "size": header["size"],
             "root": header["root"].hex(), "streams": header["streams"].hex(), "links": len(item["links"])}
    if "next" in item:
        follows(item["header"], following := header_of(item["next"], "the next header"), "the next header")
        require(following["commit"] == sha256(item["commit"]), "the next header names another commit")
        found["next"] = sha256(item["next"]).hex()
    if "bitcoin" in item:
        require("next" in item, "a Bitcoin proof without the next header")
        require(item["bitcoin"]["network"] == network, "the Bitcoin proof is of another network than the genesis document's")
        found["bitcoin"] = bitcoin_of(item["bitcoin"], sha256(item["next"]), expected_root)
    return header, found


# ---- Bitcoin. ----

class Transaction:
    """A transaction without witness data: version, inputs, outputs, lock time."""

    def __init__(self, data):
        self.data, self.at = data, 4
        inputs = self.count()
        require(inputs > 0, "a transaction without inputs, or with witness data")
        for _ in range(inputs):
            self.take(36)
            self.take(self.count())
            self.take(4)
        self.scripts = []
        for _ in range(self.count()):
            self.take(8)
            self.scripts.append(self.take(self.count()))
        self.take(4)
        require(self.at == len(data), "bytes follow the transaction")

    def take(self, count):
        require(count <= len(self.data) - self.at, "the transaction is cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def count(self):
        first = self.take(1)[0]
        if first < 253:
            return first
        size = {253: 2, 254: 4, 255: 8}[first]
        value = int.from_bytes(self.take(size), "little")
        require(value >= {2: 253, 4: 1 << 16, 8: 1 << 32}[size], "a count is not in its shortest form")
        return value


def merkle_root(tx, index, branch):
    found = double_sha256(tx)
    for sibling in branch:
        require(is_digest(sibling), "a sibling in the Merkle branch has not 32 bytes")
        require(index % 2 == 0 or sibling != found, "the branch leads through the doubled last node of a level")
        found = double_sha256(sibling, found) if index % 2 else double_sha256(found, sibling)
        index //= 2
    require(index == 0, "the transaction's index has more bits than the branch has levels")
    return found


def target_of(compact):
    exponent, mantissa = compact >> 24, compact & 0xFFFFFF
    require(0 < mantissa < 0x800000 and exponent <= 32, "a compact target that stands for no number")
    return mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)


def bitcoin_of(item, anchored, expected_root):
    closed(item, {"tx", "index", "branch", "header", "height", "network"}, "the Bitcoin proof")
    tx, header = item["tx"], item["header"]
    require(isinstance(tx, bytes) and len(tx) <= 50_000 and len(tx) != 64, "a transaction of a size that proves nothing")
    require(isinstance(header, bytes) and len(header) == 80, "a Bitcoin header has 80 bytes")
    script = bytes.fromhex("6a244f41524c") + anchored
    require(script in Transaction(tx).scripts, "no output of the transaction carries OARL and the block id")
    root = merkle_root(tx, item["index"], item["branch"])
    require(root == header[36:68], "the Merkle branch does not lead to the Bitcoin header")
    if expected_root is not None:
        require(root == expected_root, f"the Merkle root is {shown(root)}, not the expected {shown(expected_root)}")
    proof = double_sha256(header)
    target = target_of(int.from_bytes(header[72:76], "little"))
    require(int.from_bytes(proof, "little") <= target, "the Bitcoin header does not meet its own target")
    require(item["network"] in FLOORS, "an unknown Bitcoin network")
    require(target <= FLOORS[item["network"]], f"the Bitcoin header is easier than {item['network']} allows")
    return {"network": item["network"], "height": item["height"], "txid": shown(double_sha256(tx)),
            "merkleRoot": shown(root), "expected": expected_root is not None, "header": shown(proof),
            "time": int.from_bytes(header[68:72], "little")}


# ---- The file. ----

def evidence_of(data):
    require(len(data) <= FILE_BYTES_MAX, "the file is longer than 1 GiB")
    item, key_at = decode(data, "the file")
    closed(item, EVIDENCE_MEMBERS, "the file", optional={"chain"})
    require((item["v"], item["type"]) == (1, "evidence"), "no evidence file of version 1")
    require(item["scope"] in ("record", "range", "stream"), "an unknown scope")
    require(is_digest(item["stream"]) and item["records"], "no stream, or no record")
    require(item["scope"] != "record" or len(item["records"]) == 1, "more than the one record that the scope names")
    return item, sha256(data[:key_at["checksum"]])


def verify(data, expected_roots):
    item, checksum = evidence_of(data)
    result = {"scope": item["scope"], "stream": item["stream"].hex(), "records": [], "checkpoints": []}
    entries = [sha256(record) for record in item["records"]]
    result["records"] = [{"entry": entry.hex()} for entry in entries]
    roots = list(expected_roots)
    if "chain" in item:
        chain = closed(item["chain"], {"log", "head", "genesis", "checkpoints"}, "chain", {"walk"})
        result["chain"] = sha256(chain["genesis"]).hex()
        network = decode(chain["genesis"], "the genesis document")[0]["bitcoin"]
        configurations = configurations_of(chain["genesis"], chain.get("walk", []))
        headers = []
        require(1 <= len(chain["checkpoints"]) <= 4, "a file has one to four checkpoints")
        for checkpoint in chain["checkpoints"]:
            expected = roots.pop(0) if "bitcoin" in checkpoint and roots else None
            header, found = checkpoint_of(checkpoint, chain["genesis"], network, expected)
            require(header["validators"] in configurations, "the file does not show the validators of a checkpoint")
            require(not headers or headers[-1]["height"] < header["height"], "checkpoints do not ascend")
            headers.append(header)
            result["checkpoints"].append(found)
        check_log(chain["log"], entries, headers, result)
        head = closed(chain["head"], {"path", "state", "checkpoint"}, "head")
        require(head["checkpoint"] < len(headers), "head names a checkpoint that is not there")
        root = streams_root(item["stream"], head["state"], head["path"])
        require(root == headers[head["checkpoint"]]["streams"], "the streams-map proof leads to another root")
        result["head"] = {"checkpoint": head["checkpoint"], "seq": decode(head["state"], "the state")[0][0]}
    require(not roots, f"{len(expected_roots)} Merkle roots are expected, and the file has fewer Bitcoin headers")
    require(item["checksum"] == checksum, "the checksum does not fit")
    return result


def check_log(log, entries, headers, result):
    require(len(log) == len(entries), "not one inclusion for each record")
    for number, (entry, inclusion) in enumerate(zip(entries, log)):
        require(len(inclusion) == 3 and inclusion[0] < len(headers), f"record {number}: a malformed inclusion")
        checkpoint, index, path = inclusion
        try:
            root = log_root(entry, index, headers[checkpoint]["size"], path)
        except Refused as fault:
            raise Refused(f"record {number}: {fault}") from None
        require(root == headers[checkpoint]["root"], f"record {number}: its path leads to another log root")
        result["records"][number].update(checkpoint=checkpoint, index=index)


def tell(result):
    print(f"stream {result['stream']}, scope {result['scope']}")
    for number, record in enumerate(result["records"]):
        place = f"log index {record['index']} under checkpoint {record['checkpoint']}" if "index" in record else "no log"
        print(f"record {number}  entry {record['entry']}  {place}")
    for number, point in enumerate(result["checkpoints"]):
        print(f"checkpoint {number}  height {point['height']}  log size {point['size']}  log root {point['root']}")
        print(f"  block id {point['block']}")
        if "next" in point:
            print(f"  next block id {point['next']}, which names block and commit")
        if "bitcoin" in point:
            bitcoin = point["bitcoin"]
            print(f"  OP_RETURN in transaction {bitcoin['txid']}")
            told = "as expected" if bitcoin["expected"] else "which nobody outside the file has confirmed"
            print(f"  Merkle root {bitcoin['merkleRoot']}, {told}")
            print(f"  {bitcoin['network']} header {bitcoin['header']}, time {bitcoin['time']}")
    print("all commitments hold; signatures were not checked")


def arguments_of(arguments):
    file, roots, as_json = None, [], False
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--json":
            as_json = True
        elif word == "--merkle-root" and rest:
            roots.append(bytes.fromhex(rest.pop(0))[::-1])
        elif file is None and not word.startswith("-"):
            file = word
        else:
            raise ValueError(word)
    if file is None or any(len(root) != 32 for root in roots):
        raise ValueError("FILE, or a root that has not 64 hexadecimal digits")
    return file, roots, as_json


def main():
    try:
        file, roots, as_json = arguments_of(sys.argv[1:])
        with open(file, "rb") as stream:
            data = stream.read(FILE_BYTES_MAX + 1)
    except (ValueError, OSError) as wrong:
        print(f"{wrong}\n\n{__doc__}", file=sys.stderr)
        return 64
    try:
        result = verify(data, roots)
    except (Refused, TypeError, KeyError, IndexError, AttributeError, RecursionError) as fault:
        # What is of the wrong type deep inside the file is refused wherever it is first used.
        reason = str(fault) if isinstance(fault, Refused) else "a member of the wrong type"
        print(json.dumps({"holds": False, "reason": reason}) if as_json else f"REFUSED: {reason}")
        return 1
    if as_json:
        print(json.dumps({"holds": True, **result}))
    else:
        tell(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())

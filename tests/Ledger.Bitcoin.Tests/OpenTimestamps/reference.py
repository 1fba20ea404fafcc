"""Runs the reference implementation of OpenTimestamps for the tests.

read FILE...     one line of JSON for each proof: what the reference makes of it, or the error it raises
write FOLDER N   N proofs of random shape, NUMBER.ots, each with a line of JSON as `read` would print it
"""
import json
import os
import random
import sys
import warnings

from opentimestamps.core.notary import (
    BitcoinBlockHeaderAttestation, LitecoinBlockHeaderAttestation, PendingAttestation)
from opentimestamps.core.op import OpAppend, OpHexlify, OpPrepend, OpReverse, OpSHA1, OpSHA256
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

warnings.simplefilter("ignore")


def encode(proof):
    context = BytesSerializationContext()
    proof.serialize(context)
    return context.getbytes()


def describe(proof):
    found = []
    for message, attestation in proof.timestamp.all_attestations():
        if isinstance(attestation, BitcoinBlockHeaderAttestation):
            said = "bitcoin %d" % attestation.height
        elif isinstance(attestation, PendingAttestation):
            said = "pending " + attestation.uri
        else:
            said = "other " + attestation.TAG.hex()
        found.append(message.hex() + " " + said)
    return {"digest": proof.file_digest.hex(), "attestations": sorted(found)}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    try:
        proof = DetachedTimestampFile.deserialize(BytesDeserializationContext(data))
    except Exception as trouble:
        return {"error": type(trouble).__name__}
    return dict(describe(proof), same=encode(proof) == data)


def grow(rng, stamp, depth):
    for _ in range(rng.randrange(3) if depth else 1):
        stamp.attestations.add(rng.choice([
            BitcoinBlockHeaderAttestation(rng.randrange(1 << rng.randrange(1, 25))),
            PendingAttestation("https://calendar-%d.example/a_b:%d" % (rng.randrange(9), rng.randrange(99))),
            LitecoinBlockHeaderAttestation(7)]))
    for _ in range(rng.randrange(1, 4) if depth else 0):
        operation = rng.choice([
            OpAppend(rng.randbytes(rng.randrange(1, 200))), OpPrepend(rng.randbytes(rng.randrange(1, 200))),
            OpSHA256(), OpSHA1(), OpReverse(), OpHexlify()])
        if len(stamp.msg) < 1500 and operation not in stamp.ops:
            grow(rng, stamp.ops.add(operation), depth - 1)
    if not stamp.attestations and not stamp.ops:
        stamp.attestations.add(BitcoinBlockHeaderAttestation(1))


def write(folder, count):
    for number in range(count):
        rng = random.Random(number)
        stamp = Timestamp(rng.randbytes(32))
        grow(rng, stamp, rng.randrange(1, 7))
        proof = DetachedTimestampFile(OpSHA256(), stamp)
        with open(os.path.join(folder, "%d.ots" % number), "wb") as file:
            file.write(encode(proof))
        print(json.dumps(describe(proof)))


if sys.argv[1] == "read":
    for path in sys.argv[2:]:
        print(json.dumps(read(path)))
else:
    write(sys.argv[2], int(sys.argv[3]))

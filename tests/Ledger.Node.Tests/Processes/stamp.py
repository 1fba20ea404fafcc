"""An OpenTimestamps client made of the reference library, for the tests of the calendar.

stamp URL FOLDER N   stamps N files that nobody has, 8 at a time; NUMBER.ots each
upgrade URL FOLDER   asks the calendar for what is pending in each, and prints {"waiting": {reason: count}, "done": count}
read FOLDER          one line of JSON for each Bitcoin attestation: file, digest of the file, height, message
"""
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import sys

from opentimestamps.calendar import CommitmentNotFoundError, RemoteCalendar
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp


def save(path, proof):
    context = BytesSerializationContext()
    proof.serialize(context)
    with open(path, "wb") as file:
        file.write(context.getbytes())


def load(path):
    with open(path, "rb") as file:
        return DetachedTimestampFile.deserialize(BytesDeserializationContext(file.read()))


def stamp(calendar, folder, number):
    stamp = Timestamp(hashlib.sha256(b"file %d" % number).digest())
    asked = stamp.ops.add(OpAppend(os.urandom(16))).ops.add(OpSHA256())
    asked.merge(calendar.submit(asked.msg, timeout=60))
    save(os.path.join(folder, "%d.ots" % number), DetachedTimestampFile(OpSHA256(), stamp))


def pending(stamp):
    if any(isinstance(attestation, PendingAttestation) for attestation in stamp.attestations):
        yield stamp
    for child in stamp.ops.values():
        yield from pending(child)


def upgrade(calendar, path):
    proof = load(path)
    if any(isinstance(found, BitcoinBlockHeaderAttestation) for _, found in proof.timestamp.all_attestations()):
        return None
    for part in list(pending(proof.timestamp)):
        try:
            part.merge(calendar.get_timestamp(part.msg, timeout=60))
        except CommitmentNotFoundError as trouble:
            return trouble.reason
    save(path, proof)
    return None


def proofs(folder):
    return sorted(glob.glob(os.path.join(folder, "*.ots")))


with concurrent.futures.ThreadPoolExecutor(8) as pool:
    if sys.argv[1] == "stamp":
        calendar = RemoteCalendar(sys.argv[2])
        list(pool.map(lambda number: stamp(calendar, sys.argv[3], number), range(int(sys.argv[4]))))
    elif sys.argv[1] == "upgrade":
        calendar = RemoteCalendar(sys.argv[2])
        reasons = list(pool.map(lambda path: upgrade(calendar, path), proofs(sys.argv[3])))
        waiting = collections.Counter(reason for reason in reasons if reason is not None)
        print(json.dumps({"waiting": waiting, "done": len(reasons) - sum(waiting.values())}))
    else:
        for path in proofs(sys.argv[2]):
            proof = load(path)
            for message, found in proof.timestamp.all_attestations():
                if isinstance(found, BitcoinBlockHeaderAttestation):
                    print(json.dumps({
                        "file": os.path.basename(path), "digest": proof.file_digest.hex(),
                        "height": found.height, "message": message.hex()}))

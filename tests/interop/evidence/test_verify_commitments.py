#!/usr/bin/env python3
"""The script beside this file, on the evidence files of tests/vectors/chain: the untouched ones hold, and no byte that a
hash covers can be changed, not even by someone who mends the checksum."""
import hashlib
import importlib.util
import json
import pathlib
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
VECTORS = FOLDER.parent.parent / "vectors" / "chain"
SPEC = importlib.util.spec_from_file_location("commitments", FOLDER / "verify-commitments.py")
commitments = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(commitments)

EXPECTED = json.loads((VECTORS / "evidence.json").read_text())
ROOT = bytes.fromhex(EXPECTED["merkleRoot"])[::-1]
SETTLED = (VECTORS / "settled.evidence").read_bytes()
ANCHORED = (VECTORS / "anchored.evidence").read_bytes()
REFUSALS = (commitments.Refused, TypeError, KeyError, IndexError, AttributeError)
CHECKSUM_AT = len(ANCHORED) - 43  # key (9 bytes), head (2), digest (32)


def mended(data):
    """The same file as a forger would hand it over: with the checksum of its bytes."""
    body = data[:-43]
    return body + data[-43:-32] + hashlib.sha256(body).digest()


class Commitments(unittest.TestCase):
    def refused(self, data, roots=()):
        with self.assertRaises(REFUSALS):
            commitments.verify(data, roots)

    def test_the_untouched_files_hold(self):
        settled = commitments.verify(SETTLED, [])
        self.assertEqual(settled["checkpoints"][0]["block"], EXPECTED["blocks"][0])
        anchored = commitments.verify(ANCHORED, [ROOT])
        point = anchored["checkpoints"][0]
        self.assertEqual(point["next"], EXPECTED["blocks"][1])
        self.assertEqual((point["bitcoin"]["txid"], point["bitcoin"]["merkleRoot"], point["bitcoin"]["header"]),
                         (EXPECTED["txid"], EXPECTED["merkleRoot"], EXPECTED["bitcoinHeader"]))
        self.assertEqual([record["index"] for record in anchored["records"]], [1, 2, 3, 4])

    def test_another_Merkle_root_is_refused(self):
        self.refused(ANCHORED, [ROOT[:-1] + bytes([ROOT[-1] ^ 1])])

    def test_a_Merkle_root_is_refused_where_the_file_has_no_Bitcoin_header(self):
        self.refused(SETTLED, [ROOT])

    def test_a_changed_byte_is_refused(self):
        for at in range(0, len(ANCHORED), 31):
            changed = bytearray(ANCHORED)
            changed[at] ^= 1 << at % 8
            self.refused(bytes(changed))

    def test_a_file_that_is_cut_is_refused(self):
        for length in range(0, len(ANCHORED), 211):
            self.refused(ANCHORED[:length])

    def test_a_changed_byte_under_a_mended_checksum_is_refused(self):
        free = self.free_of_hashes()
        survivors = []
        for at in range(0, CHECKSUM_AT, 13):
            changed = bytearray(ANCHORED)
            changed[at] ^= 1 << at % 8
            try:
                commitments.verify(mended(bytes(changed)), [ROOT])
                survivors.append(at)
            except REFUSALS:
                pass
        self.assertEqual([at for at in survivors if at not in free], [])

    def free_of_hashes(self):
        """What no hash reaches: the height of the Bitcoin block, a claim; and on regtest, where every second header
        meets the target, what stands beside the Merkle root in the header."""
        height = ANCHORED.index(b"fheight\x18f") + 7
        header = height - 7 - 80
        return [*range(height, height + 2), *range(header, header + 36), *range(header + 68, header + 80)]

    def test_the_check_that_is_left_out_lets_a_changed_record_pass(self):
        at = ANCHORED.rindex(b"\x67records") + 40
        changed = bytearray(ANCHORED)
        changed[at] ^= 1
        changed = mended(bytes(changed))
        self.refused(changed, [ROOT])
        check, commitments.check_log = commitments.check_log, lambda *_: None
        try:
            commitments.verify(changed, [ROOT])
        finally:
            commitments.check_log = check


if __name__ == "__main__":
    unittest.main()

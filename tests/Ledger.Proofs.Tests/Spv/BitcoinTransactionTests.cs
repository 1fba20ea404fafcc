using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

public class BitcoinTransactionTests
{
    [Fact]
    public void A_transaction_is_read_to_the_last_byte_and_its_commitment_found()
    {
        byte[] bytes = TestProof.Transaction(TestProof.Block);
        Assert.True(BitcoinTransaction.TryParse(bytes, out BitcoinTransaction? transaction, out _));
        Assert.Equal(2, transaction.Outputs.Length);
        Assert.Equal(4_999_990_000, transaction.Outputs[0].Amount.Value);

        Assert.True(LedgerCommitment.TryFind(transaction, TestProof.Block, out int offset, out _));
        Assert.Equal(TestProof.Block.Value.ToArray(), bytes[offset..(offset + 32)]);
    }

    [Fact]
    public void Bytes_before_the_end_and_after_it_are_told_apart()
    {
        byte[] bytes = TestProof.Transaction(TestProof.Block);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(BitcoinTransaction.TryParse(bytes.AsSpan(0, length), out _, out SpvError cut));
            Assert.Equal(SpvStep.Transaction, cut.Step);
            Assert.NotEqual(SpvFault.TransactionTrailingBytes, cut.Fault);
            Assert.InRange(cut.Offset, 0, length);
        }

        Assert.False(BitcoinTransaction.TryParse([.. bytes, 0], out _, out SpvError longer));
        Assert.Equal(new SpvError(SpvFault.TransactionTrailingBytes, bytes.Length), longer);
    }

    [Fact]
    public void A_witness_is_refused_since_the_id_does_not_cover_it()
    {
        byte[] bytes = TestProof.Transaction(TestProof.Block);
        byte[] witness = [.. bytes[..4], 0, 1, .. bytes[4..^4], 1, 1, 0xaa, .. bytes[^4..]];

        Assert.False(BitcoinTransaction.TryParse(witness, out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.NoInputs, 4), error);
    }

    [Fact]
    public void A_transaction_of_64_bytes_is_refused_and_of_63_and_65_is_not()
    {
        // Version 4, inputs 1 + 41, outputs 1 + 9 + script, lock time 4: 60 bytes and the script.
        foreach (int script in (int[])[3, 4, 5])
        {
            byte[] bytes = TestProof.Transaction(TestProof.Output(1, new byte[script]));
            Assert.Equal(60 + script, bytes.Length);

            Assert.Equal(script != 4, BitcoinTransaction.TryParse(bytes, out _, out SpvError error));
            Assert.Equal(script == 4 ? SpvFault.TransactionOf64Bytes : SpvFault.None, error.Fault);
        }
    }

    [Fact]
    public void An_inner_node_of_the_tree_is_not_taken_for_a_transaction()
    {
        // Two hashes side by side that happen to read as a transaction: the branch above them leads to the root.
        byte[] node = TestProof.Transaction(TestProof.Output(1, new byte[4]));
        SpvProof proof = TestProof.Make(transaction: node);

        Assert.False(proof.TryVerify(BitcoinNetwork.Regtest, TestProof.Block, null, out _, out SpvError error));
        Assert.Equal(SpvFault.TransactionOf64Bytes, error.Fault);
    }

    [Fact]
    public void Counts_that_promise_more_than_the_bytes_hold_are_refused_where_they_stand()
    {
        byte[] bytes = TestProof.Transaction(TestProof.Block);
        Assert.True(BitcoinTransaction.TryParse(bytes, out _, out _));

        Assert.Equal(new SpvError(SpvFault.TooManyInputs, 4), Refuse(With(bytes, 4, 0xfc)));
        Assert.Equal(new SpvError(SpvFault.NoInputs, 4), Refuse(With(bytes, 4, 0)));
        Assert.Equal(new SpvError(SpvFault.ScriptTooLong, 41), Refuse(With(bytes, 41, 0xfc)));
        Assert.Equal(new SpvError(SpvFault.TooManyOutputs, 46), Refuse(With(bytes, 46, 0xfc)));
        Assert.Equal(new SpvError(SpvFault.NoOutputs, 46), Refuse(With(bytes, 46, 0)));
        Assert.Equal(new SpvError(SpvFault.ScriptTooLong, 55), Refuse(With(bytes, 55, 0xfc)));
        Assert.Equal(new SpvError(SpvFault.AmountOutOfRange, 47), Refuse(With(bytes, 54, 0x80)));
        byte[] huge = [.. bytes[..4], 0xff, .. Enumerable.Repeat((byte)0xff, 8), .. bytes[5..]];
        Assert.Equal(new SpvError(SpvFault.TooManyInputs, 4), Refuse(huge));
    }

    [Fact]
    public void Amounts_end_at_21_million_bitcoin()
    {
        byte[] most = TestProof.Transaction(TestProof.Output(Satoshi.Maximum, new byte[10]));
        Assert.True(BitcoinTransaction.TryParse(most, out _, out _));

        byte[] more = TestProof.Transaction(TestProof.Output(Satoshi.Maximum + 1, new byte[10]));
        Assert.Equal(SpvFault.AmountOutOfRange, Refuse(more).Fault);
    }

    [Theory]
    [InlineData(new byte[] { 0xfd, 0x01, 0x00 })]
    [InlineData(new byte[] { 0xfe, 0x01, 0x00, 0x00, 0x00 })]
    [InlineData(new byte[] { 0xff, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 })]
    public void A_count_has_one_form_only(byte[] longForm)
    {
        byte[] bytes = TestProof.Transaction(TestProof.Block);
        Assert.Equal(1, bytes[4]);

        byte[] changed = [.. bytes[..4], .. longForm, .. bytes[5..]];
        Assert.Equal(new SpvError(SpvFault.SizeNotShortest, 4), Refuse(changed));
    }

    [Fact]
    public void A_transaction_has_at_most_50000_bytes()
    {
        byte[] script = new byte[200];
        byte[][] outputs = Enumerable.Repeat(TestProof.Output(1, script), 200).ToArray();
        byte[] many = TestProof.Transaction(outputs);
        Assert.True(BitcoinTransaction.TryParse(many, out BitcoinTransaction? transaction, out _));
        Assert.Equal(200, transaction.Outputs.Length);

        Assert.Equal(SpvFault.TransactionTooLong, Refuse(new byte[BitcoinTransaction.MaximumBytes + 1]).Fault);
    }

    [Fact]
    public void Only_one_spelling_of_the_commitment_counts()
    {
        byte[] script = LedgerCommitment.Script(TestProof.Block);
        Assert.Equal("6a244f41524c" + TestProof.Block, Convert.ToHexStringLower(script));
        Assert.Equal(script[2..], LedgerCommitment.Payload(TestProof.Block));
        Assert.True(LedgerCommitment.TryRead(script, out BlockId read));
        Assert.Equal(TestProof.Block, read);

        // The same payload behind OP_PUSHDATA1, one byte more, one less, and other letters.
        Assert.False(LedgerCommitment.TryRead([0x6a, 0x4c, .. script[1..]], out _));
        Assert.False(LedgerCommitment.TryRead([.. script, 0], out _));
        Assert.False(LedgerCommitment.TryRead(script.AsSpan(0, 37), out _));
        Assert.False(LedgerCommitment.TryRead(With(script, 2, (byte)'o'), out _));
    }

    [Fact]
    public void A_commitment_is_found_among_others_and_another_block_is_not()
    {
        var other = new BlockId(Digest.Of("other"u8));
        byte[] bytes = TestProof.Transaction(
            TestProof.Change(),
            TestProof.Output(0, LedgerCommitment.Script(other)),
            TestProof.Output(0, LedgerCommitment.Script(TestProof.Block)));
        Assert.True(BitcoinTransaction.TryParse(bytes, out BitcoinTransaction? transaction, out _));
        Assert.True(LedgerCommitment.TryFind(transaction, TestProof.Block, out int offset, out _));
        Assert.Equal(bytes.Length - 36, offset);

        var third = new BlockId(Digest.Of("third"u8));
        Assert.False(LedgerCommitment.TryFind(transaction, third, out _, out SpvError error));
        Assert.Equal(SpvFault.CommitmentToAnotherBlock, error.Fault);
        Assert.Equal(SpvStep.Commitment, error.Step);

        Assert.True(BitcoinTransaction.TryParse(TestProof.Transaction(TestProof.Change()), out transaction, out _));
        Assert.False(LedgerCommitment.TryFind(transaction, third, out _, out error));
        Assert.Equal(SpvFault.CommitmentMissing, error.Fault);
    }

    private static byte[] With(byte[] bytes, int offset, byte value)
    {
        byte[] changed = bytes.ToArray();
        changed[offset] = value;
        return changed;
    }

    private static SpvError Refuse(byte[] bytes)
    {
        Assert.False(BitcoinTransaction.TryParse(bytes, out _, out SpvError error));
        return error;
    }
}

using System.Numerics;
using Ledger.Bitcoin.Blocks;
using Ledger.Core;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Tests.Spv;

namespace Ledger.Bitcoin.Tests.Blocks;

public class RawBlockTests
{
    private static byte[] Block100000 =>
        [.. MainnetBlocks.Block100000Header, 4, .. MainnetBlocks.Block100000Transactions.SelectMany(bytes => bytes)];

    [Fact]
    public void Block_100000_is_read_whole_and_each_of_its_transactions_proven()
    {
        Assert.Equal(957, Block100000.Length);
        Assert.True(RawBlock.TryParse(Block100000, out RawBlock? block, out SpvError error), error.Reason);
        Assert.Equal(MainnetBlocks.Block100000Hash, block.Header.Hash.ToString());
        Assert.Equal(MainnetBlocks.Block100000TransactionIds, block.TransactionIds.Select(id => id.ToString()));

        for (int i = 0; i < 4; i++)
        {
            Assert.True(block.TryProve(block.TransactionIds[i], new BitcoinHeight(100_000), out SpvProof? proof));
            Assert.Equal(MainnetBlocks.Block100000Transactions[i], proof.Transaction.ToArray());
            Assert.True(MerkleBranch.TryFold(
                block.TransactionIds[i], proof.Index, proof.Branch.AsSpan(), out Digest root, out _));
            Assert.Equal(block.Header.MerkleRoot, root);
        }

        var stranger = new BitcoinTransactionId(Digest.Of("stranger"u8));
        Assert.False(block.TryProve(stranger, new BitcoinHeight(100_000), out _));
    }

    [Fact]
    public void A_block_with_any_byte_behind_its_header_changed_is_refused()
    {
        Assert.True(RawBlock.TryParse(Block100000, out _, out _));
        for (int at = BitcoinHeader.Size; at < Block100000.Length; at++)
        {
            byte[] changed = Block100000;
            changed[at] ^= 1;

            Assert.False(RawBlock.TryParse(changed, out _, out SpvError error), $"byte {at}");
            Assert.NotEqual(SpvFault.None, error.Fault);
        }
    }

    [Fact]
    public void A_block_cut_short_or_followed_by_bytes_is_refused()
    {
        for (int length = 0; length < Block100000.Length; length++)
        {
            Assert.False(RawBlock.TryParse(Block100000.AsSpan(0, length), out _, out _), $"{length} bytes");
        }

        Assert.False(RawBlock.TryParse([.. Block100000, 0], out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.TransactionTrailingBytes, 957), error);
        Assert.False(RawBlock.TryParse(new byte[RawBlock.MaximumBytes + 1], out _, out error));
        Assert.Equal(SpvFault.TransactionTooLong, error.Fault);
    }

    [Fact]
    public void A_witness_is_taken_off_and_the_id_does_not_change()
    {
        byte[] stripped = TestProof.Transaction(TestProof.Block);
        byte[] raw = [.. stripped[..4], 0, 1, .. stripped[4..^4], 2, 3, 1, 2, 3, 0, .. stripped[^4..]];

        Assert.True(WitnessTransaction.TryStrip(raw, out byte[] taken, out SpvError error), error.Reason);
        Assert.Equal(stripped, taken);
        Assert.True(WitnessTransaction.TryStrip(stripped, out taken, out _));
        Assert.Equal(stripped, taken);
        Assert.Equal(stripped.Length + 2, WitnessTransaction.VirtualSize(raw.Length, stripped.Length));

        for (int length = 0; length < raw.Length; length++)
        {
            Assert.False(WitnessTransaction.TryStrip(raw.AsSpan(0, length), out _, out _));
        }

        byte[] otherFlag = raw.ToArray();
        otherFlag[5] = 2;
        Assert.False(WitnessTransaction.TryStrip(otherFlag, out _, out error));
        Assert.Equal(SpvFault.NoInputs, error.Fault);
        Assert.False(WitnessTransaction.TryStrip([.. raw, 0], out _, out error));
        Assert.Equal(SpvFault.TransactionTrailingBytes, error.Fault);
    }

    [Fact]
    public void A_block_of_transactions_with_witness_proves_them_without()
    {
        byte[] stripped = TestProof.Transaction(TestProof.Block);
        byte[] raw = [.. stripped[..4], 0, 1, .. stripped[4..^4], 1, 2, 7, 7, .. stripped[^4..]];
        Digest root = BitcoinTransactionId.Of(stripped).Value;
        byte[] block = [.. TestProof.Mine(root.ToArray(), 0x207fffff), 1, .. raw];

        Assert.True(RawBlock.TryParse(block, out RawBlock? read, out SpvError error), error.Reason);
        Assert.True(read.TryProve(BitcoinTransactionId.Of(stripped), new BitcoinHeight(1), out SpvProof? proof));
        Assert.True(proof.TryVerify(
            BitcoinNetwork.Regtest, TestProof.Block, null, out VerifiedCommitment? found, out _));
        Assert.Equal(new BigInteger(2), found.Work.Hashes);
    }

    [Fact]
    public void The_coins_that_a_transaction_spends_are_read()
    {
        Assert.True(SpentCoins.TryRead(
            MainnetBlocks.Block100000Transactions[1],
            out System.Collections.Immutable.ImmutableArray<(BitcoinTransactionId Id, uint Output)> coins));
        (BitcoinTransactionId id, uint output) = Assert.Single(coins);
        Assert.Equal("87a157f3fd88ac7907c05fc55e271dc4acdc5605d187d646604ca8c0e9382e03", id.ToString());
        Assert.Equal(0u, output);
        Assert.False(SpentCoins.TryRead(new byte[10], out _));
    }
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

public class MerkleBranchTests
{
    [Fact]
    public void The_four_transactions_of_block_100000_lead_to_the_root_in_its_header()
    {
        BitcoinTransactionId[] ids = MainnetBlocks.Block100000Transactions.Select(Parse).ToArray();
        Assert.Equal(MainnetBlocks.Block100000TransactionIds, ids.Select(id => id.ToString()));
        Assert.True(BitcoinHeader.TryParse(MainnetBlocks.Block100000Header, out BitcoinHeader? header, out _));

        for (uint index = 0; index < ids.Length; index++)
        {
            ImmutableArray<Digest> branch = MerkleBranch.Build(ids, new TransactionIndex(index), out Digest root);
            Assert.Equal(header.MerkleRoot, root);
            Assert.True(Fold(ids[index], index, branch, out Digest folded, out _));
            Assert.Equal(header.MerkleRoot, folded);

            Assert.True(Fold(ids[index], index ^ 1, branch, out Digest swapped, out _));
            Assert.NotEqual(header.MerkleRoot, swapped);
        }
    }

    [Fact]
    public void Every_transaction_of_blocks_of_every_small_size_is_proven_at_its_own_index_only()
    {
        for (uint count = 1; count <= 33; count++)
        {
            BitcoinTransactionId[] ids = Ids((int)count);
            for (uint index = 0; index < count; index++)
            {
                ImmutableArray<Digest> branch = MerkleBranch.Build(ids, new TransactionIndex(index), out Digest root);
                for (uint claimed = 0; claimed < 70; claimed++)
                {
                    bool proven = Fold(ids[index], claimed, branch, out Digest folded, out _) && folded == root;
                    Assert.Equal(claimed == index, proven);
                }
            }
        }
    }

    [Fact]
    public void The_doubled_last_transaction_is_no_second_place()
    {
        BitcoinTransactionId[] ids = Ids(3);
        ImmutableArray<Digest> branch = MerkleBranch.Build(ids, new TransactionIndex(2), out Digest root);
        Assert.True(Fold(ids[2], 2, branch, out Digest folded, out _));
        Assert.Equal(root, folded);

        Assert.False(Fold(ids[2], 3, branch, out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.NodeDoubled, 0), error);
        Assert.Equal(SpvStep.Branch, error.Step);
    }

    [Fact]
    public void An_index_with_more_bits_than_the_branch_has_levels_is_refused()
    {
        BitcoinTransactionId[] ids = Ids(4);
        ImmutableArray<Digest> branch = MerkleBranch.Build(ids, new TransactionIndex(1), out _);
        Assert.True(Fold(ids[1], 1, branch, out _, out _));

        Assert.False(Fold(ids[1], 5, branch, out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.IndexBeyondBranch, 64), error);
    }

    [Fact]
    public void A_branch_has_at_most_32_levels()
    {
        ImmutableArray<Digest> branch = [.. Enumerable.Repeat(Digest.Of("sibling"u8), 33)];
        Assert.True(Fold(Ids(1)[0], uint.MaxValue, branch[..32], out _, out _));

        Assert.False(Fold(Ids(1)[0], uint.MaxValue, branch, out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.BranchTooLong, 1024), error);
    }

    [Fact]
    public void Shown_hashes_are_reversed_and_read_back()
    {
        BitcoinTransactionId id = Parse(MainnetBlocks.Block100000Transactions[0]);
        Assert.Equal("876dd0a3ef4a2816ffd1c12ab649825a958b0ff3bb3d6f3e1250f13ddbf0148c", id.Value.ToString());
        Assert.True(BitcoinTransactionId.TryParse(id.ToString(), out BitcoinTransactionId read));
        Assert.Equal(id, read);
        Assert.False(BitcoinTransactionId.TryParse(id.ToString().AsSpan(1), out _));
    }

    private static BitcoinTransactionId Parse(byte[] bytes)
    {
        Assert.True(BitcoinTransaction.TryParse(bytes, out BitcoinTransaction? transaction, out _));
        Assert.Equal(1, transaction.Inputs);
        return transaction.Id;
    }

    private static BitcoinTransactionId[] Ids(int count) =>
        Enumerable.Range(0, count).Select(i => new BitcoinTransactionId(Digest.Of([(byte)i]))).ToArray();

    private static bool Fold(
        BitcoinTransactionId id,
        uint index,
        ImmutableArray<Digest> branch,
        out Digest root,
        out SpvError error) =>
        MerkleBranch.TryFold(id, new TransactionIndex(index), branch.AsSpan(), out root, out error);
}

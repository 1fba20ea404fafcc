using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Proofs.Spv;

/// <summary>Where a transaction stands in its Bitcoin block, from 0; the coinbase is 0.</summary>
public readonly record struct TransactionIndex(uint Value)
{
    public override string ToString() => Value.ToString();
}

/// <summary>
/// Bitcoin's Merkle tree over transaction ids: double SHA-256, the last node of an odd level paired with itself.
/// Inner nodes are not told apart from leaves; see <see cref="BitcoinTransaction.TryParse"/> for what that asks.
/// </summary>
public static class MerkleBranch
{
    /// <summary>Levels that a proof may have; a block of four million bytes has at most 16.</summary>
    public const int MaximumDepth = 32;

    /// <summary>Folds the branch upwards from the transaction, siblings from the lowest level up.</summary>
    public static bool TryFold(
        BitcoinTransactionId transaction,
        TransactionIndex index,
        ReadOnlySpan<Digest> branch,
        out Digest root,
        out SpvError error)
    {
        root = transaction.Value;
        if (branch.Length > MaximumDepth)
        {
            error = new SpvError(SpvFault.BranchTooLong, MaximumDepth * Digest.Size);
            return false;
        }

        // An index with bits above the branch would be a second name for the same place.
        if ((ulong)index.Value >> branch.Length != 0)
        {
            error = new SpvError(SpvFault.IndexBeyondBranch, branch.Length * Digest.Size);
            return false;
        }

        for (int level = 0; level < branch.Length; level++)
        {
            Digest sibling = branch[level];
            bool isRight = (index.Value >> level & 1) != 0;

            // Only the left one of two equal nodes is real; its right twin is the doubled end of an odd level
            // (CVE-2012-2459).
            if (isRight && sibling == root)
            {
                error = new SpvError(SpvFault.NodeDoubled, level * Digest.Size);
                return false;
            }

            root = isRight ? BitcoinHash.Node(sibling, root) : BitcoinHash.Node(root, sibling);
        }

        error = default;
        return true;
    }

    /// <summary>The siblings of one transaction, from the lowest level up, and the root of the whole tree.</summary>
    /// <param name="transactions">All ids of the block in order, at least one.</param>
    public static ImmutableArray<Digest> Build(
        ReadOnlySpan<BitcoinTransactionId> transactions,
        TransactionIndex index,
        out Digest root)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index.Value, (uint)transactions.Length);
        var level = new Digest[transactions.Length];
        for (int i = 0; i < level.Length; i++)
        {
            level[i] = transactions[i].Value;
        }

        ImmutableArray<Digest>.Builder branch = ImmutableArray.CreateBuilder<Digest>();
        uint position = index.Value;
        int width = level.Length;
        while (width > 1)
        {
            branch.Add(level[Math.Min(position ^ 1, (uint)width - 1)]);
            int above = (width + 1) / 2;
            for (int i = 0; i < above; i++)
            {
                level[i] = BitcoinHash.Node(level[2 * i], level[Math.Min((2 * i) + 1, width - 1)]);
            }

            position >>= 1;
            width = above;
        }

        root = level[0];
        return branch.ToImmutable();
    }
}

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Blocks;

/// <summary>A whole block as a Bitcoin node serves it, its Merkle root checked.</summary>
public sealed class RawBlock
{
    /// <summary>A block weighs at most four million units, and no byte weighs less than one.</summary>
    public const int MaximumBytes = 4_000_000;

    /// <summary>Version (4), one input (41), one output (9), two counts and lock time (4).</summary>
    private const int LeastTransactionBytes = 60;

    private readonly ImmutableArray<byte[]> _transactions;

    private RawBlock(
        BitcoinHeader header,
        ImmutableArray<byte[]> transactions,
        ImmutableArray<BitcoinTransactionId> ids)
    {
        Header = header;
        _transactions = transactions;
        TransactionIds = ids;
    }

    public BitcoinHeader Header { get; }

    /// <summary>In the block's order; the first is the coinbase.</summary>
    public ImmutableArray<BitcoinTransactionId> TransactionIds { get; }

    /// <summary>Reads a block, to the last byte, and computes its Merkle root.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out RawBlock? block,
        out SpvError error)
    {
        block = null;
        if (bytes.Length > MaximumBytes)
        {
            error = new SpvError(SpvFault.TransactionTooLong, MaximumBytes);
            return false;
        }

        ReadOnlySpan<byte> first = bytes[..Math.Min(bytes.Length, BitcoinHeader.Size)];
        if (!BitcoinHeader.TryParse(first, out BitcoinHeader? header, out error))
        {
            return false;
        }

        var reader = new BitcoinReader(bytes, BitcoinHeader.Size);
        bool read = TryReadTransactions(ref reader, bytes, out ImmutableArray<byte[]> transactions)
            && (reader.AtEnd || reader.Fail(SpvFault.TransactionTrailingBytes, reader.Position));
        error = reader.Error;
        if (!read)
        {
            return false;
        }

        ImmutableArray<BitcoinTransactionId> ids =
            [.. transactions.Select(transaction => BitcoinTransactionId.Of(transaction))];
        MerkleBranch.Build(ids.AsSpan(), new TransactionIndex(0), out Digest root);
        if (root != header.MerkleRoot)
        {
            error = new SpvError(SpvFault.RootDiffers, 36);
            return false;
        }

        block = new RawBlock(header, transactions, ids);
        return true;
    }

    /// <summary>Makes the proof of one transaction; false if the block does not hold it.</summary>
    /// <param name="height">Where the daemon says that the block stands.</param>
    public bool TryProve(
        BitcoinTransactionId id,
        BitcoinHeight height,
        [NotNullWhen(true)] out SpvProof? proof)
    {
        int place = TransactionIds.IndexOf(id);
        if (place < 0)
        {
            proof = null;
            return false;
        }

        var index = new TransactionIndex((uint)place);
        ImmutableArray<Digest> branch = MerkleBranch.Build(TransactionIds.AsSpan(), index, out _);
        proof = new SpvProof(_transactions[place], index, branch, Header.Bytes, height);
        return true;
    }

    private static bool TryReadTransactions(
        ref BitcoinReader reader,
        ReadOnlySpan<byte> bytes,
        out ImmutableArray<byte[]> transactions)
    {
        transactions = [];
        int start = reader.Position;
        if (!reader.TryReadCount(LeastTransactionBytes, SpvFault.TransactionTruncated, out int count))
        {
            return false;
        }

        if (count == 0)
        {
            return reader.Fail(SpvFault.TransactionTruncated, start);
        }

        ImmutableArray<byte[]>.Builder read = ImmutableArray.CreateBuilder<byte[]>(count);
        for (int i = 0; i < count; i++)
        {
            if (!WitnessTransaction.TryStrip(ref reader, bytes, out byte[] stripped))
            {
                return false;
            }

            read.Add(stripped);
        }

        transactions = read.MoveToImmutable();
        return true;
    }
}

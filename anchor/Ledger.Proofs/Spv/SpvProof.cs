using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Ledger.Core;

namespace Ledger.Proofs.Spv;

/// <summary>How a header relates to the checkpoint that came with it.</summary>
public enum CheckpointRelation
{
    /// <summary>No checkpoint was given: the header's own work is all there is.</summary>
    None,

    /// <summary>
    /// The header is the checkpoint or comes before it: as certain as the checkpoint, whatever its work.
    /// </summary>
    Ancestor,

    /// <summary>The header comes after the checkpoint: it still has to meet the floor by itself.</summary>
    Descendant,
}

/// <summary>
/// The bytes that show a commitment in Bitcoin, none of them checked yet: Satoshi's simplified payment verification
/// (Bitcoin paper, section 8), used for a date instead of a payment.
/// </summary>
/// <param name="Transaction">Serialization without witness.</param>
/// <param name="Index">Place of the transaction in its block.</param>
/// <param name="Branch">Siblings from the lowest level up.</param>
/// <param name="Header">80 bytes.</param>
/// <param name="Height">A claim: nothing in the proof shows it.</param>
public sealed record SpvProof(
    ReadOnlyMemory<byte> Transaction,
    TransactionIndex Index,
    ImmutableArray<Digest> Branch,
    ReadOnlyMemory<byte> Header,
    BitcoinHeight Height)
{
    /// <summary>
    /// Checks every step from the Ledger block's id to the proof of work and stops at the first that fails.
    /// A success says that somebody spent <see cref="VerifiedCommitment.Work"/> over these bytes after the id existed;
    /// that the network took the header up follows from what that costs, or from a checkpoint.
    /// </summary>
    /// <param name="network">Named by whoever asks, never by the proof.</param>
    /// <param name="link">Waives the floor where the header stands at or before the checkpoint.</param>
    public bool TryVerify(
        BitcoinNetwork network,
        BlockId block,
        CheckpointLink? link,
        [NotNullWhen(true)] out VerifiedCommitment? commitment,
        out SpvError error)
    {
        commitment = null;
        if (!BitcoinTransaction.TryParse(Transaction.Span, out BitcoinTransaction? transaction, out error)
            || !LedgerCommitment.TryFind(transaction, block, out _, out error)
            || !MerkleBranch.TryFold(transaction.Id, Index, Branch.AsSpan(), out Digest root, out error)
            || !BitcoinHeader.TryParse(Header.Span, out BitcoinHeader? header, out error))
        {
            return false;
        }

        if (root != header.MerkleRoot)
        {
            error = new SpvError(SpvFault.RootDiffers, Branch.Length * Digest.Size);
            return false;
        }

        if (!TryRelate(header, link, out CheckpointRelation relation, out error))
        {
            return false;
        }

        BigInteger target;
        bool worked = relation == CheckpointRelation.Ancestor
            ? header.MeetsLimit(network, out target, out error)
            : header.MeetsFloor(network, out target, out error);
        if (!worked)
        {
            return false;
        }

        commitment = new VerifiedCommitment(network, transaction.Id, header, target, relation);
        return true;
    }

    private static bool TryRelate(
        BitcoinHeader header,
        CheckpointLink? link,
        out CheckpointRelation relation,
        out SpvError error)
    {
        relation = CheckpointRelation.None;
        error = default;
        if (link is null)
        {
            return true;
        }

        int checkpoint = link.Chain.IndexOf(link.Checkpoint);
        int position = link.Chain.IndexOf(header.Hash);
        SpvFault fault = (checkpoint, position) switch
        {
            (< 0, _) => SpvFault.CheckpointNotLinked,
            (_, < 0) => SpvFault.HeaderNotLinked,
            _ => SpvFault.None,
        };
        error = new SpvError(fault, 0);
        relation = position <= checkpoint ? CheckpointRelation.Ancestor : CheckpointRelation.Descendant;
        return fault == SpvFault.None;
    }
}

/// <summary>A commitment whose every step was checked; only <see cref="SpvProof.TryVerify"/> makes one.</summary>
public sealed class VerifiedCommitment
{
    internal VerifiedCommitment(
        BitcoinNetwork network,
        BitcoinTransactionId transaction,
        BitcoinHeader header,
        BigInteger target,
        CheckpointRelation checkpoint)
    {
        Network = network;
        Transaction = transaction;
        Header = header;
        Target = target;
        Checkpoint = checkpoint;
    }

    /// <summary>
    /// The network whose rules the header was held to; <see cref="BitcoinNetwork.ProvesTime"/> says whether it dates.
    /// </summary>
    public BitcoinNetwork Network { get; }

    public BitcoinTransactionId Transaction { get; }

    public BitcoinHeader Header { get; }

    /// <summary>The target that the header's hash meets.</summary>
    public BigInteger Target { get; }

    public CheckpointRelation Checkpoint { get; }

    /// <summary>The miner's clock, within about two hours.</summary>
    public UnixTime Time => Header.Time;

    /// <summary>What this one header took.</summary>
    public Work Work => Work.OfTarget(Target);

    /// <summary>In whole numbers.</summary>
    public BigInteger Difficulty => Work.DifficultyOf(Target);

    /// <summary>One sentence for people on what inventing this header would have cost.</summary>
    public string ForgingCost =>
        $"Forging this Bitcoin header takes {Work.Hashes} hashes on average, {Work.ForgingCost} "
        + $"at {Work.JoulesPerTerahash} joules per 10^12 hashes.";
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <summary>
/// One thing this validator is about to sign. It must be on disk, synced, before anyone may see the signature; after
/// a restart the entries above the last settled height are all that binds the replica, and all that it remembers.
/// Entries at or below the settled height may be dropped.
/// </summary>
public abstract record JournalEntry
{
    private protected JournalEntry()
    {
    }

    public abstract Height Height { get; }

    public abstract Round Round { get; }

    /// <summary>Whether both bind to the same words; what backs them may differ.</summary>
    public abstract bool SaysTheSame(JournalEntry other);

    /// <summary>Deterministic CBOR; see <see cref="JournalCodec"/>.</summary>
    public byte[] Encode() => JournalCodec.Encode(this);

    /// <summary>Strict; see <see cref="JournalCodec"/>.</summary>
    /// <param name="error">The first fault and its offset; <see cref="CborFault.None"/> on success.</param>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out JournalEntry? entry, out CborError error) =>
        JournalCodec.TryDecode(bytes, out entry, out error);
}

/// <summary>A vote about to be signed, other than a precommit for a block.</summary>
public sealed record VoteEntry(Vote Vote) : JournalEntry
{
    public override Height Height => Vote.Height;

    public override Round Round => Vote.Round;

    public override bool SaysTheSame(JournalEntry other) => other is VoteEntry vote && vote.Vote == Vote;
}

/// <summary>
/// A precommit for a block about to be signed. It locks the block (lines 38 to 40 of the paper do both in one step),
/// and it keeps the quorum of prevotes behind the lock: were those lost in a crash of many, no one could show
/// that the block may still be proposed, and everyone who locked it would refuse all others for ever.
/// </summary>
/// <param name="Polka">Prevotes for the block in that round by a quorum, one per validator, ascending.</param>
public sealed record LockEntry(Height At, Round In, BlockId Block, ImmutableArray<SignedVote> Polka) : JournalEntry
{
    public override Height Height => At;

    public override Round Round => In;

    /// <summary>The precommit.</summary>
    public Vote Vote => new(At, In, VoteStep.Precommit, Block);

    public override bool SaysTheSame(JournalEntry other) => other is LockEntry held && held.Vote == Vote;
}

/// <summary>A proposal about to be signed.</summary>
public sealed record ProposalEntry(Proposal Proposal) : JournalEntry
{
    public override Height Height => Proposal.Height;

    public override Round Round => Proposal.Round;

    public override bool SaysTheSame(JournalEntry other) =>
        other is ProposalEntry proposal && proposal.Proposal == Proposal;
}

using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Consensus;

/// <summary>
/// One thing this validator is about to sign. It must be on disk, synced, before anyone may see the signature; after
/// a restart the entries above the last settled height are all that binds the replica. A lock needs no entry of its
/// own: it is the block of the highest precommit (lines 38 to 40 of the paper lock and precommit in one step).
/// Entries at or below the settled height may be dropped.
/// </summary>
public abstract record JournalEntry
{
    private protected JournalEntry()
    {
    }

    public abstract Height Height { get; }

    public abstract Round Round { get; }

    /// <summary>
    /// Deterministic CBOR: <c>["vote", height, round, step, block id / null]</c> or
    /// <c>["proposal", height, round, valid round, block id]</c>.
    /// </summary>
    public abstract byte[] Encode();

    /// <summary>Strict: one entry and nothing after it, in the only encoding it has.</summary>
    /// <param name="error">The first fault and its offset; <see cref="CborFault.None"/> on success.</param>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out JournalEntry? entry, out CborError error)
    {
        var reader = new CborReader(bytes);
        entry = null;
        if (reader.TryReadArray(5) && reader.TryReadText(out ReadOnlySpan<byte> kind))
        {
            if (kind.SequenceEqual("vote"u8))
            {
                entry = ReadVote(ref reader);
            }
            else if (kind.SequenceEqual("proposal"u8))
            {
                entry = ReadProposal(ref reader);
            }
            else
            {
                reader.Fail(CborFault.WrongValue, 1);
            }
        }

        if (!reader.HasError && reader.EndArray() && !reader.AtEnd)
        {
            reader.Fail(CborFault.TrailingBytes, reader.Position);
        }

        error = reader.Error;
        entry = reader.HasError ? null : entry;
        return entry is not null;
    }

    private static VoteEntry? ReadVote(ref CborReader reader)
    {
        if (!TryReadPlace(ref reader, out Height height, out Round round))
        {
            return null;
        }

        int start = reader.Position;
        if (!reader.TryReadUnsigned(out ulong step))
        {
            return null;
        }

        if (step is not ((ulong)VoteStep.Prevote or (ulong)VoteStep.Precommit))
        {
            reader.Fail(CborFault.WrongValue, start);
            return null;
        }

        BlockId? block = null;
        if (!reader.SkipIfNull())
        {
            if (!reader.TryReadDigest(out Digest id))
            {
                return null;
            }

            block = new BlockId(id);
        }

        return new VoteEntry(new Vote(height, round, (VoteStep)step, block));
    }

    private static ProposalEntry? ReadProposal(ref CborReader reader)
    {
        if (!TryReadPlace(ref reader, out Height height, out Round round))
        {
            return null;
        }

        int start = reader.Position;
        if (!reader.TryReadInteger(out long validRound))
        {
            return null;
        }

        if (validRound < -1 || validRound >= round.Value)
        {
            reader.Fail(CborFault.WrongValue, start);
            return null;
        }

        return reader.TryReadDigest(out Digest id)
            ? new ProposalEntry(
                new Proposal(height, round, validRound < 0 ? null : new Round((uint)validRound), new BlockId(id)))
            : null;
    }

    private static bool TryReadPlace(ref CborReader reader, out Height height, out Round round)
    {
        height = default;
        round = default;
        if (!reader.TryReadUnsigned(out ulong number))
        {
            return false;
        }

        int start = reader.Position;
        if (!reader.TryReadUnsigned(out ulong attempt))
        {
            return false;
        }

        height = new Height(number);
        round = new Round((uint)attempt);
        return attempt <= uint.MaxValue || reader.Fail(CborFault.IntegerRange, start);
    }
}

/// <summary>A vote about to be signed.</summary>
public sealed record VoteEntry(Vote Vote) : JournalEntry
{
    public override Height Height => Vote.Height;

    public override Round Round => Vote.Round;

    public override byte[] Encode()
    {
        var writer = new CborWriter(64);
        writer.Array(5).Text("vote"u8).Unsigned(Height.Value).Unsigned(Round.Value).Unsigned((ulong)Vote.Step);
        return SignBytes.WriteBlock(writer, Vote.Block).ToArray();
    }
}

/// <summary>A proposal about to be signed.</summary>
public sealed record ProposalEntry(Proposal Proposal) : JournalEntry
{
    public override Height Height => Proposal.Height;

    public override Round Round => Proposal.Round;

    public override byte[] Encode()
    {
        var writer = new CborWriter(64);
        return writer.Array(5).Text("proposal"u8).Unsigned(Height.Value).Unsigned(Round.Value)
            .Integer(Proposal.ValidRound is { } valid ? valid.Value : -1).Bytes(Proposal.Block.Value).ToArray();
    }
}

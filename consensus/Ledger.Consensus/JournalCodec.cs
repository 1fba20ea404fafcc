using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <summary>
/// Journal entries as deterministic CBOR, arrays of five:
/// <code>
/// entry = ["vote", height, round, step, block id / null]         ; not a precommit for a block
///       / ["lock", height, round, block id, [+ [validator, signature]]]   ; ascending, at most 256
///       / ["proposal", height, round, valid round or -1, block id]
/// </code>
/// Reading is strict: one entry, in its only encoding, and nothing after it.
/// </summary>
public static class JournalCodec
{
    /// <summary>Longest signature that an entry may hold, in bytes.</summary>
    private const int SignatureBytesMax = Limits.SignatureBytes;

    public static byte[] Encode(JournalEntry entry)
    {
        int signatures = entry is LockEntry { Polka.Length: var voters } ? voters * (SignatureBytesMax + 8) : 0;
        var writer = new CborWriter(128 + signatures);
        writer.Array(5);
        switch (entry)
        {
            case VoteEntry { Vote: var vote }:
                WritePlace(writer.Text("vote"u8), entry).Unsigned((ulong)vote.Step);
                WriteBlock(writer, vote.Block);
                break;
            case LockEntry locked:
                WritePlace(writer.Text("lock"u8), entry).Bytes(locked.Block.Value).Array(locked.Polka.Length);
                foreach (SignedVote prevote in locked.Polka)
                {
                    writer.Array(2).Unsigned((ulong)prevote.Validator.Value).Bytes(prevote.Signature.Span);
                }

                break;
            case ProposalEntry { Proposal: var said }:
                WritePlace(writer.Text("proposal"u8), entry)
                    .Integer(said.ValidRound is { } valid ? valid.Value : -1)
                    .Bytes(said.Block.Value);
                break;
            default:
                throw new ArgumentException($"Unknown entry {entry}.", nameof(entry));
        }

        return writer.ToArray();
    }

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
            else if (kind.SequenceEqual("lock"u8))
            {
                entry = ReadLock(ref reader);
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

    private static CborWriter WritePlace(CborWriter writer, JournalEntry entry) =>
        writer.Unsigned(entry.Height.Value).Unsigned(entry.Round.Value);

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

        start = reader.Position;
        BlockId? block = null;
        if (!reader.SkipIfNull())
        {
            if (!reader.TryReadDigest(out Digest id))
            {
                return null;
            }

            if (step == (ulong)VoteStep.Precommit)
            {
                // That would be a lock without its quorum.
                reader.Fail(CborFault.WrongValue, start);
                return null;
            }

            block = new BlockId(id);
        }

        return new VoteEntry(new Vote(height, round, (VoteStep)step, block));
    }

    private static LockEntry? ReadLock(ref CborReader reader)
    {
        if (!TryReadPlace(ref reader, out Height height, out Round round)
            || !reader.TryReadDigest(out Digest id)
            || !TryReadPolkaLength(ref reader, out int count))
        {
            return null;
        }

        var block = new BlockId(id);
        var prevote = new Vote(height, round, VoteStep.Prevote, block);
        ImmutableArray<SignedVote>.Builder polka = ImmutableArray.CreateBuilder<SignedVote>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadArray(2) || ReadSignature(ref reader, prevote, polka) is not { } signed)
            {
                return null;
            }

            polka.Add(signed);
            reader.EndArray();
        }

        return reader.EndArray() ? new LockEntry(height, round, block, polka.ToImmutable()) : null;
    }

    private static bool TryReadPolkaLength(ref CborReader reader, out int count)
    {
        int start = reader.Position;
        return reader.TryReadArray(out count)
            && (count is > 0 and <= Limits.Validators || reader.Fail(CborFault.WrongCount, start));
    }

    private static SignedVote? ReadSignature(
        ref CborReader reader,
        Vote prevote,
        ImmutableArray<SignedVote>.Builder before)
    {
        int start = reader.Position;
        if (!reader.TryReadUnsigned(out ulong validator))
        {
            return null;
        }

        if (validator >= Limits.Validators || (before.Count > 0 && (int)validator <= before[^1].Validator.Value))
        {
            reader.Fail(CborFault.WrongValue, start);
            return null;
        }

        start = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> signature))
        {
            return null;
        }

        if (signature.Length > SignatureBytesMax)
        {
            reader.Fail(CborFault.WrongLength, start);
            return null;
        }

        return new SignedVote(prevote, new ValidatorIndex((int)validator), ByteCopy.Of(signature));
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

    private static CborWriter WriteBlock(CborWriter writer, BlockId? block) =>
        block is { } id ? writer.Bytes(id.Value) : writer.Null();
}

using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// Precommits of more than two thirds of the voting power for one block: the quorum certificate.
/// Parsing checks the form; the signatures are checked by <c>Ledger.Crypto</c> against a configuration.
/// </summary>
public sealed record Commit(Height Height, Round Round, BlockId Block, ImmutableArray<CommitVote> Votes)
{
    private Derived<Commit, Digest> _digest;
    private Derived<Commit, ReadOnlyMemory<byte>> _encoded;

    /// <summary>SHA-256 of <see cref="Encoded"/>: the next header's <c>commit</c>.</summary>
    public Digest Digest => _digest.Of(this, commit => Digest.Of(commit.Encoded.Span));

    /// <summary>Laid out once, or as it was read: tens of kilobytes that many ask for.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded.Of(this, commit => commit.LayOut());

    /// <summary><see cref="Encoded"/> as the caller's own.</summary>
    public byte[] Encode() => ByteCopy.Of(Encoded.Span);

    /// <summary>Whether it is the same to the byte: the same votes, in the same round.</summary>
    public bool IsSameAs(Commit? other) => other is not null && Encoded.Span.SequenceEqual(other.Encoded.Span);

    private ReadOnlyMemory<byte> LayOut()
    {
        CborWriter writer = new(128 + (Votes.Length * (Limits.SignatureBytes + 8)));
        writer.Map(5)
            .Text("v"u8).Unsigned(1)
            .Text("block"u8).Bytes(Block.Value)
            .Text("round"u8).Unsigned(Round.Value)
            .Text("votes"u8).Array(Votes.Length);
        foreach (CommitVote vote in Votes)
        {
            writer.Array(2).Unsigned((ulong)vote.Validator).Bytes(vote.Signature.Span);
        }

        return writer.Text("height"u8).Unsigned(Height.Value).WrittenMemory;
    }

    /// <summary>Strict: votes ascending by validator, each once, at least one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Commit commit, out CborError error)
    {
        // The signatures stay where they stand in one copy of it all, which is the encoding: there is only one.
        byte[] kept = ByteCopy.Of(bytes);
        CborReader reader = new(kept);
        commit = null!;
        ImmutableArray<CommitVote>.Builder votes = ImmutableArray.CreateBuilder<CommitVote>();
        ulong round = 0;
        ulong height = 0;
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadVersion(ref map)
            & reader.TryReadMember(ref map, "block"u8, out Digest block)
            & TryReadRound(ref reader, ref map, out round)
            & reader.TryReadArrayMember(ref map, "votes"u8, Limits.Validators, out int count)
            && TryReadVotes(ref reader, kept, count, votes)
            && reader.TryReadMember(ref map, "height"u8, out height)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        if (read)
        {
            commit = new Commit(new Height(height), new Round((uint)round), new BlockId(block), votes.ToImmutable());
            commit._encoded.Know(commit, kept);
        }

        return read;
    }

    private static bool TryReadRound(ref CborReader reader, ref CborMapScope map, out ulong round)
    {
        bool read = reader.TryReadMember(ref map, "round"u8, out round);
        return read && (round <= int.MaxValue || reader.Fail(CborFault.WrongValue, reader.Position));
    }

    private static bool TryReadVotes(
        ref CborReader reader, ReadOnlyMemory<byte> bytes, int count, ImmutableArray<CommitVote>.Builder votes)
    {
        if (count == 0)
        {
            return reader.Fail(CborFault.WrongCount, reader.Position);
        }

        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            if (!reader.TryReadArray(2)
                || !reader.TryReadUnsigned(out ulong validator)
                || (validator >= Limits.Validators && !reader.Fail(CborFault.WrongValue, at))
                || (i > 0 && validator <= (ulong)votes[i - 1].Validator && !reader.Fail(CborFault.WrongValue, at))
                || !reader.TryReadBytes(Limits.SignatureBytes, out _)
                || !reader.EndArray())
            {
                return false;
            }

            votes.Add(new CommitVote(
                (int)validator, bytes[(reader.Position - Limits.SignatureBytes)..reader.Position]));
        }

        return reader.EndArray();
    }
}

/// <param name="Validator">Position in the configuration's list of validators, from 0.</param>
/// <param name="Signature">ML-DSA-65 over <see cref="SignBytes.Vote"/> with the precommit step.</param>
public readonly record struct CommitVote(int Validator, ReadOnlyMemory<byte> Signature);

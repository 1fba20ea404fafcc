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

    /// <summary>SHA-256 of <see cref="Encode"/>: the next header's <c>commit</c>.</summary>
    public Digest Digest => _digest.Of(this, commit => Digest.Of(commit.Encode()));

    public byte[] Encode()
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

        return writer.Text("height"u8).Unsigned(Height.Value).ToArray();
    }

    /// <summary>Strict: votes ascending by validator, each once, at least one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Commit commit, out CborError error)
    {
        CborReader reader = new(bytes);
        commit = null!;
        ImmutableArray<CommitVote>.Builder votes = ImmutableArray.CreateBuilder<CommitVote>();
        ulong round = 0;
        ulong height = 0;
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadVersion(ref map)
            & reader.TryReadMember(ref map, "block"u8, out Digest block)
            & TryReadRound(ref reader, ref map, out round)
            & reader.TryReadArrayMember(ref map, "votes"u8, Limits.Validators, out int count)
            && TryReadVotes(ref reader, count, votes)
            && reader.TryReadMember(ref map, "height"u8, out height)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        if (read)
        {
            commit = new Commit(new Height(height), new Round((uint)round), new BlockId(block), votes.ToImmutable());
        }

        return read;
    }

    private static bool TryReadRound(ref CborReader reader, ref CborMapScope map, out ulong round)
    {
        bool read = reader.TryReadMember(ref map, "round"u8, out round);
        return read && (round <= int.MaxValue || reader.Fail(CborFault.WrongValue, reader.Position));
    }

    private static bool TryReadVotes(ref CborReader reader, int count, ImmutableArray<CommitVote>.Builder votes)
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
                || !reader.TryReadBytes(Limits.SignatureBytes, out ReadOnlySpan<byte> signature)
                || !reader.EndArray())
            {
                return false;
            }

            votes.Add(new CommitVote((int)validator, signature.ToArray()));
        }

        return reader.EndArray();
    }
}

/// <param name="Validator">Position in the configuration's list of validators, from 0.</param>
/// <param name="Signature">ML-DSA-65 over <see cref="SignBytes.Vote"/> with the precommit step.</param>
public readonly record struct CommitVote(int Validator, ReadOnlyMemory<byte> Signature);

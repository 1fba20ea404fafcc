using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>What a consensus signature covers (<see cref="SignBytes"/>), read back.</summary>
public abstract record ConsensusStatement(ChainId Chain, Height Height, Round Round)
{
    private const int Items = 6;

    /// <summary>Whether no honest validator makes both.</summary>
    public abstract bool Contradicts(ConsensusStatement other);

    /// <summary>Strict: a vote or a proposal, in its only encoding, and nothing after it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ConsensusStatement statement, out CborError error)
    {
        CborReader reader = new(bytes);
        statement = null!;
        if (reader.TryReadArray(Items) && reader.TryReadText(out ReadOnlySpan<byte> purpose))
        {
            statement = purpose.SequenceEqual("ledger/vote/1"u8) ? ReadVote(ref reader)!
                : purpose.SequenceEqual("ledger/proposal/1"u8) ? ReadProposal(ref reader)!
                : null!;
            if (statement is null && !reader.HasError)
            {
                reader.Fail(CborFault.WrongValue, 1);
            }
        }

        bool read = !reader.HasError && reader.EndArray() && reader.TryFinish();
        error = reader.Error;
        return read;
    }

    private static VoteStatement? ReadVote(ref CborReader reader)
    {
        if (!TryReadPlace(ref reader, out ChainId chain, out Height height, out Round round))
        {
            return null;
        }

        int at = reader.Position;
        if (!reader.TryReadUnsigned(out ulong step)
            || (step is not ((ulong)VoteStep.Prevote or (ulong)VoteStep.Precommit)
                && !reader.Fail(CborFault.WrongValue, at)))
        {
            return null;
        }

        if (reader.SkipIfNull())
        {
            return new VoteStatement(chain, height, round, (VoteStep)step, null);
        }

        return reader.TryReadDigest(out Digest block)
            ? new VoteStatement(chain, height, round, (VoteStep)step, new BlockId(block))
            : null;
    }

    private static ProposalStatement? ReadProposal(ref CborReader reader)
    {
        if (!TryReadPlace(ref reader, out ChainId chain, out Height height, out Round round))
        {
            return null;
        }

        int at = reader.Position;
        if (!reader.TryReadInteger(out long valid)
            || ((valid < -1 || valid >= round.Value) && !reader.Fail(CborFault.WrongValue, at))
            || !reader.TryReadDigest(out Digest block))
        {
            return null;
        }

        Round? validRound = valid < 0 ? null : new Round((uint)valid);
        return new ProposalStatement(chain, height, round, validRound, new BlockId(block));
    }

    private static bool TryReadPlace(ref CborReader reader, out ChainId chain, out Height height, out Round round)
    {
        ulong attempt = 0;
        bool read = reader.TryReadDigest(out Digest id) & reader.TryReadUnsigned(out ulong number);
        int at = reader.Position;
        read = read && reader.TryReadUnsigned(out attempt)
            && (attempt <= int.MaxValue || reader.Fail(CborFault.WrongValue, at));
        chain = new ChainId(id);
        height = new Height(number);
        round = new Round(read ? (uint)attempt : 0);
        return read;
    }
}

/// <param name="Block">Null is the vote for nil.</param>
public sealed record VoteStatement(ChainId Chain, Height Height, Round Round, VoteStep Step, BlockId? Block)
    : ConsensusStatement(Chain, Height, Round)
{
    /// <summary>Two votes in one step of a round, for different blocks or for one and nil.</summary>
    public override bool Contradicts(ConsensusStatement other) =>
        other is VoteStatement vote && vote != this && vote with { Block = Block } == this;
}

/// <param name="ValidRound">Null, signed as -1, for a block proposed afresh.</param>
public sealed record ProposalStatement(ChainId Chain, Height Height, Round Round, Round? ValidRound, BlockId Block)
    : ConsensusStatement(Chain, Height, Round)
{
    /// <summary>Two proposals in one round that differ in block or valid round.</summary>
    public override bool Contradicts(ConsensusStatement other) =>
        other is ProposalStatement said && said != this
        && said with { Block = Block, ValidRound = ValidRound } == this;
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <summary>
/// What a vote says. Two different ones of one validator for one height, round and step are misbehaviour.
/// </summary>
/// <param name="Block">Null is the vote for nil: no block in this round.</param>
public readonly record struct Vote(Height Height, Round Round, VoteStep Step, BlockId? Block)
{
    public override string ToString() =>
        $"{(Step == VoteStep.Prevote ? "prevote" : "precommit")} {Height}/{Round} {(Block is { } block ? block : "nil")}";
}

/// <summary>A vote with its signature, which the driver has verified against the validators of that height.</summary>
/// <param name="Signature">Opaque here; carried into commits and reports of misbehaviour.</param>
public sealed record SignedVote(Vote Vote, ValidatorIndex Validator, ReadOnlyMemory<byte> Signature);

/// <summary>What a proposal says.</summary>
/// <param name="ValidRound">
/// Earlier round in which a quorum prevoted for this block; null, signed as -1, for a block proposed afresh.
/// </param>
public readonly record struct Proposal(Height Height, Round Round, Round? ValidRound, BlockId Block)
{
    public override string ToString() =>
        $"proposal {Height}/{Round} {Block}{(ValidRound is { } valid ? $" valid in {valid}" : "")}";
}

/// <summary>
/// A proposal with its signature, which the driver has verified; the header at hand hashes to the block id.
/// </summary>
/// <param name="BlockTime">Time in that header.</param>
public sealed record SignedProposal(
    Proposal Proposal,
    ValidatorIndex Proposer,
    UnixTime BlockTime,
    ReadOnlyMemory<byte> Signature);

/// <summary>
/// Precommits for one block by more than two thirds of the voting power, in the order of the validators.
/// </summary>
public sealed record Commit(Height Height, Round Round, BlockId Block, ImmutableArray<SignedVote> Precommits);

/// <summary>
/// Two statements under one key that no honest validator makes both. Portable: both carry their signatures.
/// </summary>
public abstract record Misbehaviour(ValidatorIndex Validator)
{
    /// <summary>The file that anyone can check.</summary>
    /// <param name="chain">Of the statements.</param>
    /// <param name="key">The validator's raw vote key, 1,952 bytes.</param>
    public MisbehaviourFile ToFile(in ChainId chain, ReadOnlyMemory<byte> key)
    {
        (SignedStatement first, SignedStatement second) = Statements(chain);
        return MisbehaviourFile.Of(key, first, second);
    }

    private protected abstract (SignedStatement First, SignedStatement Second) Statements(ChainId chain);
}

/// <summary>Two votes for one height, round and step that name different blocks.</summary>
public sealed record DoubleVote(SignedVote First, SignedVote Second) : Misbehaviour(First.Validator)
{
    private protected override (SignedStatement First, SignedStatement Second) Statements(ChainId chain) =>
        (Of(chain, First), Of(chain, Second));

    private static SignedStatement Of(in ChainId chain, SignedVote signed) =>
        new(
            SignBytes.Vote(chain, signed.Vote.Height, signed.Vote.Round, signed.Vote.Step, signed.Vote.Block),
            signed.Signature);
}

/// <summary>Two proposals for one height and round that differ in block or valid round.</summary>
public sealed record DoubleProposal(SignedProposal First, SignedProposal Second) : Misbehaviour(First.Proposer)
{
    private protected override (SignedStatement First, SignedStatement Second) Statements(ChainId chain) =>
        (Of(chain, First), Of(chain, Second));

    private static SignedStatement Of(in ChainId chain, SignedProposal signed)
    {
        Proposal said = signed.Proposal;
        return new SignedStatement(
            SignBytes.Proposal(chain, said.Height, said.Round, said.ValidRound, said.Block), signed.Signature);
    }
}

/// <summary>A set of validators as bits, 256 at most: which votes one holds.</summary>
public readonly record struct VoterMask(ulong Low, ulong MidLow, ulong MidHigh, ulong High)
{
    public bool Contains(ValidatorIndex index)
    {
        ulong word = (index.Value >> 6) switch { 0 => Low, 1 => MidLow, 2 => MidHigh, _ => High };
        return (word >> (index.Value & 63) & 1) != 0;
    }

    public VoterMask With(ValidatorIndex index)
    {
        ulong bit = 1UL << (index.Value & 63);
        return (index.Value >> 6) switch
        {
            0 => this with { Low = Low | bit },
            1 => this with { MidLow = MidLow | bit },
            2 => this with { MidHigh = MidHigh | bit },
            _ => this with { High = High | bit },
        };
    }
}

/// <summary>A quorum of prevotes for one block that a proposal claims and the sender lacks.</summary>
/// <param name="Held">Validators whose prevote for this very block is at hand.</param>
public readonly record struct PolkaWanted(Round Round, BlockId Block, VoterMask Held);

/// <summary>
/// Where a replica stands and what it holds, so that a peer can send exactly what is missing. Not signed and never
/// believed: the worst a false one does is to draw an answer that nobody needs.
/// </summary>
public sealed record Position(
    Height Height,
    Round Round,
    bool HasProposal,
    VoterMask Prevotes,
    VoterMask Precommits,
    PolkaWanted? Polka);

/// <summary>Whom to answer: a number that the driver gave to a peer; nothing here looks inside.</summary>
public readonly record struct PeerToken(ulong Value);

/// <summary>Names one journal write, so that its completion can be told.</summary>
public readonly record struct JournalTicket(ulong Value) : IComparable<JournalTicket>
{
    public int CompareTo(JournalTicket other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

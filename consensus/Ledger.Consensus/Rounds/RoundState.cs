using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Rounds;

/// <summary><c>step_p</c> of the paper.</summary>
internal enum RoundStep
{
    Propose,
    Prevote,
    Precommit,
}

/// <summary>A block and the round in which a quorum prevoted for it.</summary>
internal readonly record struct CertifiedBlock(BlockId Block, Round Round);

/// <summary>The variables of lines 3 to 9 of the paper, and the three "for the first time".</summary>
/// <param name="Locked"><c>lockedValue_p, lockedRound_p</c>; null is <c>nil, -1</c>.</param>
/// <param name="Valid"><c>validValue_p, validRound_p</c>; null is <c>nil, -1</c>.</param>
internal sealed record RoundState(
    Round Round,
    RoundStep Step,
    CertifiedBlock? Locked,
    CertifiedBlock? Valid,
    bool PrevoteTimeoutArmed,
    bool PrecommitTimeoutArmed,
    bool PolkaSeen)
{
    /// <summary>Lines 3 to 9.</summary>
    public static RoundState Initial { get; } = new(Round.Zero, RoundStep.Propose, null, null, false, false, false);

    /// <summary>After a restart: where the journal ends, under the last lock that it holds.</summary>
    public static RoundState Resumed(Round round, RoundStep step, CertifiedBlock? locked) =>
        Initial.Enter(round) with { Step = step, Locked = locked, Valid = locked };

    /// <summary>Lines 12, 13.</summary>
    public RoundState Enter(Round round) => new(round, RoundStep.Propose, Locked, Valid, false, false, false);
}

/// <summary>What the driver sees, put as the conditions of the paper's <c>upon</c> clauses.</summary>
internal abstract record RoundEvent
{
    /// <summary>Line 11.</summary>
    internal sealed record Started(Round Round, bool Mine) : RoundEvent;

    /// <summary>What <c>getValue()</c> of line 18 returns, later.</summary>
    internal sealed record BlockAtHand(BlockId Block) : RoundEvent;

    /// <summary>Line 22. Sound: valid, and in time.</summary>
    internal sealed record FreshProposal(BlockId Block, bool Sound) : RoundEvent;

    /// <summary>Line 28: with a quorum of prevotes for it in <paramref name="ValidRound"/>.</summary>
    internal sealed record CertifiedProposal(BlockId Block, Round ValidRound, bool Sound) : RoundEvent;

    /// <summary>Line 34.</summary>
    internal sealed record QuorumPrevoted : RoundEvent;

    /// <summary>Line 36, the block being valid.</summary>
    internal sealed record QuorumPrevotedBlock(BlockId Block) : RoundEvent;

    /// <summary>Line 44.</summary>
    internal sealed record QuorumPrevotedNil : RoundEvent;

    /// <summary>Line 47.</summary>
    internal sealed record QuorumPrecommitted : RoundEvent;

    /// <summary>Line 49, the block being valid; in any round.</summary>
    internal sealed record QuorumPrecommittedBlock(Round Round, BlockId Block) : RoundEvent;

    /// <summary>Line 55.</summary>
    internal sealed record HonestInRound(Round Round) : RoundEvent;

    /// <summary>Lines 57, 61, 65, for the current height and round.</summary>
    internal sealed record TimedOut(TimeoutKind Kind) : RoundEvent;
}

/// <summary>What a rule asks the driver to do.</summary>
internal abstract record RoundAction
{
    internal sealed record GetBlock : RoundAction;

    internal sealed record Propose(BlockId Block, Round? ValidRound) : RoundAction;

    internal sealed record Cast(VoteStep Step, BlockId? Block) : RoundAction;

    internal sealed record Arm(TimeoutKind Kind) : RoundAction;

    internal sealed record Decide(Round Round, BlockId Block) : RoundAction;

    internal sealed record StartRound(Round Round) : RoundAction;
}

/// <summary>A rule that fired: what is true after it, and what is to be done, if anything.</summary>
internal sealed record Transition(ProtocolRule Rule, RoundState Next, RoundAction? Action);

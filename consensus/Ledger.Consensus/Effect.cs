using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>
/// What is to be done, in the imperative. Answers come back as inputs; order within one step is kept.
/// </summary>
public abstract record Effect;

/// <summary>Make a block of what waits; answer <see cref="BlockBuilt"/> once it is durable.</summary>
/// <param name="NotBefore">Least header time; a builder whose clock is behind waits for it.</param>
public sealed record BuildBlock(Height Height, Round Round, UnixTime NotBefore) : Effect;

/// <summary>
/// Fetch what is missing of this block, judge it, answer <see cref="BlockChecked"/>. May be repeated.
/// </summary>
public sealed record CheckBlock(Height Height, Round Round, BlockId Block) : Effect;

/// <summary>Write the entry and sync; only then answer <see cref="JournalPersisted"/>.</summary>
public sealed record PersistJournal(JournalTicket Ticket, JournalEntry Entry) : Effect;

/// <summary>Sign, send to all, and hand in as <see cref="ProposalHeard"/>. Its journal entry is durable.</summary>
public sealed record SignAndBroadcastProposal(Proposal Proposal) : Effect;

/// <summary>Sign, send to all, and hand in as <see cref="VoteHeard"/>. Its journal entry is durable.</summary>
public sealed record SignAndBroadcastVote(Vote Vote, ValidatorIndex Validator) : Effect;

/// <summary>Answer <see cref="TimeoutElapsed"/> with the same values after this long.</summary>
public sealed record ArmTimeout(Height Height, Round Round, TimeoutKind Kind, TimeSpan After) : Effect;

/// <summary>The height is decided: execute, store with the commit, answer <see cref="BlockSettled"/>.</summary>
public sealed record CommitBlock(Commit Commit) : Effect;

/// <summary>A validator contradicted itself; the proof belongs into the next block.</summary>
public sealed record ReportMisbehaviour(Misbehaviour Misbehaviour) : Effect;

/// <summary>Send own messages of this round again: nothing moved for a while and some may be lost.</summary>
public sealed record Rebroadcast(SignedProposal? Proposal, ImmutableArray<SignedVote> Votes) : Effect;

/// <summary>Tell some peers where we stand, so that they send what we lack.</summary>
public sealed record AnnouncePosition(Position Position) : Effect;

/// <summary>Send these messages to one peer that lacks them.</summary>
public sealed record SendMessages(
    PeerToken Peer,
    ImmutableArray<SignedProposal> Proposals,
    ImmutableArray<SignedVote> Votes) : Effect;

/// <summary>A peer still works at a height that is settled here: send it that block and its commit.</summary>
public sealed record SendCommit(PeerToken Peer, Height Height) : Effect;

/// <summary>More than a third of the power is at this height or above: fetch the blocks before it.</summary>
public sealed record RequestSync(Height Height) : Effect;

/// <summary>
/// Under a quarantine without end: ask every other validator, again and again, for the commit of its highest block, and
/// tell the operator that this validator waits; answers are <see cref="HeadProven"/>.
/// </summary>
/// <param name="Heard">Power of those that have answered.</param>
/// <param name="Total">Of the set; more than two thirds of it has to answer.</param>
public sealed record AwaitHeads(VotingPower Heard, VotingPower Total) : Effect;

/// <summary>The quarantine has an end: this validator votes and proposes above that height.</summary>
public sealed record QuarantineEnds(Height Until) : Effect;

/// <summary>A rule of the protocol fired; for transcripts, counters and logs.</summary>
public sealed record RuleApplied(ProtocolRule Rule, Height Height, Round Round) : Effect;

/// <summary>A round began.</summary>
public sealed record RoundEntered(Height Height, Round Round, ValidatorIndex Proposer) : Effect;

/// <summary>
/// Our own key signed something that this replica never did: it is used elsewhere, or this is an old copy.
/// The replica stays silent up to <paramref name="SilentUntil"/>; an operator has to look.
/// </summary>
public sealed record WarnSignedElsewhere(Height SilentUntil) : Effect;

/// <summary>
/// A quorum precommitted a block that the rules call invalid: a fault in the software, or a third is lying.
/// </summary>
public sealed record WarnInvalidBlockDecided(Height Height, Round Round, BlockId Block) : Effect;

/// <summary>An input without meaning at this point: ordinary on a network, worth a counter.</summary>
public sealed record Ignored(Input Input, IgnoreReason Reason) : Effect;

public enum IgnoreReason
{
    /// <summary>The height is settled.</summary>
    PastHeight,

    /// <summary>Beyond the next height.</summary>
    FutureHeight,

    /// <summary>A round too far back to matter.</summary>
    PastRound,

    /// <summary>A message, answer or journal ticket that is known or was not asked for.</summary>
    AlreadyKnown,

    /// <summary>Out of place in this phase, round or step; late time-outs above all.</summary>
    Stale,

    /// <summary>No such validator, a proposal out of turn, or a valid round that is not before the round.</summary>
    Malformed,

    /// <summary>The sender already holds as many early messages here as one validator may.</summary>
    LimitReached,

    /// <summary>A contradiction was seen and reported; it counts for nothing.</summary>
    Contradiction,
}

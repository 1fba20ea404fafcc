using static Ledger.Simulator.BrokenDrivers;
using static Ledger.Simulator.BrokenRules;

namespace Ledger.Simulator;

/// <summary>All deliberate bugs, each with the invariants by which it may be found.</summary>
internal static class Bugs
{
    private const string Agreement = "agreement";
    private const string CommitProves = "commit proves itself";
    private const string Durable = "durable before visible";
    private const string OneVote = "one vote per step";
    private const string OneProposal = "one proposal per round";
    private const string OwnKnown = "own votes are known";
    private const string Liveness = "all settle once faults stop";
    private const string Valid = "valid";

    public static IReadOnlyList<Bug> All { get; } =
    [
        Bug.Of(new LockIsForgottenForFreshProposals(), Agreement),
        Bug.Of(new AnyQuorumUnlocks(), Agreement),
        Bug.Of(new NothingIsEverLocked(), Agreement),
        Bug.Of(new LocksNeverOpen(), Liveness),
        Bug.Of(new DuplicatesCount(), Agreement, CommitProves),
        Bug.Of(new TwoThirdsRoundedDown(), Agreement, CommitProves),
        Bug.Of(new TwoThirdsWithoutThePlus(), CommitProves),
        Bug.Of(new SpeaksBeforeTheDisk(), Durable),
        Bug.Of(new RestartForgetsVotes(), OneVote, OneProposal, OwnKnown),
        Bug.Of(new RestartForgetsLocks(), Agreement),
        Bug.Of(new RestartForgetsTheQuorumBehindTheLock(), Liveness),
        Bug.Of(new BackupIsTrusted(), OneVote, OneProposal, OwnKnown),
        Bug.Of(new OneHeadIsEnough(), OneVote, OneProposal, OwnKnown),
        Bug.Of(new QuarantineEndsTooEarly(), OneVote, OneProposal, OwnKnown),
        Bug.Of(new OneVoteSkipsRounds(), "no round is skipped by all"),
        Bug.Of(new EquivocatorHidesAQuorum(), Liveness),
        Bug.Of(new InvalidBlocksPass(), Valid),
        Bug.Of(new AnyTimePasses(), "not from the future", "time goes forward"),
        Bug.Of(new AnyoneProposes(), "the proposer in turn proposes", "a report proves itself"),
        Bug.Of(new SyncsWithoutData(), Durable),
        Bug.Of(new TakesAFullDiskForDone(), Durable),
        Bug.Of(new LeavesSignaturesUnchecked(), Agreement, CommitProves, "no honest one is accused", OwnKnown),
        Bug.Of(new LeavesCommitsUnchecked(), Agreement, CommitProves, Valid),
        Bug.Of(new CountsVotersOfACommitTwice(), Agreement, CommitProves, Valid),
        Bug.Of(new VouchesForWhatItLacks(), "held before voted for", Valid),
        Bug.Of(new AcknowledgesBeforeTheDisk(), "what was acknowledged is not lost"),
        Bug.Of(new SaysNothingAgain(), Liveness),
        Bug.Of(new WaitsForProposersForEver(), Liveness),
        Bug.Of(new DropsContradictions(), Liveness),
        Bug.Of(new OverlooksABackup(), OneVote, OneProposal, OwnKnown),
        Bug.Of(new CutsTheJournalTooHigh(), OneVote, OneProposal, OwnKnown),
    ];

    /// <summary>Bugs that show only over a time that no seed has; a directed story finds them.</summary>
    public static IReadOnlyList<Bug> Slow { get; } = [Bug.Of(new TimeOutsGrowForEver(), Liveness)];

    public static Bug Named(string name) => All.Concat(Slow).Single(bug => bug.Name == name);
}

using Ledger.Runtime.Loop;
using static Ledger.Simulator.BrokenGovernance;
using static Ledger.Simulator.BrokenLoops;
using static Ledger.Simulator.BrokenRules;

namespace Ledger.Simulator;

/// <summary>All deliberate bugs, each with the invariants by which it may be found.</summary>
internal static class Bugs
{
    private const string Agreement = "agreement";
    private const string CommitProves = "commit proves itself";
    private const string Durable = "durable before visible";
    private const string Held = "held before voted for";
    private const string OneVote = "one vote per step";
    private const string OneProposal = "one proposal per round";
    private const string OwnKnown = "own votes are known";
    private const string Liveness = "all settle once faults stop";
    private const string SealedSettles = "what is sealed settles";
    private const string Valid = "valid";
    private const string Ends = "no honest node ends by itself";
    private const string Throws = "nothing throws";
    private const string OneHistory = "a node's own stream has one history";
    private const string Accused = "no honest one is accused";
    private const string SettledKept = "what was acknowledged as settled is not lost";
    private const string SealedKept = "what was acknowledged as sealed is not lost";

    public static IReadOnlyList<Bug> All { get; } =
    [
        Bug.Of(new LockIsForgottenForFreshProposals(), Agreement),
        Bug.Of(new AnyQuorumUnlocks(), Agreement) with { IsRare = true },
        Bug.Of(new NothingIsEverLocked(), Agreement),
        Bug.Of(new LocksNeverOpen(), Liveness),
        Bug.Of(new DuplicatesCount(), Agreement, CommitProves),
        Bug.Of(new TwoThirdsRoundedDown(), Agreement, CommitProves),
        Bug.Of(new TwoThirdsWithoutThePlus(), CommitProves),
        Bug.Of(new SpeaksBeforeTheDisk(), Durable),
        Bug.Of(new RestartForgetsVotes(), OneVote, OneProposal, OwnKnown),
        Bug.Of(new RestartForgetsLocks(), Agreement) with { IsRare = true },
        Bug.Of(new RestartForgetsTheQuorumBehindTheLock(), Liveness),
        Bug.Of(new BackupIsTrusted(), OneVote, OneProposal, OwnKnown, OneHistory),
        Bug.Of(new OneHeadIsEnough(), OneVote, OneProposal, OwnKnown, OneHistory),
        Bug.Of(new QuarantineEndsTooEarly(), OneVote, OneProposal, OwnKnown, OneHistory),
        Bug.Of(new OneVoteSkipsRounds(), "no round is skipped by all"),
        Bug.Of(new EquivocatorHidesAQuorum(), Liveness) with { IsRare = true },
        Bug.Of(new InvalidBlocksPass(), Valid, Held),
        Bug.Of(new AnyTimePasses(), "not from the future", "time goes forward") with { IsRare = true },
        Bug.Of(new AnyoneProposes(), "the proposer in turn proposes", "a report proves itself"),
        new Bug("SyncsWithoutData", () => LoopRules.Sound, Durable) { SyncsWithoutData = true },
        new Bug("TakesAFullDiskForDone", () => LoopRules.Sound, Durable, Held, Ends) { TakesFullForDone = true },
        Bug.Of<LeavesSignaturesUnchecked>(Agreement, CommitProves, Accused, OwnKnown),
        Bug.Of<LeavesCommitsUnchecked>(Agreement, CommitProves, Valid, Ends, Throws),
        Bug.Of<OneVoteMakesACommit>(Agreement, CommitProves, Valid, Ends, Throws),
        Bug.Of<VouchesForWhatItLacks>(Held, Valid),
        Bug.Of<KeepsNoCandidates>(Held),
        Bug.Of<DropsFetchedRecords>("the log is the same everywhere", Ends),
        Bug.Of<AcknowledgesBeforeTheDisk>(SealedKept),
        Bug.Of<SettlesBeforeTheDisk>(SettledKept),
        Bug.Of<RestartForgetsWhatWaits>("what is sealed settles", OneHistory),
        Bug.Of<SaysNothingAgain>(Liveness),
        Bug.Of<WaitsForProposersForEver>(Liveness),
        Bug.Of<DropsContradictions>(Liveness),
        Bug.Of<OverlooksABackup>(OneVote, OneProposal, OwnKnown, OneHistory),
        Bug.Of<RestartForgetsQuarantine>(OneVote, OneProposal, OwnKnown, OneHistory),
        Bug.Of<RestartOverwritesTheJournal>(Durable, OneVote, OneProposal, OwnKnown),
        Bug.Of<CutsTheJournalTooHigh>(OneVote, OneProposal, OwnKnown),
        Bug.Of<ContinuesAnOldStream>(OneHistory),
        Bug.Of<AnchorsWhatIsVotedFor>(Anchors.OfSettled),
        Bug.Of(new ApprovalsOfOtherChangesCount(), Valid),
        Bug.Of(new AMajorityDecides(), Valid),
    ];

    public static Bug Named(string name) => All.Single(bug => bug.Name == name);
}

namespace Ledger.Simulator;

/// <summary>What happens to the world; counted, so that a run shows that it had its share of trouble.</summary>
internal enum Fault
{
    /// <summary>A packet that never arrives.</summary>
    Loss,

    /// <summary>A packet that arrives twice.</summary>
    Duplication,

    /// <summary>A packet that takes 0.2 to 3 seconds longer than the others.</summary>
    Delay,

    /// <summary>A packet that arrives before an earlier one on the same link.</summary>
    Reordering,

    /// <summary>The network in two parts.</summary>
    Partition,

    /// <summary>The same, but one part still hears the other.</summary>
    OneWayPartition,

    /// <summary>An adversary in the network that works on one node.</summary>
    Starvation,

    /// <summary>A node that ends between two pieces of work.</summary>
    Crash,

    /// <summary>One that ends with a write before it: nothing of it is on the disk.</summary>
    CrashBeforeWrite,

    /// <summary>One whose last write is on the disk, and nothing that should have followed was done.</summary>
    CrashAfterWrite,

    /// <summary>One that ends right after it said something.</summary>
    CrashAfterWord,

    /// <summary>All of them at the same moment.</summary>
    Blackout,

    /// <summary>A write that finds no space.</summary>
    DiskFull,

    /// <summary>Disk contents of an earlier time.</summary>
    OldBackup,

    /// <summary>Clocks up to 0.1 seconds off.</summary>
    ClockSkew,

    /// <summary>Other validators than before, by a decision of those before.</summary>
    ValidatorChange,

    /// <summary>A node that has nothing, in a network at work.</summary>
    LateJoin,

    /// <summary>One that begins with a snapshot instead of the first block.</summary>
    SnapshotJoin,

    /// <summary>A liar's answer about a snapshot, with one bit another.</summary>
    BentSnapshot,

    /// <summary>One who seals two histories of his stream, each to another node.</summary>
    ForkedStream,

    /// <summary>A liar's votes for several blocks at once.</summary>
    ForgedVote,

    /// <summary>A liar's two proposals, or one out of turn, or an old block again.</summary>
    ForgedProposal,

    /// <summary>A liar's block that no honest node may accept.</summary>
    InvalidBlock,

    /// <summary>A liar's sound block with records that nobody serves.</summary>
    UnservedRecords,

    /// <summary>A vote in another's name.</summary>
    ForgedSignature,

    /// <summary>A turn that a liar lets pass.</summary>
    Withholding,

    /// <summary>An old message sent again.</summary>
    Replay,

    /// <summary>A liar that says he lacks what he has.</summary>
    FalsePosition,

    /// <summary>A question that a liar leaves open, or answers with what nobody asked for.</summary>
    FalseAnswer,

    /// <summary>A settled block that a liar made up.</summary>
    FalseCommit,

    /// <summary>A liar that tells a restored validator of no block at all.</summary>
    FalseHead,

    /// <summary>Bitcoin blocks that never were, and perhaps what they held.</summary>
    BitcoinReorganisation,

    /// <summary>A while in which nothing of ours is mined.</summary>
    FeeSpike,

    /// <summary>A while in which Bitcoin does not answer.</summary>
    BitcoinOutage,
}

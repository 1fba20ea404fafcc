namespace Ledger.Simulator;

/// <summary>What happens to the world; counted, so that a run shows that it had its share of trouble.</summary>
internal enum Fault
{
    /// <summary>A message that never arrives.</summary>
    Loss,

    /// <summary>A message that arrives twice.</summary>
    Duplication,

    /// <summary>A message that takes 0.2 to 3 seconds longer than the others.</summary>
    Delay,

    /// <summary>A message that arrives before an earlier one on the same link.</summary>
    Reordering,

    /// <summary>The network in two parts.</summary>
    Partition,

    /// <summary>The same, but one part still hears the other.</summary>
    OneWayPartition,

    /// <summary>An adversary in the network that works on one node.</summary>
    Starvation,

    /// <summary>A process that ends at once.</summary>
    Crash,

    /// <summary>All of them at the same moment.</summary>
    Blackout,

    /// <summary>A write under way at a crash that is lost.</summary>
    LostWrite,

    /// <summary>One of which a part is on the disk.</summary>
    TornWrite,

    /// <summary>One that is on the disk all the same.</summary>
    SurvivingWrite,

    /// <summary>A write that finds no space.</summary>
    DiskFull,

    /// <summary>Disk contents of an earlier time.</summary>
    OldBackup,

    /// <summary>Clocks up to 0.1 seconds off.</summary>
    ClockSkew,

    /// <summary>Records that take up to three seconds to fetch.</summary>
    SlowFetch,

    /// <summary>A node to which nothing of what waits has come.</summary>
    Idleness,

    /// <summary>Powers, and who is a validator at all, change with a height.</summary>
    ValidatorChange,

    /// <summary>A liar's votes for several blocks at once.</summary>
    ForgedVote,

    /// <summary>A liar's two proposals, or one out of turn, of an invalid block, of records nobody serves.</summary>
    ForgedProposal,

    /// <summary>A vote in another's name.</summary>
    ForgedSignature,

    /// <summary>A turn that a liar lets pass.</summary>
    Withholding,

    /// <summary>An old message sent again.</summary>
    Replay,

    /// <summary>A liar that says he lacks what he has.</summary>
    FalsePosition,

    /// <summary>A commit that a liar made up.</summary>
    FalseCommit,

    /// <summary>A liar that tells a restored validator of no block at all.</summary>
    FalseHead,
}

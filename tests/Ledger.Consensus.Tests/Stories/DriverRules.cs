using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>What stands around a replica in a story, and may be broken one thing at a time.</summary>
internal class DriverRules
{
    public static DriverRules Sound { get; } = new();

    /// <summary>Whether a write that finds the disk full is tried again, and not taken for done.</summary>
    public virtual bool WaitsForSpace => true;

    /// <summary>Whether a block is fetched before it is called valid.</summary>
    public virtual bool FetchesBeforeItVouches => true;

    /// <summary>Whether a message that contradicts an earlier one reaches the replica.</summary>
    public virtual bool HandsInContradictions => true;

    /// <summary>Whether a journal that is not the one it stopped with is noticed.</summary>
    public virtual bool NoticesBackups => true;

    /// <summary>Whether a time-out that the replica asks for is told when it is over.</summary>
    public virtual bool Tells(TimeoutKind kind) => true;

    /// <summary>The time-outs that the replica is given.</summary>
    public virtual ReplicaTiming Limit(ReplicaTiming timing) => timing;

    /// <summary>First height whose journal entries are handed in after a restart.</summary>
    public virtual Height JournalFrom(Height settled) => settled.Next;
}

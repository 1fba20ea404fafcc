using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>
/// What the driver around a replica has to do right. Tests derive from the class to break one thing at a time, as they
/// do with the replica's own safety rules.
/// </summary>
internal class DriverRules
{
    public static DriverRules Sound { get; } = new();

    /// <summary>Whether a write that was answered for survives a crash.</summary>
    public virtual bool SyncsData => true;

    /// <summary>Whether a write that finds the disk full is tried again, and not taken for done.</summary>
    public virtual bool WaitsForSpace => true;

    /// <summary>Whether signatures of votes and proposals are checked.</summary>
    public virtual bool ChecksSignatures => true;

    /// <summary>Whether the commit of a block that a peer serves is checked.</summary>
    public virtual bool ChecksCommits => true;

    /// <summary>Whether a validator that stands twice in a served commit counts once.</summary>
    public virtual bool CountsVotersOnce => true;

    /// <summary>Whether a block is fetched before it is called valid.</summary>
    public virtual bool FetchesBeforeItVouches => true;

    /// <summary>Whether a block is acknowledged as settled only once it is durable.</summary>
    public virtual bool SettlesOnceDurable => true;

    /// <summary>Whether a replica's wish to send again is granted.</summary>
    public virtual bool SaysAgain => true;

    /// <summary>Whether a message that contradicts an earlier one reaches the replica.</summary>
    public virtual bool HandsInContradictions => true;

    /// <summary>Whether a time-out that the replica asks for is told when it is over.</summary>
    public virtual bool Tells(TimeoutKind kind) => true;

    /// <summary>The time-outs that the replica is given.</summary>
    public virtual ReplicaTiming Limit(ReplicaTiming timing) => timing;

    /// <summary>Whether a journal that is not the one it stopped with is noticed.</summary>
    public virtual bool NoticesBackups => true;

    /// <summary>First height whose journal entries are handed in after a restart.</summary>
    public virtual Height JournalFrom(Height settled) => settled.Next;
}

using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Snapshots;

namespace Ledger.Runtime.Loop;

/// <summary>
/// The conditions on which the loop's guarantees rest, gathered in one place. Product code has only these; tests derive
/// from the class to break one at a time, and show that something then fails.
/// </summary>
internal class LoopRules
{
    public static LoopRules Sound { get; } = new();

    /// <summary>The replica's own.</summary>
    public virtual SafetyRules Safety => SafetyRules.Sound;

    /// <summary>By which approvals of a change become a decision.</summary>
    public virtual GovernanceRules Governance => GovernanceRules.Sound;

    /// <summary>Whether a journal is not the one that this validator stopped with.</summary>
    public virtual bool IsOlderThanLeft(ulong inside, ulong outside) => inside < outside;

    /// <summary>Under which number an entry of the journal is kept.</summary>
    /// <param name="written">How often the journal was written, over all lives.</param>
    public virtual ulong NumberOf(JournalTicket ticket, ulong written) => written;

    /// <summary>First height whose journal entries are handed in after a restart.</summary>
    public virtual Height JournalFrom(Height settled) => settled.Next;

    /// <summary>Whether a quarantine outlives a restart.</summary>
    public virtual bool KeepsQuarantine => true;

    /// <summary>Whether a restored node waits for its stream's settled head before it seals in it.</summary>
    public virtual bool WaitsForOwnHead => true;

    /// <summary>Whether a message of consensus counts, given whether its signature is sound.</summary>
    public virtual bool Counts(bool signed) => signed;

    /// <summary>Whether the replica hears of a message that is sound.</summary>
    public virtual bool HandsIn(ConsensusMessage message) => true;

    /// <summary>What is wrong with the commit of a block that a peer serves; null if nothing is.</summary>
    public virtual string? FaultOf(Core.Chain.Commit commit, Header header, Configuration configuration) =>
        QuorumCertificate.FindFault(commit, header, configuration);

    /// <summary>What binds the pieces of a snapshot to its header.</summary>
    public virtual SnapshotRules Snapshots => SnapshotRules.Sound;

    /// <summary>Whether a block is fetched and executed before it is called valid.</summary>
    public virtual bool JudgesBeforeItVouches => true;

    /// <summary>Whether a block is kept until its height is settled by whoever calls it valid.</summary>
    public virtual bool KeepsCandidates => true;

    /// <summary>Whether a record that was fetched for a block outlives the height.</summary>
    public virtual bool OutlivesHeight(bool settled) => settled;

    /// <summary>
    /// Whether records that came while the disk was full, and with them their streams' keys, are asked for again.
    /// </summary>
    public virtual bool FetchesAgainWhenFull => true;

    /// <summary>Whether keys that peers serve are kept only of what was asked for, and of streams that may settle.</summary>
    public virtual bool KeepsNothingOfStrangers => true;

    /// <summary>Whether a record is acknowledged as sealed only once it is durable.</summary>
    public virtual bool SealsOnceDurable => true;

    /// <summary>Whether a block is called settled only once it is durable.</summary>
    public virtual bool SettlesOnceDurable => true;

    /// <summary>Whether what was acknowledged waits again after a restart.</summary>
    public virtual bool RestoresPending => true;

    /// <summary>Whether what a recovery key signs goes before the rest of its stream, and takes its place.</summary>
    public virtual bool RecoveryGoesFirst => true;

    /// <summary>Whether sponsors and streams take turns in a block of this node.</summary>
    public virtual bool TakesTurns => true;

    /// <summary>Whether a stream's records stay out of this node's blocks while it is frozen.</summary>
    public virtual bool HeedsFreezes => true;

    /// <summary>Whether what was acknowledged and does not settle is shared again.</summary>
    public virtual bool SharesAgain => true;

    /// <summary>Whether a record that has waited too long may leave the pool.</summary>
    public virtual bool MayLetGo(PendingRecord pending) => !pending.IsAcknowledged;

    /// <summary>What is put into Bitcoin for a settled block.</summary>
    public virtual BlockId Anchored(ChainStore store, Header settled) => settled.Id;

    /// <summary>Whether a replica's wish to send again is granted.</summary>
    public virtual bool SaysAgain => true;

    /// <summary>Whether a time-out that the replica asks for is told when it is over.</summary>
    public virtual bool Tells(TimeoutKind kind) => true;
}

using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Status;

/// <summary>Where the node's loop stood after its last piece of work.</summary>
/// <param name="Configuration">In force at the height in progress.</param>
internal sealed record NodeStanding(ReplicaStanding Replica, Configuration Configuration)
{
    /// <summary>When a block of this height was first wanted, or when the height began to rest.</summary>
    public required UnixTime HeightSince { get; init; }

    public required UnixTime StepSince { get; init; }

    /// <summary>In the order of the configuration; null for who said nothing since the node started.</summary>
    public required ImmutableArray<UnixTime?> LastHeard { get; init; }

    /// <summary>Acknowledged records that no block holds.</summary>
    public required int Waiting { get; init; }

    /// <summary>Whether the last write found the disk full.</summary>
    public required bool IsDiskFull { get; init; }

    /// <summary>Records that blocks name and this node does not hold.</summary>
    public required int RecordsMissing { get; init; }

    /// <summary>Proposed blocks that are not judged yet.</summary>
    public required int BlocksMissing { get; init; }

    /// <summary>The highest block that this node knows of; its own head where nobody showed it another.</summary>
    public required Height KnownHeight { get; init; }

    public bool IsOpen => Opens(Replica.Step);

    public static bool Opens(ReplicaStep step) => step is not ReplicaStep.Idle;
}

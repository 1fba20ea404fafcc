using Ledger.Core;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>What travels between simulated nodes.</summary>
internal abstract record Wire;

internal sealed record VoteWire(SignedVote Vote) : Wire;

internal sealed record ProposalWire(SignedProposal Proposal) : Wire;

internal sealed record PositionWire(Position Position) : Wire;

internal sealed record CommitWire(Commit Commit) : Wire;

/// <summary>Asks for settled blocks from this height on.</summary>
internal sealed record SyncWire(Height From) : Wire;

/// <summary>What stands behind a block id.</summary>
/// <param name="Served">Whether anybody can ever fetch it.</param>
internal sealed record SimulatedBlock(BlockId Id, Height Height, UnixTime Time, bool Valid, bool Served);

/// <summary>A rule of the simulated world that no honest replica may break.</summary>
internal sealed class InvariantBrokenException(string invariant, string detail)
    : Exception($"{invariant}: {detail}")
{
    public string Invariant { get; } = invariant;
}

/// <summary>What happens to the world; counted, so that a run shows that it had its share of trouble.</summary>
internal enum Fault
{
    Loss,
    Duplication,
    Delay,
    Partition,
    OneWayPartition,
    Crash,
    LostWrite,
    SurvivingWrite,
    OldBackup,
    ClockSkew,
    SlowFetch,
    Idleness,
    ForgedVote,
    ForgedProposal,
    Replay,
    FalsePosition,
    FalseCommit,
}

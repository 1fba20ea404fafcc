using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>What travels between simulated nodes.</summary>
internal abstract record Wire;

internal sealed record VoteWire(SignedVote Vote) : Wire;

internal sealed record ProposalWire(SignedProposal Proposal) : Wire;

internal sealed record PositionWire(Position Position) : Wire;

internal sealed record CommitWire(Commit Commit) : Wire;

/// <summary>Asks for settled blocks from this height on.</summary>
internal sealed record SyncWire(Height From) : Wire;

/// <summary>Asks for the commit of the highest block.</summary>
internal sealed record HeadQuestionWire : Wire;

/// <param name="Commit">Null where nothing is settled.</param>
internal sealed record HeadWire(Commit? Commit) : Wire;

/// <summary>What stands behind a block id.</summary>
/// <param name="Served">Whether anybody can ever fetch it.</param>
internal sealed record SimulatedBlock(BlockId Id, Height Height, UnixTime Time, bool Valid, bool Served, string Name);

/// <summary>Where a crash strikes.</summary>
internal enum CrashPoint
{
    Now,

    /// <summary>With the next journal write under way.</summary>
    Writing,

    /// <summary>Just after the next signed message went out.</summary>
    Spoken,
}

/// <summary>What the adversary in the network wants of its victim.</summary>
internal enum Aim
{
    /// <summary>To decide while the others go on without knowing.</summary>
    DecideAlone,

    /// <summary>The same; and the others are to forget meanwhile what they locked.</summary>
    DecideAloneThenRestart,

    /// <summary>Never to see the quorum of prevotes on which the others lock.</summary>
    MissAQuorum,

    /// <summary>
    /// To decide one block while another, that nearly had a quorum in an earlier round, is brought back.
    /// </summary>
    DecideAloneThenRevive,
}

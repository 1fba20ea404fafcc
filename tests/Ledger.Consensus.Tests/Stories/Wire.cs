using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

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

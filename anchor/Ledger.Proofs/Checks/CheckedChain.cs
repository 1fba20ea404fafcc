using System.Collections.Immutable;
using Ledger.Core.Chain;
using Ledger.Proofs.Spv;
using Ledger.Records.Streams;

namespace Ledger.Proofs.Checks;

/// <summary>What the chain part of a file shows, as far as it held.</summary>
/// <param name="Checkpoints">In the file's order; null where one could not be read.</param>
/// <param name="Head">State of the stream at its checkpoint; null if that did not hold.</param>
/// <param name="Changes">Changes of the voters since the genesis document that the file shows.</param>
internal sealed record CheckedChain(
    GenesisDocument Genesis, ImmutableArray<CheckedCheckpoint?> Checkpoints, StreamState? Head, int Changes);

/// <param name="Links">Headers directly before <paramref name="Header"/>, oldest first.</param>
/// <param name="Bitcoin">Null without a proof, or with one that did not hold.</param>
/// <param name="BitcoinHeight">The node's claim.</param>
internal sealed record CheckedCheckpoint(
    Header Header, ImmutableArray<Header> Links, VerifiedCommitment? Bitcoin, uint BitcoinHeight);

using Ledger.Core;
using Ledger.Proofs.Evidence;

namespace Ledger.Runtime.Evidence;

/// <summary>What the anchoring knows of Bitcoin, for those who build evidence.</summary>
public interface IAnchorProofs
{
    /// <summary>The oldest mined batch whose log holds the entry; null while there is none.</summary>
    AnchorProof? Covering(LogIndex index);
}

/// <param name="Batch">Height of the header whose id is in Bitcoin. It names the commit of the block before, which covers the log up to there.</param>
public sealed record AnchorProof(Height Batch, BitcoinEvidence Bitcoin);

/// <summary>A node that anchors nothing.</summary>
public sealed class NoAnchors : IAnchorProofs
{
    public AnchorProof? Covering(LogIndex index) => null;
}

using Ledger.Crypto;

namespace Ledger.Runtime;

/// <summary>What makes this node itself; everything shared stands in the genesis document.</summary>
public sealed record NodeSettings
{
    public const int SnapshotBlocksUsual = 5_000;

    /// <summary>Signs proposals and votes; null for a node that only follows.</summary>
    public SigningKey? VoteKey { get; init; }

    /// <summary>Takes over from <see cref="VoteKey"/> at the height where the configuration names it; null for none.</summary>
    public SigningKey? NextVoteKey { get; init; }

    /// <summary>Signs the node's own stream: anchors, roots, governance. Null for a node without one.</summary>
    public SigningKey? StreamKey { get; init; }

    /// <summary>Free text in the node's own records: who operates it, as a pseudonym.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// A node without a chain begins with a snapshot if that spares it so many blocks; null for never. Blocks within the
    /// window and the day of the quotas, and 1,000 in any case, are fetched before it goes on.
    /// </summary>
    public int? SnapshotBlocks { get; init; } = SnapshotBlocksUsual;

    /// <summary>
    /// How long an empty block may wait after one with content, in case more content arrives meanwhile: it names the
    /// commit of the block before, so that Bitcoin can date the signatures.
    /// </summary>
    public TimeSpan DatingDelay { get; init; } = TimeSpan.FromMilliseconds(250);
}

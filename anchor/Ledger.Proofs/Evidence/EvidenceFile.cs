using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Proofs.Evidence;

/// <summary>What a file gives itself out to be; a longer stream makes only <see cref="Stream"/> stale.</summary>
public enum EvidenceScope
{
    Record,
    Range,
    Stream,
}

/// <summary>
/// An evidence file as parsed: form and limits checked, nothing verified. <c>anchor/README.md</c> specifies the bytes.
/// </summary>
public sealed record EvidenceFile
{
    /// <summary>Media type of the CBOR form.</summary>
    public const string MediaType = "application/vnd.ledger.evidence+cbor";

    /// <summary>Bytes of a whole file.</summary>
    public const int BytesMax = 1 << 30;

    /// <summary>Records in one file.</summary>
    public const int RecordsMax = 200_000;

    /// <summary>Public keys in one file.</summary>
    public const int KeysMax = Limits.StreamKeys;

    /// <summary>Raw public keys that the records are signed with and that no record of the file carries.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Keys { get; init; }

    /// <summary>What the chain says of the records; null in a file that shows the records alone.</summary>
    public required ChainEvidence? Chain { get; init; }

    public required EvidenceScope Scope { get; init; }

    public required StreamId Stream { get; init; }

    /// <summary>
    /// Whether the checksum at the end is that of the bytes before it. It protects nobody from a forger; it tells a file
    /// that was damaged on its way where no signature covers the damage, such as the claimed height of a Bitcoin block.
    /// </summary>
    public bool ChecksumHolds { get; init; } = true;

    /// <summary>Encoded records, consecutive in their stream.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Records { get; init; }
}

/// <param name="Log">One inclusion for each record, in the same order.</param>
/// <param name="Head">The stream's state at one of the checkpoints.</param>
/// <param name="Genesis">The encoded genesis document.</param>
/// <param name="Checkpoints">Settled states of the chain, ascending by height.</param>
public sealed record ChainEvidence(
    ImmutableArray<LogInclusion> Log, HeadEvidence Head, ReadOnlyMemory<byte> Genesis, ImmutableArray<Checkpoint> Checkpoints)
{
    public const int CheckpointsMax = 4;

    /// <summary>Bytes of the genesis document.</summary>
    public const int GenesisBytesMax = Limits.ConfigurationBytes;

    /// <summary>From the genesis document's configuration to those that the checkpoints name; empty while it is in force.</summary>
    public ImmutableArray<WalkStep> Walk { get; init; } = [];
}

/// <summary>The next configuration that the file shows, and who says that it is.</summary>
/// <param name="Configuration">Its bytes.</param>
/// <param name="Header">
/// Names it as the next; signed by the validators of the configuration before it. Empty where the two have the same
/// voters: then they speak for themselves, wherever this one is used.
/// </param>
/// <param name="Commit">Quorum certificate of <paramref name="Header"/>; empty without one.</param>
public sealed record WalkStep(
    ReadOnlyMemory<byte> Configuration, ReadOnlyMemory<byte> Header = default, ReadOnlyMemory<byte> Commit = default)
{
    /// <summary>Steps of one file.</summary>
    public const int CountMax = 1_024;
}

/// <param name="Checkpoint">Position in the list of checkpoints.</param>
/// <param name="Index">Position of the record in the log.</param>
/// <param name="Path">RFC 9162 §2.1.3 inclusion path in the checkpoint's log root.</param>
public sealed record LogInclusion(int Checkpoint, LogIndex Index, ImmutableArray<Digest> Path)
{
    /// <summary>Siblings of one path: the log holds at most 2^53 entries.</summary>
    public const int PathMax = 53;
}

/// <param name="Path">Encoded streams-map proof.</param>
/// <param name="State">Encoded stream state that the map proves.</param>
/// <param name="Checkpoint">Position in the list of checkpoints.</param>
public sealed record HeadEvidence(ReadOnlyMemory<byte> Path, ReadOnlyMemory<byte> State, int Checkpoint)
{
    public const int PathBytesMax = 16_384;
    public const int StateBytesMax = 32_768;
}

/// <param name="Next">Header of the block after, which names this commit; required beside a Bitcoin proof.</param>
/// <param name="Links">Headers directly before <paramref name="Header"/>, oldest first, to show a record's own height.</param>
/// <param name="Commit">Quorum certificate of <paramref name="Header"/>.</param>
/// <param name="Bitcoin">Proof that Bitcoin holds the id of <paramref name="Next"/>.</param>
public sealed record Checkpoint(
    ReadOnlyMemory<byte> Next,
    ImmutableArray<ReadOnlyMemory<byte>> Links,
    ReadOnlyMemory<byte> Commit,
    ReadOnlyMemory<byte> Header,
    BitcoinEvidence? Bitcoin)
{
    public const int LinksMax = 17;
    public const int HeaderBytesMax = 512;
    public const int CommitBytesMax = 1 << 20;
}

/// <param name="Tx">Transaction without witness data.</param>
/// <param name="Index">Position of the transaction in its block.</param>
/// <param name="Branch">Merkle branch, lowest sibling first.</param>
/// <param name="Header">80 bytes.</param>
/// <param name="Height">The node's claim; a header does not prove its height.</param>
/// <param name="Network">main, testnet4, signet or regtest.</param>
public sealed record BitcoinEvidence(
    ReadOnlyMemory<byte> Tx, uint Index, ImmutableArray<Digest> Branch, ReadOnlyMemory<byte> Header, uint Height, string Network)
{
    public const int TxBytesMax = 100_000;
    public const int BranchMax = 32;
    public const int HeaderBytes = 80;
}

/// <summary>Why a file cannot be read: the fault, its offset, and how many whole records stand before it.</summary>
public sealed record EvidenceFault(CborError Error, int WholeRecords);

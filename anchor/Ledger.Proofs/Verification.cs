using System.Collections.Immutable;
using System.Numerics;
using Ledger.Core;
using Ledger.Proofs.Disclosures;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Proofs;

/// <summary>What the verdict was held against.</summary>
public enum Pinning
{
    /// <summary>The trust file names it, and it matched.</summary>
    Pinned,

    /// <summary>The file alone says so.</summary>
    NotPinned,

    /// <summary>The file does not contain it.</summary>
    NotShown,
}

/// <summary>The answer to "what does this file show": a value, complete for every surface that shows it.</summary>
public sealed record Verification
{
    public required Verdict Verdict { get; init; }

    /// <summary>What failed; null under VERIFIED.</summary>
    public Layer? Layer { get; init; }

    /// <summary>One clause for people; null under VERIFIED.</summary>
    public string? Reason { get; init; }

    /// <summary>The first record concerned, from 0; null under VERIFIED.</summary>
    public int? Index { get; init; }

    public StreamId? Stream { get; init; }

    /// <summary>Whole records read.</summary>
    public int Records { get; init; }

    /// <summary>Null for a bare chain of records.</summary>
    public EvidenceScope? Scope { get; init; }

    /// <summary>Block time of the newest checkpoint; null without one.</summary>
    public UnixTime? AsOf { get; init; }

    public required TrustReport Trust { get; init; }

    /// <summary>Where the file's last record settled; null if that is not shown.</summary>
    public SettledReport? Settled { get; init; }

    /// <summary>What Bitcoin holds; null if that is not shown for every record of the file.</summary>
    public AnchoredReport? Anchored { get; init; }

    /// <summary>One line for each layer: what was checked, and what was not.</summary>
    public ImmutableArray<LayerReport> Layers { get; init; } = [];

    /// <summary>What a reader should know beside the verdict.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>One for each content that was disclosed beside the file, in the order given.</summary>
    public ImmutableArray<DisclosureReport> Disclosures { get; init; } = [];

    /// <summary>INVALID by one layer, and nothing checked beyond it.</summary>
    internal static Verification Invalid(Layer layer, int index, string reason, TrustReport trust) => new()
    {
        Verdict = Verdict.Invalid,
        Layer = layer,
        Reason = reason,
        Index = index,
        Trust = trust,
        Layers = [new LayerReport(layer.Word(), LayerOutcome.Failed, reason)],
    };
}

public enum LayerOutcome
{
    Passed,
    Failed,
    NotChecked,
}

/// <param name="Name">The layer's word.</param>
/// <param name="Text">What was checked, or why it was not.</param>
public sealed record LayerReport(string Name, LayerOutcome Outcome, string Text);

/// <param name="Network">Null if no Bitcoin proof is shown.</param>
/// <param name="Work">Expected hashes behind the anchor's header.</param>
/// <param name="Floor">Expected hashes of the easiest header that the verifier accepts on this network.</param>
public sealed record TrustReport(Pinning Key, Pinning Chain, Pinning Bitcoin, string? Network, BigInteger? Work, BigInteger? Floor)
{
    public static TrustReport None { get; } =
        new(Pinning.NotPinned, Pinning.NotShown, Pinning.NotShown, null, null, null);
}

/// <param name="Height">Height of the record's own block where links show it, else of the checkpoint that covers it.</param>
/// <param name="IsOwnBlock">Whether the height is the record's own.</param>
/// <param name="Time">That block's time.</param>
/// <param name="LeadMs">Block time minus the record's own time; negative if the signer's clock was ahead.</param>
public sealed record SettledReport(ChainId Chain, Height Height, bool IsOwnBlock, BlockId Block, UnixTime Time, long LeadMs);

/// <param name="ProvesTime">False on test networks.</param>
/// <param name="Height">The node's claim.</param>
/// <param name="Time">The Bitcoin header's, within two hours.</param>
/// <param name="Cost">One sentence on what forging the header would have cost.</param>
public sealed record AnchoredReport(
    string Network, bool ProvesTime, string Transaction, string BlockHash, uint Height, UnixTime Time, string Cost);

/// <summary>How old a checkpoint may be.</summary>
/// <param name="At">The time of the question.</param>
/// <param name="AgeMaxMs">Largest age in milliseconds; null asks for no limit.</param>
public readonly record struct FreshnessLimit(UnixTime At, ulong? AgeMaxMs);

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Records.Streams;

namespace Ledger.Runtime.Chain;

/// <summary>Everything that the next block builds on. Immutable: a candidate block is tried without touching it.</summary>
public sealed record ChainHead
{
    public required ChainId Chain { get; init; }

    /// <summary>0 before the first block of a chain without a predecessor.</summary>
    public required Height Height { get; init; }

    /// <summary>Id of the last block; zero before the first.</summary>
    public required BlockId Block { get; init; }

    /// <summary>Its time; the genesis document's before the first block.</summary>
    public required UnixTime Time { get; init; }

    /// <summary>Its commit; null before the first block.</summary>
    public required Commit? Commit { get; init; }

    /// <summary>Whether the last block held records or evidence, so that an empty block may follow at once and name its commit.</summary>
    public required bool LastHadContent { get; init; }

    public required LogFrontier Log { get; init; }

    /// <summary>Root of the streams map.</summary>
    public required Digest Streams { get; init; }

    /// <summary>In force at the next height.</summary>
    public required Configuration Configuration { get; init; }

    /// <summary>
    /// In force at the height after that: what the next header names as <c>next</c>. Another than
    /// <see cref="Configuration"/> where the last block completed a change.
    /// </summary>
    public required Configuration Upcoming { get; init; }

    /// <summary>Chains that a stream's genesis record may name as its home: this one and those it continues.</summary>
    public required ImmutableArray<ChainId> Homes { get; init; }

    /// <summary>What the next header must carry as <c>commit</c>.</summary>
    public Digest CommitDigest => Commit?.Digest ?? Digest.Zero;

    /// <summary>Terms under which this chain accepts the first record of a stream.</summary>
    internal GenesisTerms Terms(string sponsor) => new(sponsor, Homes);

    public static ChainHead Before(GenesisDocument genesis) => new()
    {
        Chain = genesis.Chain,
        Height = Height.Zero,
        Block = default,
        Time = genesis.Time,
        Commit = null,
        LastHadContent = false,
        Log = LogFrontier.Empty,
        Streams = Digest.Zero,
        Configuration = genesis.Configuration,
        Upcoming = genesis.Configuration,
        Homes = genesis.Predecessor is { } before ? [genesis.Chain, before.Chain] : [genesis.Chain],
    };
}

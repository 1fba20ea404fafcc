using System.Collections.Immutable;
using System.Numerics;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Trust;

/// <summary>
/// What the reader holds true from elsewhere than the file that is being checked. Every pin is optional;
/// an empty trust file pins nothing. Specified in <c>anchor/README.md</c>.
/// </summary>
public sealed record TrustFile
{
    /// <summary>Bytes of a trust file.</summary>
    public const int BytesMax = 1 << 20;

    /// <summary>Streams that one trust file may name.</summary>
    public const int StreamsMax = 10_000;

    public static TrustFile Empty { get; } = new();

    public ChainId? Chain { get; init; }

    /// <summary>Streams whose records are accepted; empty accepts any, unpinned.</summary>
    public ImmutableArray<StreamId> Streams { get; init; } = [];

    public BitcoinPin? Bitcoin { get; init; }

    public ChainCheckpointPin? Checkpoint { get; init; }

    /// <summary>
    /// A run of Bitcoin's best chain, from a Bitcoin node that the reader trusts; null without one. It is no part of the
    /// file: it comes beside it, and then every anchor's header must stand in it.
    /// </summary>
    public HeaderChain? Headers { get; init; }
}

/// <param name="Network">main, testnet4, signet or regtest.</param>
/// <param name="Work">Least expected hashes behind the anchor's header.</param>
/// <param name="CheckpointHeader">80 bytes of a header known to be in the best chain; empty without one.</param>
/// <param name="CheckpointHeight">Its height.</param>
public sealed record BitcoinPin(string Network, BigInteger Work, ReadOnlyMemory<byte> CheckpointHeader, uint CheckpointHeight);

/// <summary>A block of the chain known from elsewhere.</summary>
public sealed record ChainCheckpointPin(Height Height, BlockId Block);

/// <summary>Why a trust file cannot be used.</summary>
/// <param name="Reason">One sentence that names the member.</param>
public sealed record TrustFault(string Reason);

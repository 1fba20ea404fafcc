using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Ledger.Proofs.Spv;

/// <summary>
/// One of the networks that speak Bitcoin's protocol, and what its proof of work is worth to a stranger.
/// Limits from the chain parameters that Bitcoin Core publishes (<c>kernel/chainparams.cpp</c>; testnet4: BIP 94;
/// signet: BIP 325).
/// </summary>
public sealed class BitcoinNetwork
{
    internal BitcoinNetwork(string name, BigInteger limit, BigInteger floor, bool provesTime)
    {
        Name = name;
        Limit = limit;
        Floor = floor;
        ProvesTime = provesTime;
    }

    /// <summary>
    /// Least difficulty of a <c>main</c> header that no checkpoint vouches for: at about 240 MWh a header, lower than
    /// every real one since mid-2019. A constant of the release, raised as the real difficulty rises.
    /// </summary>
    public const long MainFloorDifficulty = 10_000_000_000_000;

    public static BitcoinNetwork Main { get; } =
        new("main", Ones(224), CompactTarget.DifficultyOne / MainFloorDifficulty, provesTime: true);

    public static BitcoinNetwork Testnet4 { get; } = Test("testnet4", Ones(224));

    public static BitcoinNetwork Signet { get; } = Test("signet", new BigInteger(0x377ae) << 216);

    public static BitcoinNetwork Regtest { get; } = Test("regtest", Ones(255));

    public static ImmutableArray<BitcoinNetwork> All { get; } = [Main, Testnet4, Signet, Regtest];

    /// <summary>As <c>getblockchaininfo</c> calls it, and as records and evidence files name it.</summary>
    public string Name { get; }

    /// <summary>The easiest target that the network's own rules ever allow.</summary>
    public BigInteger Limit { get; }

    /// <summary>The easiest target that a verifier accepts without a checkpoint; at most <see cref="Limit"/>.</summary>
    public BigInteger Floor { get; }

    /// <summary>
    /// Whether a header costs enough to date anything. False for every test network: their blocks are cheap
    /// (testnet4, regtest) or one signer's (signet).
    /// </summary>
    public bool ProvesTime { get; }

    /// <summary>Finds a network by its exact name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out BitcoinNetwork? network)
    {
        foreach (BitcoinNetwork candidate in All)
        {
            if (candidate.Name == name)
            {
                network = candidate;
                return true;
            }
        }

        network = null;
        return false;
    }

    public override string ToString() => Name;

    private static BitcoinNetwork Test(string name, BigInteger limit) => new(name, limit, limit, provesTime: false);

    private static BigInteger Ones(int bits) => (BigInteger.One << bits) - 1;
}

using System.Collections.Immutable;
using System.Globalization;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Rpc;

/// <summary>A price per size, in satoshi per 1,000 virtual bytes.</summary>
public readonly record struct FeeRate(long SatoshiPerKilobyte) : IComparable<FeeRate>
{
    public static FeeRate PerByte(long satoshi) => new(satoshi * 1_000);

    /// <summary>As wallets want it: satoshi per virtual byte, at most three decimals.</summary>
    internal decimal PerVirtualByte => SatoshiPerKilobyte / 1_000m;

    public int CompareTo(FeeRate other) => SatoshiPerKilobyte.CompareTo(other.SatoshiPerKilobyte);

    public override string ToString() => $"{PerVirtualByte.ToString(CultureInfo.InvariantCulture)} sat/vB";
}

/// <summary>What the daemon knows of its chain.</summary>
/// <param name="Network"><c>main</c>, <c>testnet4</c>, <c>signet</c> or <c>regtest</c>.</param>
/// <param name="Height">Of the newest block that it has checked.</param>
/// <param name="Headers">
/// Of the newest header that it knows; more than <paramref name="Height"/> while it catches up.
/// </param>
/// <param name="CatchingUp">The daemon itself says that it is still in its first download.</param>
/// <param name="PrunedBelow">Blocks below are gone from its disk; null without pruning.</param>
public sealed record BlockchainInfo(
    string Network,
    BitcoinHeight Height,
    BitcoinHeight Headers,
    BitcoinBlockHash Best,
    bool CatchingUp,
    BitcoinHeight? PrunedBelow);

/// <summary>Where a block stands.</summary>
/// <param name="Confirmations">1 for the newest block; 0 where the block is not in the best chain (any more).</param>
/// <param name="Time">The header's own.</param>
public sealed record BlockPosition(BitcoinHeight Height, long Confirmations, BitcoinBlockHash? Next, UnixTime Time);

/// <summary>A block without its transactions' bytes.</summary>
public sealed record BlockSummary(
    BitcoinHeight Height,
    long Confirmations,
    Digest MerkleRoot,
    ImmutableArray<BitcoinTransactionId> Transactions);

/// <summary>A transaction that waits in the daemon's mempool.</summary>
/// <param name="VirtualSize">In virtual bytes (BIP 141).</param>
public sealed record MempoolEntry(int VirtualSize, Satoshi Fee, UnixTime Since, bool Replaceable);

/// <summary>What the wallet holds.</summary>
/// <param name="Trusted">Can be spent now.</param>
/// <param name="Pending">Received but in no block yet.</param>
/// <param name="Immature">Mined by this wallet less than 100 blocks ago.</param>
public sealed record WalletBalance(Satoshi Trusted, Satoshi Pending, Satoshi Immature);

/// <summary>A transaction of the wallet.</summary>
/// <param name="Confirmations">0 in no block; negative: a conflicting transaction was mined that long ago.</param>
/// <param name="Block">The block that holds it, in the best chain.</param>
/// <param name="Raw">Serialization with witness.</param>
/// <param name="ReplacedBy">The transaction that a fee bump put in its place.</param>
/// <param name="Conflicts">Others of this wallet that spend the same coins.</param>
public sealed record WalletTransaction(
    BitcoinTransactionId Id,
    long Confirmations,
    BitcoinBlockHash? Block,
    BitcoinHeight? Height,
    ReadOnlyMemory<byte> Raw,
    BitcoinTransactionId? ReplacedBy,
    ImmutableArray<BitcoinTransactionId> Conflicts);

/// <summary>A transaction with inputs and change chosen by the wallet, not signed yet.</summary>
/// <param name="ChangePosition">Index of the change output; null where the coins fitted exactly.</param>
public sealed record FundedTransaction(ReadOnlyMemory<byte> Raw, Satoshi Fee, int? ChangePosition);

/// <summary>A replacement that the wallet has signed and sent.</summary>
public sealed record BumpedTransaction(BitcoinTransactionId Id, Satoshi OriginalFee, Satoshi Fee);

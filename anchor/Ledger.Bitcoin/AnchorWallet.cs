using System.Collections.Immutable;
using Ledger.Bitcoin.Blocks;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin;

/// <summary>A signed transaction that commits to a Ledger block.</summary>
/// <param name="Raw">Serialization with witness, as it is broadcast. Whoever keeps it can broadcast it again.</param>
/// <param name="Stripped">Serialization without, as it goes into proofs.</param>
/// <param name="VirtualSize">In virtual bytes.</param>
public sealed record AnchorTransaction(
    BlockId Block,
    BitcoinTransactionId Id,
    ReadOnlyMemory<byte> Raw,
    ReadOnlyMemory<byte> Stripped,
    Satoshi Fee,
    int VirtualSize)
{
    /// <summary>
    /// Bytes of the longest transaction that we send: an OpenTimestamps proof holds none longer than 4,096, and one
    /// that long spends dozens of small coins.
    /// </summary>
    public const int MaximumStrippedBytes = 4_096;
}

/// <summary>Where an anchor's transaction stands.</summary>
public enum AnchorState
{
    /// <summary>In the mempool.</summary>
    Waiting,

    /// <summary>In a block of the best chain.</summary>
    Mined,

    /// <summary>Another transaction that spends the same coins was mined, or took its place in the mempool.</summary>
    Replaced,

    /// <summary>In no block and not in the mempool; broadcasting it again may bring it back.</summary>
    Dropped,
}

/// <summary>What the daemon and its wallet say of an anchor's transaction now.</summary>
/// <param name="Confirmations">1 in the newest block; 0 in none.</param>
/// <param name="Replacement">The transaction that took its place, where the wallet knows it.</param>
public sealed record AnchorStatus(
    AnchorState State,
    long Confirmations,
    BitcoinBlockHash? Block,
    BitcoinHeight? Height,
    BitcoinTransactionId? Replacement);

/// <summary>
/// Commits Ledger blocks through the daemon's wallet. Building and broadcasting are two steps so that the caller can
/// make the signed transaction durable in between: after a crash the same one is sent again, and nothing is paid twice.
/// </summary>
public sealed class AnchorWallet(BitcoinRpc rpc)
{
    /// <summary>
    /// Paid to ourselves where the coins fit so exactly that no change is left: a transaction of data alone is not
    /// relayed. Above the dust limit of every kind of output.
    /// </summary>
    private const long ChangeSatoshi = 1_000;

    private const string Step = "anchor";

    /// <summary>Builds and signs the commitment; nothing leaves the daemon yet, but its coins are kept aside.</summary>
    /// <param name="rate">Null leaves the fee to the wallet.</param>
    public async Task<BitcoinResult<AnchorTransaction>> BuildAsync(
        BlockId block,
        FeeRate? rate,
        CancellationToken stop = default)
    {
        BitcoinResult<FundedTransaction> funding = await FundAsync(block, rate, stop);
        if (!funding.TryGet(out FundedTransaction? funded, out BitcoinError? error))
        {
            return error;
        }

        BitcoinResult<AnchorTransaction> built =
            (await rpc.SignRawTransactionAsync(funded.Raw, stop)).TryGet(out byte[]? signed, out error)
                ? Read(block, signed, funded.Fee)
                : error;
        if (!built.IsSuccess)
        {
            await ReleaseAsync(funded.Raw, stop);
        }

        return built;
    }

    /// <summary>
    /// Hands the transaction to the network. Sending one that waits or is mined already is a success.
    /// </summary>
    public async Task<BitcoinResult<BitcoinTransactionId>> BroadcastAsync(
        AnchorTransaction anchor,
        CancellationToken stop = default)
    {
        BitcoinResult<BitcoinTransactionId> sent = await rpc.SendRawTransactionAsync(anchor.Raw, stop);
        return sent.Error is { Kind: BitcoinErrorKind.AlreadyMined } ? anchor.Id : sent;
    }

    /// <summary>Gives back the coins of a transaction that is not to be sent after all.</summary>
    public async Task<BitcoinResult<bool>> ReleaseAsync(AnchorTransaction anchor, CancellationToken stop = default) =>
        await ReleaseAsync(anchor.Stripped, stop);

    /// <summary>Replaces a waiting transaction by one that pays more; sent at once.</summary>
    /// <returns>The replacement, under its new id; the one replaced may still be mined instead.</returns>
    public async Task<BitcoinResult<AnchorTransaction>> BumpAsync(
        AnchorTransaction anchor,
        FeeRate? rate,
        CancellationToken stop = default)
    {
        if (!(await rpc.BumpFeeAsync(anchor.Id, rate, stop)).TryGet(
                out BumpedTransaction? bumped, out BitcoinError? error)
            || !(await rpc.GetTransactionAsync(bumped.Id, stop)).TryGet(out WalletTransaction? known, out error))
        {
            return error;
        }

        return Read(anchor.Block, known.Raw.Span, bumped.Fee);
    }

    /// <summary>
    /// Where a transaction of this wallet stands; <see cref="BitcoinErrorKind.NotFound"/> if it is none.
    /// </summary>
    public async Task<BitcoinResult<AnchorStatus>> FindAsync(BitcoinTransactionId id, CancellationToken stop = default)
    {
        if (!(await rpc.GetTransactionAsync(id, stop)).TryGet(out WalletTransaction? known, out BitcoinError? error))
        {
            return error;
        }

        if (known.Block is not null)
        {
            return new AnchorStatus(AnchorState.Mined, known.Confirmations, known.Block, known.Height, null);
        }

        BitcoinResult<MempoolEntry> waiting = await rpc.GetMempoolEntryAsync(id, stop);
        if (!waiting.IsSuccess && waiting.Error!.Kind != BitcoinErrorKind.NotFound)
        {
            return waiting.Error;
        }

        AnchorState state = (waiting.IsSuccess, known.Confirmations < 0 || known.ReplacedBy is not null) switch
        {
            (true, _) => AnchorState.Waiting,
            (false, true) => AnchorState.Replaced,
            _ => AnchorState.Dropped,
        };
        return new AnchorStatus(state, 0, null, null, state == AnchorState.Replaced ? known.ReplacedBy : null);
    }

    private async Task<BitcoinResult<FundedTransaction>> FundAsync(BlockId block, FeeRate? rate, CancellationToken stop)
    {
        BitcoinResult<FundedTransaction> first = await FundAsync(block, rate, [], stop);
        if (!first.TryGet(out FundedTransaction? funded, out _) || funded.ChangePosition is not null)
        {
            return first;
        }

        await ReleaseAsync(funded.Raw, stop);
        if (!(await rpc.GetNewAddressAsync(stop)).TryGet(out string? address, out BitcoinError? error))
        {
            return error;
        }

        return await FundAsync(block, rate, [(address, new Satoshi(ChangeSatoshi))], stop);
    }

    private async Task<BitcoinResult<FundedTransaction>> FundAsync(
        BlockId block,
        FeeRate? rate,
        ImmutableArray<(string Address, Satoshi Amount)> payments,
        CancellationToken stop)
    {
        byte[] payload = LedgerCommitment.Payload(block);
        return (await rpc.CreateRawTransactionAsync(payload, payments, stop)).TryGet(
            out byte[]? raw, out BitcoinError? error)
                ? await rpc.FundRawTransactionAsync(raw, rate, stop)
                : error;
    }

    private async Task<BitcoinResult<bool>> ReleaseAsync(ReadOnlyMemory<byte> stripped, CancellationToken stop) =>
        SpentCoins.TryRead(stripped.Span, out ImmutableArray<(BitcoinTransactionId, uint)> coins)
            ? await rpc.ReleaseCoinsAsync(coins, stop)
            : new BitcoinError(BitcoinErrorKind.MalformedReply, Step, "The wallet's transaction cannot be read.");

    private static BitcoinResult<AnchorTransaction> Read(BlockId block, ReadOnlySpan<byte> raw, Satoshi fee)
    {
        if (!WitnessTransaction.TryStrip(raw, out byte[] stripped, out SpvError error)
            || !BitcoinTransaction.TryParse(stripped, out BitcoinTransaction? transaction, out error)
            || !LedgerCommitment.TryFind(transaction, block, out _, out error))
        {
            return new BitcoinError(
                BitcoinErrorKind.InconsistentReply, Step, $"The wallet built another transaction: {error}.");
        }

        if (stripped.Length > AnchorTransaction.MaximumStrippedBytes)
        {
            return new BitcoinError(
                BitcoinErrorKind.Rejected,
                Step,
                $"The wallet's coins are too small: the transaction has {stripped.Length} bytes, and "
                + $"{AnchorTransaction.MaximumStrippedBytes} is the limit. Send the wallet one larger coin.");
        }

        int size = WitnessTransaction.VirtualSize(raw.Length, stripped.Length);
        return new AnchorTransaction(block, transaction.Id, raw.ToArray(), stripped, fee, size);
    }
}

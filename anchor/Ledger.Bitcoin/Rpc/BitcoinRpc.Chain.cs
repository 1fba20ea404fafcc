using System.Collections.Immutable;
using System.Text.Json;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Rpc;

/// <summary>
/// Calls about the chain and the mempool; none needs a wallet, a transaction index or an unpruned disk.
/// </summary>
public sealed partial class BitcoinRpc
{
    /// <summary>
    /// Bytes of the longest block: four million weight units, each byte in two digits, and the quotes.
    /// </summary>
    private const int RawBlockReplyBytes = 8_100_000;

    public Task<BitcoinResult<BlockchainInfo>> GetBlockchainInfoAsync(CancellationToken stop = default) =>
        ChainAsync<BlockchainInfo>(
            "getblockchaininfo",
            [],
            result => new BlockchainInfo(
                result.Text("chain"),
                result.Height("blocks"),
                result.Height("headers"),
                result.BlockHash("bestblockhash"),
                result.Flag("initialblockdownload"),
                result.Flag("pruned") && result.TryMember("pruneheight", out _) ? result.Height("pruneheight") : null),
            stop);

    /// <summary>
    /// Hash of the best chain's block at a height; <see cref="BitcoinErrorKind.NotFound"/> above its end.
    /// </summary>
    public Task<BitcoinResult<BitcoinBlockHash>> GetBlockHashAsync(
        BitcoinHeight height,
        CancellationToken stop = default) =>
        ChainAsync<BitcoinBlockHash>("getblockhash", [height.Value], result => result.AsBlockHash("result"), stop);

    /// <summary>The 80 bytes of a header, checked against the hash that was asked for.</summary>
    public Task<BitcoinResult<BitcoinHeader>> GetBlockHeaderAsync(
        BitcoinBlockHash block,
        CancellationToken stop = default)
    {
        const string Call = "getblockheader";
        return ChainAsync<BitcoinHeader>(Call, [block.ToString(), false], Read, stop);

        BitcoinResult<BitcoinHeader> Read(JsonElement result)
        {
            if (!BitcoinHeader.TryParse(result.AsBytes("result"), out BitcoinHeader? header, out SpvError error))
            {
                return new BitcoinError(BitcoinErrorKind.MalformedReply, Call, error.Reason);
            }

            return header.Hash == block
                ? header
                : Inconsistent(Call, $"The header of {block} hashes to {header.Hash}.");
        }
    }

    /// <summary>Height of a block and how deep it lies.</summary>
    public Task<BitcoinResult<BlockPosition>> GetBlockPositionAsync(
        BitcoinBlockHash block,
        CancellationToken stop = default) =>
        ChainAsync<BlockPosition>(
            "getblockheader",
            [block.ToString(), true],
            result => new BlockPosition(
                result.Height("height"),
                Math.Max(0, result.Integer("confirmations")),
                result.TryMember("nextblockhash", out JsonElement next) ? next.AsBlockHash("nextblockhash") : null,
                new UnixTime(1_000UL * (ulong)Math.Max(0, result.Integer("time")))),
            stop);

    /// <summary>A block's transaction ids in order.</summary>
    public Task<BitcoinResult<BlockSummary>> GetBlockAsync(BitcoinBlockHash block, CancellationToken stop = default)
    {
        return CallAsync<BlockSummary>(BlockCall(block, verbosity: 1), "", Read, stop);

        static BitcoinResult<BlockSummary> Read(JsonElement result) => new BlockSummary(
            result.Height("height"),
            Math.Max(0, result.Integer("confirmations")),
            result.BlockHash("merkleroot").Value,
            [.. result.Member("tx").Items("tx").Select(id => id.AsTransactionId("tx"))]);
    }

    /// <summary>A whole block, as it travels between Bitcoin nodes.</summary>
    public Task<BitcoinResult<byte[]>> GetRawBlockAsync(BitcoinBlockHash block, CancellationToken stop = default) =>
        CallAsync<byte[]>(BlockCall(block, verbosity: 0), "", result => result.AsBytes("result"), stop);

    /// <summary>
    /// A transaction out of the mempool, or out of a block that is named; no index is needed for either.
    /// </summary>
    public Task<BitcoinResult<byte[]>> GetRawTransactionAsync(
        BitcoinTransactionId id,
        BitcoinBlockHash? block = null,
        CancellationToken stop = default) =>
        CallAsync<byte[]>(
            new RpcCall("getrawtransaction", [id.ToString(), false, .. Optional(block)])
            {
                ReplyBytes = RawBlockReplyBytes,
            },
            "",
            result => result.AsBytes("result"),
            stop);

    /// <summary>
    /// What the mempool knows of a transaction; <see cref="BitcoinErrorKind.NotFound"/> if it is not there.
    /// </summary>
    public Task<BitcoinResult<MempoolEntry>> GetMempoolEntryAsync(
        BitcoinTransactionId id,
        CancellationToken stop = default) =>
        ChainAsync<MempoolEntry>(
            "getmempoolentry",
            [id.ToString()],
            result => new MempoolEntry(
                (int)Math.Clamp(result.Integer("vsize"), 0, int.MaxValue),
                result.Member("fees").Amount("base"),
                new UnixTime(1_000UL * (ulong)Math.Max(0, result.Integer("time"))),
                result.TryMember("bip125-replaceable", out _) && result.Flag("bip125-replaceable")),
            stop);

    /// <summary>
    /// The rate at which a transaction is expected in one of the next blocks;
    /// <see cref="BitcoinErrorKind.NotFound"/> while the daemon has seen too little to say.
    /// </summary>
    /// <param name="blocks">1 to 1,008.</param>
    public Task<BitcoinResult<FeeRate>> EstimateFeeRateAsync(int blocks, CancellationToken stop = default)
    {
        const string Call = "estimatesmartfee";
        return ChainAsync<FeeRate>(Call, [blocks], Read, stop);

        static BitcoinResult<FeeRate> Read(JsonElement result) => result.TryMember("feerate", out _)
            ? new FeeRate(result.Amount("feerate").Value)
            : new BitcoinError(BitcoinErrorKind.NotFound, Call, "The Bitcoin node has no estimate of fees yet.");
    }

    /// <summary>Hands a signed transaction to the network. Doing it twice does no harm.</summary>
    public Task<BitcoinResult<BitcoinTransactionId>> SendRawTransactionAsync(
        ReadOnlyMemory<byte> raw,
        CancellationToken stop = default) =>
        ChainAsync<BitcoinTransactionId>(
            "sendrawtransaction",
            [Convert.ToHexStringLower(raw.Span)],
            result => result.AsTransactionId("result"),
            stop);

    /// <summary>
    /// Makes the daemon write its chain state to disk: without this a killed one loses its newest blocks, which on
    /// regtest nobody else has. Slow on a long chain.
    /// </summary>
    public Task<BitcoinResult<BitcoinHeight>> FlushAsync(CancellationToken stop = default) =>
        CallAsync<BitcoinHeight>(
            new RpcCall("gettxoutsetinfo", ["none"]) { Long = true }, "", result => result.Height("height"), stop);

    private static RpcCall BlockCall(BitcoinBlockHash block, int verbosity) =>
        new("getblock", [block.ToString(), verbosity]) { ReplyBytes = RawBlockReplyBytes };

    private static ImmutableArray<System.Text.Json.Nodes.JsonNode?> Optional(BitcoinBlockHash? block) =>
        block is { } hash ? [hash.ToString()] : [];

    private static BitcoinError Inconsistent(string call, string message) =>
        new(BitcoinErrorKind.InconsistentReply, call, message);
}

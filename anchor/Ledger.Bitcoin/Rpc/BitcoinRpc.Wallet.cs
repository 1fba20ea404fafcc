using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Rpc;

/// <summary>Calls to the wallet named in the options.</summary>
public sealed partial class BitcoinRpc
{
    private const int NoSuchWallet = -18;
    private const int AlreadyLoaded = -35;

    /// <summary>Names of the wallets that are loaded.</summary>
    public Task<BitcoinResult<ImmutableArray<string>>> ListWalletsAsync(CancellationToken stop = default) =>
        ChainAsync<ImmutableArray<string>>(
            "listwallets",
            [],
            result => ImmutableArray.CreateRange(result.Items("result").Select(Name)),
            stop);

    /// <summary>
    /// Loads a wallet from the daemon's disk, now and at each of its starts; fine if it is loaded already.
    /// </summary>
    public async Task<BitcoinResult<string>> LoadWalletAsync(string name, CancellationToken stop = default)
    {
        BitcoinResult<string> loaded = await CallAsync<string>(
            new RpcCall("loadwallet", [name, true]) { Long = true }, "", result => result.Text("name"), stop);
        return loaded.Error is { Code: AlreadyLoaded } ? name : loaded;
    }

    /// <summary>Makes a wallet with keys of its own and loads it, now and at each start of the daemon.</summary>
    public Task<BitcoinResult<string>> CreateWalletAsync(string name, CancellationToken stop = default) =>
        CallAsync<string>(
            new RpcCall("createwallet", [name, false, false, "", false, true, true]) { Long = true },
            "",
            result => result.Text("name"),
            stop);

    /// <summary>
    /// Makes sure that the wallet of the options is loaded.
    /// </summary>
    /// <param name="create">
    /// Whether to make one that does not exist. An operator makes his own wallet and backs it up; only a development
    /// network makes one unasked.
    /// </param>
    public async Task<BitcoinResult<string>> OpenWalletAsync(bool create, CancellationToken stop = default)
    {
        BitcoinResult<ImmutableArray<string>> listed = await ListWalletsAsync(stop);
        if (!listed.TryGet(out ImmutableArray<string> wallets, out BitcoinError? error))
        {
            return error;
        }

        if (wallets.Contains(Wallet))
        {
            return Wallet;
        }

        BitcoinResult<string> loaded = await LoadWalletAsync(Wallet, stop);
        return create && loaded.Error is { Code: NoSuchWallet } ? await CreateWalletAsync(Wallet, stop) : loaded;
    }

    /// <summary>A fresh address of the wallet.</summary>
    public Task<BitcoinResult<string>> GetNewAddressAsync(CancellationToken stop = default) =>
        WalletAsync<string>("getnewaddress", [], result => Name(result), stop);

    public Task<BitcoinResult<WalletBalance>> GetBalanceAsync(CancellationToken stop = default)
    {
        return WalletAsync<WalletBalance>("getbalances", [], Read, stop);

        static BitcoinResult<WalletBalance> Read(JsonElement result)
        {
            JsonElement mine = result.Member("mine");
            return new WalletBalance(
                mine.Amount("trusted"), mine.Amount("untrusted_pending"), mine.Amount("immature"));
        }
    }

    /// <summary>Regtest only: mines blocks that pay to an address.</summary>
    public Task<BitcoinResult<ImmutableArray<BitcoinBlockHash>>> GenerateToAddressAsync(
        int blocks,
        string address,
        CancellationToken stop = default) =>
        CallAsync<ImmutableArray<BitcoinBlockHash>>(
            new RpcCall("generatetoaddress", [blocks, address]) { Long = true },
            "",
            result => ImmutableArray.CreateRange(result.Items("result").Select(hash => hash.AsBlockHash("result"))),
            stop);

    /// <summary>An unsigned transaction without inputs; the wallet adds them in the next step.</summary>
    /// <param name="data">Bytes for an OP_RETURN output.</param>
    /// <param name="payments">Further outputs.</param>
    public Task<BitcoinResult<byte[]>> CreateRawTransactionAsync(
        ReadOnlyMemory<byte> data,
        ImmutableArray<(string Address, Satoshi Amount)> payments,
        CancellationToken stop = default)
    {
        var outputs = new JsonArray { new JsonObject { ["data"] = Convert.ToHexStringLower(data.Span) } };
        foreach ((string address, Satoshi amount) in payments)
        {
            outputs.Add(new JsonObject { [address] = amount.Value / 100_000_000m });
        }

        return ChainAsync<byte[]>(
            "createrawtransaction", [new JsonArray(), outputs], result => result.AsBytes("result"), stop);
    }

    /// <summary>
    /// Lets the wallet choose coins and change. The coins are kept aside until spent, released or restarted.
    /// </summary>
    /// <param name="rate">Null leaves it to the wallet's estimate or fallback.</param>
    public Task<BitcoinResult<FundedTransaction>> FundRawTransactionAsync(
        ReadOnlyMemory<byte> raw,
        FeeRate? rate,
        CancellationToken stop = default)
    {
        var options = new JsonObject { ["lockUnspents"] = true, ["replaceable"] = true };
        if (rate is { } given)
        {
            options["fee_rate"] = given.PerVirtualByte;
        }

        return WalletAsync<FundedTransaction>(
            "fundrawtransaction",
            [Convert.ToHexStringLower(raw.Span), options],
            result => new FundedTransaction(
                result.Bytes("hex"),
                result.Amount("fee"),
                result.Integer("changepos") is >= 0 and < int.MaxValue and var position ? (int)position : null),
            stop);
    }

    /// <summary>Signs all inputs; <see cref="BitcoinErrorKind.WalletLocked"/> if that takes a passphrase.</summary>
    public Task<BitcoinResult<byte[]>> SignRawTransactionAsync(
        ReadOnlyMemory<byte> raw,
        CancellationToken stop = default)
    {
        const string Call = "signrawtransactionwithwallet";
        return WalletAsync<byte[]>(Call, [Convert.ToHexStringLower(raw.Span)], Read, stop);

        static BitcoinResult<byte[]> Read(JsonElement result) => result.Flag("complete")
            ? result.Bytes("hex")
            : new BitcoinError(BitcoinErrorKind.Rejected, Call, "The wallet could not sign every input.");
    }

    /// <summary>Gives back coins that a transaction keeps aside without having been sent.</summary>
    public Task<BitcoinResult<bool>> ReleaseCoinsAsync(
        ImmutableArray<(BitcoinTransactionId Transaction, uint Output)> coins,
        CancellationToken stop = default)
    {
        var outputs = new JsonArray();
        foreach ((BitcoinTransactionId transaction, uint output) in coins)
        {
            outputs.Add(new JsonObject { ["txid"] = transaction.ToString(), ["vout"] = output });
        }

        return WalletAsync<bool>(
            "lockunspent", [true, outputs], result => result.ValueKind == JsonValueKind.True, stop);
    }

    /// <summary>
    /// A transaction of the wallet; <see cref="BitcoinErrorKind.NotFound"/> if it knows none of that id.
    /// </summary>
    public Task<BitcoinResult<WalletTransaction>> GetTransactionAsync(
        BitcoinTransactionId id,
        CancellationToken stop = default)
    {
        return WalletAsync<WalletTransaction>("gettransaction", [id.ToString()], Read, stop);

        static BitcoinResult<WalletTransaction> Read(JsonElement result)
        {
            // A block that a reorganisation threw out is still named; only confirmations tell.
            bool mined = result.Integer("confirmations") > 0;
            return new WalletTransaction(
                result.TransactionId("txid"),
                result.Integer("confirmations"),
                mined ? result.BlockHash("blockhash") : null,
                mined ? result.Height("blockheight") : null,
                result.Bytes("hex"),
                result.TryMember("replaced_by_txid", out JsonElement by)
                    ? by.AsTransactionId("replaced_by_txid")
                    : null,
                result.TryMember("walletconflicts", out JsonElement conflicts)
                    ? [.. conflicts.Items("walletconflicts").Select(other => other.AsTransactionId("walletconflicts"))]
                    : []);
        }
    }

    /// <summary>
    /// Replaces a transaction by one that pays more, with the same data output; signed and sent at once.
    /// </summary>
    /// <param name="rate">Null leaves it to the wallet.</param>
    public Task<BitcoinResult<BumpedTransaction>> BumpFeeAsync(
        BitcoinTransactionId id,
        FeeRate? rate,
        CancellationToken stop = default)
    {
        var options = new JsonObject { ["replaceable"] = true };
        if (rate is { } given)
        {
            options["fee_rate"] = given.PerVirtualByte;
        }

        return WalletAsync<BumpedTransaction>(
            "bumpfee",
            [id.ToString(), options],
            result => new BumpedTransaction(
                result.TransactionId("txid"), result.Amount("origfee"), result.Amount("fee")),
            stop);
    }

    private static string Name(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new MalformedReplyException("result");
}

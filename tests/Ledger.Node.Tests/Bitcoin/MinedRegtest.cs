using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Anchoring;
using Ledger.Bitcoin.Regtest;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Node.Bitcoin;
using Ledger.Node.Hosting;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Node.Tests.Bitcoin;

/// <summary>A real <c>bitcoind</c> whose blocks bear the times of a virtual clock, as the node's own client sees it.</summary>
internal sealed class MinedRegtest : IMinedBitcoin, IDisposable
{
    /// <summary>Made once the clock is turned back: a wallet overlooks blocks that are older than itself.</summary>
    private const string WalletName = "then";

    private readonly RegtestDaemon _daemon;
    private readonly BitcoinRpc _rpc;
    private readonly RpcBitcoin _client;
    private readonly Func<DateTimeOffset> _now;

    private MinedRegtest(RegtestDaemon daemon, Func<DateTimeOffset> now)
    {
        (_daemon, _now) = (daemon, now);
        _rpc = new BitcoinRpc(new BitcoinRpcOptions
        {
            Address = daemon.Url,
            Credentials = new RpcCredentials.Password(daemon.User, daemon.Password),
            Wallet = WalletName,
        });
        _client = new RpcBitcoin(new BitcoinFile(
            daemon.Url.ToString(), WalletName, "regtest", daemon.User, daemon.Password));
    }

    public string Network => _client.Network;

    public byte[] Headers =>
    [
        .. Enumerable.Range(0, (int)_client.HeightAsync(default).GetAwaiter().GetResult() + 1).SelectMany(height =>
            Convert.FromHexString(Call("getblockheader", [Call("getblockhash", [height]).GetString(), false]).GetString()!)),
    ];

    /// <summary>Its first reward can be spent.</summary>
    public static MinedRegtest Start(string folder, Func<DateTimeOffset> now)
    {
        RegtestOptions options = new()
        {
            Binary = Needs.Get("bitcoind"), Folder = folder, Blocks = 0, StartTimeOut = TimeSpan.FromSeconds(180),
        };
        MinedRegtest bitcoin = new(Value(RegtestDaemon.StartAsync(options)), now);
        bitcoin.SetClock();
        Value(bitcoin._rpc.OpenWalletAsync(create: true));
        bitcoin.Mine(101);
        return bitcoin;
    }

    public void Mine() => Mine(1);

    public Task<uint> HeightAsync(CancellationToken stop) => _client.HeightAsync(stop);

    public Task<AnchorTransactionBytes> BuildAsync(BlockId block, CancellationToken stop) =>
        _client.BuildAsync(block, stop);

    public Task SendAsync(AnchorTransactionBytes transaction, CancellationToken stop) =>
        _client.SendAsync(transaction, stop);

    public Task<(TransactionStanding Standing, uint Confirmations, Digest? Block)> StatusAsync(
        Digest transaction, CancellationToken stop) => _client.StatusAsync(transaction, stop);

    public Task<AnchorProofBytes> ProofAsync(
        BlockId block, Digest transaction, Digest bitcoinBlock, CancellationToken stop) =>
        _client.ProofAsync(block, transaction, bitcoinBlock, stop);

    public void Dispose()
    {
        _client.Dispose();
        _rpc.Dispose();
        _daemon.Kill();
        _daemon.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Mine(int blocks)
    {
        SetClock();
        Value(_rpc.GenerateToAddressAsync(blocks, Value(_rpc.GetNewAddressAsync())));
    }

    private void SetClock() => Call("setmocktime", [_now().ToUnixTimeSeconds()]);

    private JsonElement Call(string method, JsonArray arguments) => Value(_daemon.CallAsync(method, arguments));

    private static T Value<T>(Task<BitcoinResult<T>> answer)
        where T : notnull
    {
        BitcoinResult<T> result = answer.GetAwaiter().GetResult();
        Assert.True(result.IsSuccess, result.Error?.ToString());
        return result.Value;
    }
}

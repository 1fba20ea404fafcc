using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Bitcoin.Rpc;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Tests.Spv;

namespace Ledger.Bitcoin.Tests.Rpc;

public class BitcoinRpcTests
{
    private static readonly BitcoinTransactionId Id = new(Core.Digest.Of("id"u8));

    [Theory]
    [InlineData(-28, "Loading block index…", BitcoinErrorKind.WarmingUp)]
    [InlineData(-18, "Requested wallet does not exist or is not loaded", BitcoinErrorKind.WalletNotLoaded)]
    [InlineData(-19, "Multiple wallets are loaded.", BitcoinErrorKind.WalletNotLoaded)]
    [InlineData(-13, "Please enter the wallet passphrase with walletpassphrase first.", BitcoinErrorKind.WalletLocked)]
    [InlineData(-6, "Insufficient funds", BitcoinErrorKind.InsufficientFunds)]
    [InlineData(-4, "Insufficient funds", BitcoinErrorKind.InsufficientFunds)]
    [InlineData(-4, "Transaction has been mined, or is conflicted", BitcoinErrorKind.Rejected)]
    [InlineData(-4, "Cannot bump transaction X which was already bumped by Y", BitcoinErrorKind.Rejected)]
    [InlineData(-1, "X:0 is already spent", BitcoinErrorKind.Rejected)]
    [InlineData(-32603, "ProcessNewBlock, block not accepted", BitcoinErrorKind.Other)]
    [InlineData(-4, "Signing transaction failed", BitcoinErrorKind.Other)]
    [InlineData(-26, "min relay fee not met", BitcoinErrorKind.Rejected)]
    [InlineData(-25, "bad-txns-inputs-missingorspent", BitcoinErrorKind.Rejected)]
    [InlineData(-27, "Transaction outputs already in utxo set", BitcoinErrorKind.AlreadyMined)]
    [InlineData(-5, "Block not found", BitcoinErrorKind.NotFound)]
    [InlineData(-8, "Block height out of range", BitcoinErrorKind.NotFound)]
    [InlineData(-8, "Insufficient total fee 0.00000001", BitcoinErrorKind.Rejected)]
    [InlineData(-1, "Block not available (pruned data)", BitcoinErrorKind.NotFound)]
    [InlineData(-8, "Invalid parameter", BitcoinErrorKind.InvalidRequest)]
    [InlineData(-32601, "Method not found", BitcoinErrorKind.InvalidRequest)]
    [InlineData(-7, "Out of memory", BitcoinErrorKind.Other)]
    public async Task The_errors_of_a_daemon_are_told_apart(int code, string message, BitcoinErrorKind expected)
    {
        using BitcoinRpc rpc = CannedDaemon.Error(code, message).Open();
        BitcoinError error = await Refused(rpc);

        Assert.Equal(expected, error.Kind);
        Assert.Equal(code, error.Code);
        Assert.Equal("getblockchaininfo", error.Call);
        Assert.Equal(message, error.Message);
        Assert.Equal(expected == BitcoinErrorKind.WarmingUp, error.IsTransient);
    }

    [Fact]
    public async Task A_sound_answer_becomes_a_value()
    {
        using BitcoinRpc rpc = CannedDaemon.Result(
            $$"""
            {"chain":"main","blocks":7,"headers":9,"bestblockhash":"{{MainnetBlocks.GenesisHash}}",
             "initialblockdownload":true,"pruned":true,"pruneheight":3}
            """).Open();
        BlockchainInfo info = (await rpc.GetBlockchainInfoAsync()).Value;

        Assert.Equal(("main", 7u, 9u, true, 3u), (
            info.Network, info.Height.Value, info.Headers.Value, info.CatchingUp, info.PrunedBelow!.Value.Value));
        Assert.Equal(MainnetBlocks.GenesisHash, info.Best.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""{"result":{},"error":null}""")]
    [InlineData("""{"result":{},"error":null,"id":999}""")]
    [InlineData("""{"result":{},"error":null,"id":"1"}""")]
    [InlineData("""{"result":7,"error":null,"id":1}""")]
    [InlineData("""{"result":{"chain":7},"error":null,"id":1}""")]
    [InlineData("""{"result":{"chain":"main","blocks":-1},"error":null,"id":1}""")]
    [InlineData("""{"result":{"chain":"main","blocks":1e99},"error":null,"id":1}""")]
    public async Task An_answer_that_is_not_a_bitcoin_nodes_is_malformed(string body)
    {
        using BitcoinRpc rpc = CannedDaemon.Body(body).Open();
        Assert.Equal(BitcoinErrorKind.MalformedReply, (await Refused(rpc)).Kind);
    }

    [Fact]
    public async Task An_answer_nested_without_end_is_malformed_and_no_crash()
    {
        using BitcoinRpc rpc = CannedDaemon.Body(new string('[', 100_000)).Open();
        Assert.Equal(BitcoinErrorKind.MalformedReply, (await Refused(rpc)).Kind);
    }

    [Fact]
    public async Task An_answer_over_the_limit_is_dropped_whether_its_length_is_told_or_not()
    {
        string fits = new(' ', (1 << 20) - 200);
        using (BitcoinRpc rpc = CannedDaemon.Body(fits).Open())
        {
            Assert.Equal(BitcoinErrorKind.MalformedReply, (await Refused(rpc)).Kind);
        }

        byte[] over = new byte[(1 << 20) + 1];
        using (BitcoinRpc rpc = Open(() => new ByteArrayContent(over)))
        {
            Assert.Equal(BitcoinErrorKind.ReplyTooLarge, (await Refused(rpc)).Kind);
        }

        using (BitcoinRpc rpc = Open(() => new StreamContent(new EndlessStream())))
        {
            Assert.Equal(BitcoinErrorKind.ReplyTooLarge, (await Refused(rpc)).Kind);
        }

        static BitcoinRpc Open(Func<HttpContent> content) =>
            new CannedDaemon((_, _) => new HttpResponseMessage { Content = content() }).Open();
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, BitcoinErrorKind.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden, BitcoinErrorKind.Unauthorized)]
    [InlineData(HttpStatusCode.ServiceUnavailable, BitcoinErrorKind.Busy)]
    [InlineData(HttpStatusCode.NotFound, BitcoinErrorKind.MalformedReply)]
    public async Task A_bare_http_error_is_named(HttpStatusCode status, BitcoinErrorKind expected)
    {
        using BitcoinRpc rpc = CannedDaemon.Body("Work queue depth exceeded", status).Open();
        Assert.Equal(expected, (await Refused(rpc)).Kind);
    }

    [Fact]
    public async Task A_daemon_that_is_not_there_is_unreachable()
    {
        using BitcoinRpc rpc = new(new BitcoinRpcOptions
        {
            Address = new Uri("http://127.0.0.1:1/") /* where nobody listens */,
            Credentials = new RpcCredentials.Password("user", "secret"),
        });
        BitcoinError error = await Refused(rpc);

        Assert.Equal(BitcoinErrorKind.Unreachable, error.Kind);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task A_daemon_that_never_answers_times_out_and_a_caller_who_stops_is_obeyed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using BitcoinRpc rpc = new(new BitcoinRpcOptions
        {
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"),
            Credentials = new RpcCredentials.Password("user", "secret"),
            TimeOut = TimeSpan.FromMilliseconds(200),
        });
        Assert.Equal(BitcoinErrorKind.TimedOut, (await Refused(rpc)).Kind);

        using var stop = new CancellationTokenSource();
        Task<BitcoinResult<BlockchainInfo>> call = rpc.GetBlockchainInfoAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_cookie_is_read_anew_when_the_daemon_has_written_another()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "__cookie__:first");
            string accepted = "__cookie__:first";
            var daemon = new CannedDaemon((call, request) =>
                Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization!.Parameter!)) == accepted
                    ? CannedDaemon.Envelope(call, "7", "null")
                    : new HttpResponseMessage(HttpStatusCode.Unauthorized));
            using BitcoinRpc rpc = daemon.Open(new RpcCredentials.CookieFile(path));
            Assert.Equal(BitcoinErrorKind.MalformedReply, (await Refused(rpc)).Kind);

            accepted = "__cookie__:second";
            Assert.Equal(BitcoinErrorKind.Unauthorized, (await Refused(rpc)).Kind);
            await File.WriteAllTextAsync(path, "__cookie__:second");
            Assert.Equal(BitcoinErrorKind.MalformedReply, (await Refused(rpc)).Kind);
            Assert.Equal("__cookie__:second", daemon.Logins[^1]);

            File.Delete(path);
            accepted = "__cookie__:third";
            Assert.Equal(BitcoinErrorKind.Unauthorized, (await Refused(rpc)).Kind);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Wallet_calls_go_to_the_wallet_by_name_and_chain_calls_do_not()
    {
        CannedDaemon daemon = CannedDaemon.Result("\"x\"");
        using BitcoinRpc rpc = daemon.Open();
        Assert.Equal("x", (await rpc.GetNewAddressAsync()).Value);
        await rpc.GetBlockchainInfoAsync();

        Assert.Equal("/wallet/w%2F%C3%A4", daemon.Addresses[0].AbsolutePath);
        Assert.Equal("/", daemon.Addresses[1].AbsolutePath);
        Assert.Equal("user:secret", daemon.Logins[0]);
    }

    [Fact]
    public async Task A_header_other_than_the_one_asked_for_is_inconsistent()
    {
        using BitcoinRpc rpc =
            CannedDaemon.Result($"\"{Convert.ToHexStringLower(MainnetBlocks.Block100000Header)}\"").Open();
        Assert.True(BitcoinBlockHash.TryParse(MainnetBlocks.Block100000Hash, out BitcoinBlockHash hash));
        Assert.Equal(hash, (await rpc.GetBlockHeaderAsync(hash)).Value.Hash);

        Assert.True(BitcoinBlockHash.TryParse(MainnetBlocks.GenesisHash, out BitcoinBlockHash other));
        Assert.Equal(BitcoinErrorKind.InconsistentReply, (await rpc.GetBlockHeaderAsync(other)).Error!.Kind);
    }

    [Fact]
    public async Task Amounts_and_rates_are_exact()
    {
        CannedDaemon daemon = CannedDaemon.Result(
            """{"hex":"00","fee":0.00000141,"changepos":-1,"feerate":0.00012345}""");
        using BitcoinRpc rpc = daemon.Open();
        Assert.Equal(12_345, (await rpc.EstimateFeeRateAsync(6)).Value.SatoshiPerKilobyte);

        FundedTransaction funded = (await rpc.FundRawTransactionAsync(new byte[1], new FeeRate(1_234))).Value;
        Assert.Equal(141, funded.Fee.Value);
        Assert.Null(funded.ChangePosition);
        Assert.Equal("1.234", daemon.Asked[^1]["params"]![1]!["fee_rate"]!.ToJsonString());

        ImmutableArray<(string, Satoshi)> payments = [("address", new Satoshi(1))];
        await rpc.CreateRawTransactionAsync(new byte[] { 0xab }, payments);
        Assert.Equal(
            """[{"data":"ab"},{"address":0.00000001}]""", daemon.Asked[^1]["params"]![1]!.ToJsonString());
    }

    [Fact]
    public async Task A_transaction_thrown_out_of_its_block_is_in_none()
    {
        string reply = $$"""
            {"txid":"{{Id}}","hex":"00","confirmations":CONFIRMATIONS,
             "blockhash":"{{MainnetBlocks.GenesisHash}}","blockheight":5}
            """;
        using BitcoinRpc mined = CannedDaemon.Result(reply.Replace("CONFIRMATIONS", "1")).Open();
        Assert.Equal(5u, (await mined.GetTransactionAsync(Id)).Value.Height!.Value.Value);

        using BitcoinRpc lost = CannedDaemon.Result(reply.Replace("CONFIRMATIONS", "0")).Open();
        Assert.Null((await lost.GetTransactionAsync(Id)).Value.Block);
    }

    [Fact]
    public async Task Without_an_estimate_there_is_none_to_be_had()
    {
        using BitcoinRpc rpc = CannedDaemon.Result("""{"errors":["Insufficient data"],"blocks":0}""").Open();
        Assert.Equal(BitcoinErrorKind.NotFound, (await rpc.EstimateFeeRateAsync(6)).Error!.Kind);
    }

    [Fact]
    public void A_password_is_not_in_what_is_shown()
    {
        Assert.DoesNotContain("secret", new RpcCredentials.Password("user", "secret").ToString());
    }

    [Fact]
    public async Task Asking_a_failure_for_its_value_is_a_mistake()
    {
        using BitcoinRpc rpc = CannedDaemon.Error(-5, "Block not found").Open();
        BitcoinResult<BlockchainInfo> failed = await rpc.GetBlockchainInfoAsync();

        Assert.False(failed.IsSuccess);
        Assert.Throws<InvalidOperationException>(() => failed.Value);
    }

    private static async Task<BitcoinError> Refused(BitcoinRpc rpc)
    {
        Assert.False((await rpc.GetBlockchainInfoAsync()).TryGet(out _, out BitcoinError? error));
        return error;
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(buffer.Length);
    }
}

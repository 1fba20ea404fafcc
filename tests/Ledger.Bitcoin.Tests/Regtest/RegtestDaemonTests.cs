using System.Diagnostics;
using Ledger.Bitcoin.Regtest;
using Ledger.Bitcoin.Rpc;
using Ledger.Proofs.Spv;
using Ledger.TestKit;

namespace Ledger.Bitcoin.Tests.Regtest;

[Trait("Tier", "process")]
public sealed class RegtestDaemonTests : RegtestTests
{
    [FactThatNeeds("bitcoind")]
    public async Task A_daemon_comes_up_with_a_wallet_that_can_spend()
    {
        RegtestDaemon daemon = await StartAsync();
        Assert.True(daemon.IsRunning);
        BlockchainInfo info = (await daemon.Rpc.GetBlockchainInfoAsync()).Value;
        Assert.Equal("regtest", info.Network);
        Assert.Equal(101u, info.Height.Value);
        Assert.Null(info.PrunedBelow);
        Assert.Equal("ledger", Assert.Single((await daemon.Rpc.ListWalletsAsync()).Value));
        Assert.Equal(5_000_000_000, (await daemon.Rpc.GetBalanceAsync()).Value.Trusted.Value);
        if (!OperatingSystem.IsWindows())
        {
            UnixFileMode mode = File.GetUnixFileMode(Path.Combine(daemon.Folder, "bitcoin.conf"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        }


        await daemon.StopAsync();
        Assert.False(daemon.IsRunning);
    }

    [FactThatNeeds("bitcoind")]
    public async Task Further_wallets_spend_coins_of_their_own()
    {
        RegtestDaemon daemon = await StartAsync();
        Assert.Null(await daemon.FundWalletsAsync(["alpha", "beta"]));
        foreach (string name in new[] { "alpha", "beta" })
        {
            using var wallet = new BitcoinRpc(new BitcoinRpcOptions
            {
                Address = daemon.Url,
                Credentials = new RpcCredentials.Password(daemon.User, daemon.Password),
                Wallet = name,
            });
            Assert.Equal(100_000_000, (await wallet.GetBalanceAsync()).Value.Trusted.Value);
        }
    }

    [FactThatNeeds("bitcoind")]
    public async Task Headers_and_blocks_are_served_as_they_hash()
    {
        RegtestDaemon daemon = await StartAsync(blocks: 3);
        byte[] run = [];
        for (uint height = 0; height <= 3; height++)
        {
            BitcoinBlockHash hash = (await daemon.Rpc.GetBlockHashAsync(new BitcoinHeight(height))).Value;
            BitcoinHeader header = (await daemon.Rpc.GetBlockHeaderAsync(hash)).Value;
            Assert.True(header.MeetsFloor(BitcoinNetwork.Regtest, out _, out SpvError error), error.Reason);
            BlockPosition position = (await daemon.Rpc.GetBlockPositionAsync(hash)).Value;
            Assert.Equal((height, 4L - height), (position.Height.Value, position.Confirmations));
            Assert.Equal(height == 3, position.Next is null);
            Assert.Equal(header.Time, position.Time);
            Assert.Equal(header.MerkleRoot, (await daemon.Rpc.GetBlockAsync(hash)).Value.MerkleRoot);
            run = [.. run, .. header.Bytes.Span];
        }

        Assert.True(HeaderChain.TryParse(run, BitcoinNetwork.Regtest, out HeaderChain? chain, out _));
        Assert.Equal(8, (int)chain.Work.Hashes);

        Assert.Equal(BitcoinErrorKind.NotFound, (await daemon.Rpc.GetBlockHashAsync(new BitcoinHeight(4))).Error!.Kind);
        var stranger = new BitcoinBlockHash(Core.Digest.Of("stranger"u8));
        Assert.Equal(BitcoinErrorKind.NotFound, (await daemon.Rpc.GetRawBlockAsync(stranger)).Error!.Kind);
        Assert.Equal(BitcoinErrorKind.NotFound, (await daemon.Rpc.EstimateFeeRateAsync(6)).Error!.Kind);
    }

    [FactThatNeeds("bitcoind")]
    public async Task Blocks_mined_before_a_kill_are_there_after_a_restart()
    {
        RegtestDaemon first = await StartAsync(blocks: 5);
        BitcoinBlockHash mined = (await first.MineAsync()).Value[0];
        first.Kill();
        Assert.False(first.IsRunning);

        RegtestDaemon second = await StartAsync(blocks: 5);
        BlockchainInfo info = (await second.Rpc.GetBlockchainInfoAsync()).Value;
        Assert.Equal(mined, info.Best);
        Assert.Equal(6u, info.Height.Value);
        Assert.Equal("ledger", Assert.Single((await second.Rpc.ListWalletsAsync()).Value));
    }

    [FactThatNeeds("bitcoind")]
    public async Task Without_the_flush_a_kill_loses_the_blocks()
    {
        RegtestDaemon first = await StartAsync(blocks: 5);
        string address = (await first.Rpc.GetNewAddressAsync()).Value;
        Assert.True((await first.Rpc.GenerateToAddressAsync(1, address)).IsSuccess);
        first.Kill();

        RegtestDaemon second = await StartAsync(blocks: 5);
        Assert.Equal(5u, (await second.Rpc.GetBlockchainInfoAsync()).Value.Height.Value);
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_killed_daemon_is_unreachable_and_its_successor_is_another()
    {
        RegtestDaemon first = await StartAsync(blocks: 1);
        Assert.True((await first.Rpc.GetBlockchainInfoAsync()).IsSuccess);
        first.Kill();
        BitcoinError error = (await first.Rpc.GetBlockchainInfoAsync()).Error!;
        Assert.Equal(BitcoinErrorKind.Unreachable, error.Kind);
        Assert.True(error.IsTransient);
    }

    [FactThatNeeds("bitcoind")]
    public async Task One_client_goes_on_over_a_restart_behind_the_same_address()
    {
        RegtestDaemon daemon = await StartAsync(blocks: 1);
        Task<BitcoinResult<BlockchainInfo>>[] many =
            [.. Enumerable.Range(0, 64).Select(_ => daemon.Rpc.GetBlockchainInfoAsync())];
        Assert.All(await Task.WhenAll(many), result => Assert.True(result.IsSuccess, result.Error?.ToString()));

        daemon.Kill();
        Assert.Equal(BitcoinErrorKind.Unreachable, (await daemon.Rpc.GetBlockchainInfoAsync()).Error!.Kind);
        using var again = Process.Start(new ProcessStartInfo(Needs.Get("bitcoind"), [$"-datadir={daemon.Folder}"]))!;
        try
        {
            BitcoinResult<BlockchainInfo> answer;
            var waited = Stopwatch.StartNew();
            do
            {
                await Task.Delay(50);
                answer = await daemon.Rpc.GetBlockchainInfoAsync();
                Assert.True(answer.IsSuccess || answer.Error!.IsTransient, answer.Error?.ToString());
            }
            while (!answer.IsSuccess && waited.Elapsed < TimeSpan.FromSeconds(120));

            Assert.True(answer.IsSuccess, answer.Error?.ToString());
        }
        finally
        {
            again.Kill(entireProcessTree: true);
            again.WaitForExit();
        }
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_wrong_password_is_told_from_a_missing_daemon()
    {
        RegtestDaemon daemon = await StartAsync(blocks: 1);
        using var wrong = new BitcoinRpc(new BitcoinRpcOptions
        {
            Address = daemon.Url,
            Credentials = new RpcCredentials.Password(daemon.User, "wrong"),
        });

        Assert.Equal(BitcoinErrorKind.Unauthorized, (await wrong.GetBlockchainInfoAsync()).Error!.Kind);
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_program_that_is_no_daemon_is_told_with_what_it_said()
    {
        string folder = Directory.CreateTempSubdirectory("ledger-regtest-").FullName;
        try
        {
            var options = new RegtestOptions { Binary = Path.Combine(folder, "absent"), Folder = folder };
            BitcoinError error = (await RegtestDaemon.StartAsync(options)).Error!;
            Assert.Equal(BitcoinErrorKind.NotStarted, error.Kind);

            error = (await RegtestDaemon.StartAsync(options with { Binary = "/bin/ls" })).Error!;
            Assert.Equal(BitcoinErrorKind.NotStarted, error.Kind);
            Assert.Contains("ended with code", error.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

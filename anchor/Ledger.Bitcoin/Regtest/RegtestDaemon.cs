using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Bitcoin.Rpc;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Regtest;

/// <summary>How a development daemon is started.</summary>
public sealed record RegtestOptions
{
    /// <summary>The program; <see cref="BitcoinDaemonBinary"/> finds one.</summary>
    public required string Binary { get; init; }

    /// <summary>Folder of its own, made if absent. A second start in it goes on where the first one ended.</summary>
    public required string Folder { get; init; }

    public string Wallet { get; init; } = "ledger";

    /// <summary>Blocks that the chain has at least after a start; the 101st makes the first reward spendable.</summary>
    public int Blocks { get; init; } = 101;

    /// <summary>Called with the process as soon as there is one, before it answers.</summary>
    public Action<int> Launched { get; init; } = static _ => { };

    public TimeSpan StartTimeOut { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// A real <c>bitcoind</c> on a private regtest chain, for development networks and tests only: its coins are worth
/// nothing, its blocks cost nothing, and it speaks to nobody. RPC on a free loopback port with a password of its own.
/// </summary>
public sealed class RegtestDaemon : IAsyncDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan StopTimeOut = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private RegtestDaemon(RegtestOptions options, Process process, Uri url, string password)
    {
        _process = process;
        Folder = Path.GetFullPath(options.Folder);
        Url = url;
        Password = password;
        Rpc = Open(options.Wallet);
    }

    /// <summary>Calls to the daemon and its wallet.</summary>
    public BitcoinRpc Rpc { get; }

    public Uri Url { get; }

    public string User => RegtestConfiguration.User;

    public string Password { get; }

    public string Wallet => Rpc.Wallet;

    public string Folder { get; }

    public int ProcessId => _process.Id;

    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts the daemon, opens or makes its wallet and mines the first blocks.</summary>
    public static async Task<BitcoinResult<RegtestDaemon>> StartAsync(
        RegtestOptions options,
        CancellationToken stop = default)
    {
        BitcoinError? error = null;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            // The port is free now and may be taken a moment later: then the daemon exits and another one is tried.
            int port = FreePort();
            string password = RegtestConfiguration.Write(options.Folder, port);
            BitcoinResult<RegtestDaemon> launched = await LaunchAsync(options, port, password, stop);
            if (launched.TryGet(out RegtestDaemon? daemon, out error))
            {
                try
                {
                    error = await daemon.PrepareAsync(options.Blocks, stop);
                }
                catch
                {
                    daemon.Kill();
                    throw;
                }

                if (error is null)
                {
                    return daemon;
                }

                await daemon.DisposeAsync();
                return error;
            }
        }

        return error!;
    }

    /// <summary>Mines blocks to the wallet and writes them to disk, so that a killed daemon still has them.</summary>
    public async Task<BitcoinResult<ImmutableArray<BitcoinBlockHash>>> MineAsync(
        int blocks = 1,
        CancellationToken stop = default)
    {
        // A fresh address makes each block another one, even where an equal one was just declared invalid.
        if (!(await Rpc.GetNewAddressAsync(stop)).TryGet(out string? address, out BitcoinError? error))
        {
            return error;
        }

        BitcoinResult<ImmutableArray<BitcoinBlockHash>> mined = await Rpc.GenerateToAddressAsync(blocks, address, stop);
        if (!mined.IsSuccess)
        {
            return mined;
        }

        BitcoinResult<BitcoinHeight> flushed = await Rpc.FlushAsync(stop);
        return flushed.IsSuccess ? mined : flushed.Error!;
    }

    /// <summary>
    /// Makes further wallets and pays a bitcoin to each, for parties that must not spend each other's coins.
    /// </summary>
    /// <returns>Null when every wallet can spend.</returns>
    public async Task<BitcoinError?> FundWalletsAsync(IEnumerable<string> names, CancellationToken stop = default)
    {
        var payments = new JsonObject();
        foreach (string name in names)
        {
            using BitcoinRpc wallet = Open(name);
            if (!(await wallet.OpenWalletAsync(create: true, stop)).TryGet(out _, out BitcoinError? error)
                || !(await wallet.GetNewAddressAsync(stop)).TryGet(out string? address, out error))
            {
                return error;
            }

            payments[address] = 1;
        }

        BitcoinResult<JsonElement> paid = await CallAsync("sendmany", ["", payments], stop);
        return paid.Error ?? (await MineAsync(1, stop)).Error;
    }

    /// <summary>Any other call to the daemon or its wallet, such as <c>invalidateblock</c>.</summary>
    public Task<BitcoinResult<JsonElement>> CallAsync(
        string method,
        JsonArray arguments,
        CancellationToken stop = default) => Rpc.CallAsync(method, arguments, stop);

    /// <summary>Ends the process at once, as a power cut would.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
    }

    /// <summary>Asks the daemon to stop and kills it if it does not.</summary>
    public async Task StopAsync()
    {
        if (_process.HasExited)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(StopTimeOut);
        try
        {
            await Rpc.CallAsync("stop", [], deadline.Token);
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Rpc.Dispose();
        _process.Dispose();
    }

    private static async Task<BitcoinResult<RegtestDaemon>> LaunchAsync(
        RegtestOptions options,
        int port,
        string password,
        CancellationToken stop)
    {
        var start = new ProcessStartInfo(options.Binary)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add($"-datadir={Path.GetFullPath(options.Folder)}");

        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception trouble)
        {
            return NotStarted($"{options.Binary} cannot be started: {trouble.Message}");
        }

        if (process is null)
        {
            return NotStarted($"{options.Binary} cannot be started.");
        }

        options.Launched(process.Id);
        process.StandardInput.Close();
        Task<string> said = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var daemon = new RegtestDaemon(options, process, new Uri($"http://127.0.0.1:{port}/"), password);
        BitcoinError? error;
        try
        {
            error = await daemon.WaitUntilReadyAsync(options.StartTimeOut, said, stop);
        }
        catch
        {
            daemon.Kill();
            throw;
        }

        if (error is null)
        {
            return daemon;
        }

        daemon.Kill();
        await daemon.DisposeAsync();
        return error;
    }

    private async Task<BitcoinError?> WaitUntilReadyAsync(TimeSpan limit, Task<string> said, CancellationToken stop)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            BitcoinResult<BlockchainInfo> info = await Rpc.GetBlockchainInfoAsync(stop);
            if (info.TryGet(out BlockchainInfo? chain, out BitcoinError? error))
            {
                return chain.Network == BitcoinNetwork.Regtest.Name
                    ? null
                    : NotStarted($"The Bitcoin node is on {chain.Network}, not on regtest.");
            }

            if (_process.HasExited)
            {
                return NotStarted($"bitcoind ended with code {_process.ExitCode}: {(await said).Trim()}");
            }

            if (!error.IsTransient || waited.Elapsed > limit)
            {
                return NotStarted($"bitcoind did not come up within {limit.TotalSeconds:0} s: {error.Message}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), stop);
        }
    }

    private async Task<BitcoinError?> PrepareAsync(int blocks, CancellationToken stop)
    {
        if (!(await Rpc.OpenWalletAsync(create: true, stop)).TryGet(out _, out BitcoinError? error)
            || !(await Rpc.GetBlockchainInfoAsync(stop)).TryGet(out BlockchainInfo? chain, out error))
        {
            return error;
        }

        int missing = blocks - (int)chain.Height.Value;
        return missing > 0 ? (await MineAsync(missing, stop)).Error : null;
    }

    private BitcoinRpc Open(string wallet) => new(new BitcoinRpcOptions
    {
        Address = Url,
        Credentials = new RpcCredentials.Password(RegtestConfiguration.User, Password),
        Wallet = wallet,
    });

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static BitcoinError NotStarted(string message) => new(BitcoinErrorKind.NotStarted, "bitcoind", message);
}

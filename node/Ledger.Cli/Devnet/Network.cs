using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Bitcoin;
using Ledger.Bitcoin.Regtest;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Cli.Devnet;

/// <summary>
/// A whole network on this machine: a Bitcoin daemon on regtest that mines while an anchor waits, and a node. Everything
/// listens on loopback and on free ports, so that two stand side by side; everything ends with this program.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private static readonly TimeSpan MineEvery = TimeSpan.FromSeconds(1);

    private readonly RegtestDaemon _bitcoin;
    private readonly Process _watchdog;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _mining;

    private Network(string folder, RegtestDaemon bitcoin, Process watchdog, NodeProcess node, GenesisDocument genesis)
    {
        Folder = folder;
        _bitcoin = bitcoin;
        _watchdog = watchdog;
        Node = node;
        Genesis = genesis;
        _mining = MineAsync(_stop.Token);
    }

    public string Folder { get; }

    public NodeProcess Node { get; }

    public GenesisDocument Genesis { get; }

    public RegtestDaemon Bitcoin => _bitcoin;

    public static async Task<Network> StartAsync(string folder, Action<string> progress, CancellationToken stop)
    {
        string? local = Environment.GetEnvironmentVariable("LEDGER_LOCAL");
        if (!BitcoinDaemonBinary.TryFind(local, out string? binary))
        {
            throw new CommandException("No bitcoind: run ./run once, which fetches one, or name one in LEDGER_BITCOIND.");
        }

        Directory.CreateDirectory(folder);
        progress("starting a Bitcoin daemon on regtest");
        Process? watchdog = null;
        RegtestDaemon? bitcoin = null;
        try
        {
            bitcoin = await StartBitcoinAsync(binary, folder, pid => Watch(ref watchdog, pid), stop).ConfigureAwait(false);
            progress("starting a node with keys and a genesis document of its own");
            string peer = Path.Combine(folder, "node-1");
            GenesisDocument genesis = PeerFolder.Create(
                peer,
                new PeerPlan("alpha", "devnet", "127.0.0.1:0", IsOpen: true, "regtest", Passphrase: "", QuickAnchors),
                new UnixTime((ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()),
                new BitcoinAccess(bitcoin.Url.ToString(), bitcoin.User, bitcoin.Password, bitcoin.Wallet, "regtest"));
            NodeProcess node = await NodeProcess.StartAsync(peer, stop).ConfigureAwait(false);
            return new Network(folder, bitcoin, watchdog!, node, genesis);
        }
        catch
        {
            if (bitcoin is not null)
            {
                await bitcoin.DisposeAsync().ConfigureAwait(false);
            }

            Watchdog.Stop(watchdog);
            throw;
        }
    }

    private static async Task<RegtestDaemon> StartBitcoinAsync(
        string binary, string folder, Action<int> launched, CancellationToken stop)
    {
        RegtestOptions options = new() { Binary = binary, Folder = Path.Combine(folder, "bitcoin"), Launched = launched };
        BitcoinResult<RegtestDaemon> started = await RegtestDaemon.StartAsync(options, stop).ConfigureAwait(false);
        return started.TryGet(out RegtestDaemon? bitcoin, out BitcoinError? error)
            ? bitcoin
            : throw new CommandException($"The Bitcoin daemon did not start: {error.Message}");
    }

    /// <summary>A daemon that did not come up is followed by another one.</summary>
    private static void Watch(ref Process? watchdog, int daemon)
    {
        Watchdog.Stop(watchdog);
        watchdog = Watchdog.Start(daemon);
    }

    /// <summary>What <c>devnet --json</c> prints.</summary>
    public JsonObject Describe() => new()
    {
        ["chain"] = Genesis.Chain.ToString(),
        ["nodes"] = new JsonArray(new JsonObject
        {
            ["http"] = Node.Address.ToString().TrimEnd('/'),
            ["admin"] = null,
            ["p2p"] = null,
            ["dir"] = Node.Folder,
            ["pid"] = Node.ProcessId,
        }),
        ["bitcoin"] = new JsonObject
        {
            ["rpc"] = _bitcoin.Url.ToString(),
            ["user"] = _bitcoin.User,
            ["password"] = _bitcoin.Password,
            ["wallet"] = _bitcoin.Wallet,
            ["network"] = "regtest",
        },
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _mining.ConfigureAwait(false);
        }
        finally
        {
            await Node.DisposeAsync().ConfigureAwait(false);
            await _bitcoin.DisposeAsync().ConfigureAwait(false);
            Watchdog.Stop(_watchdog);
            _stop.Dispose();
        }
    }

    /// <summary>Anchors within seconds: due after two blocks or a minute.</summary>
    private static Parameters QuickAnchors { get; } = new() { AnchorBlocks = 2, AnchorMinutes = 1 };

    /// <summary>Blocks come as long as the newest anchor is not final; an idle network leaves Bitcoin alone.</summary>
    private async Task MineAsync(CancellationToken stop)
    {
        using HttpClient http = new() { BaseAddress = Node.Address, Timeout = TimeSpan.FromSeconds(5) };
        using PeriodicTimer timer = new(MineEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                if (await IsAnchorWaitingAsync(http, stop).ConfigureAwait(false))
                {
                    // A failure here shows in the node's problems; the next second tries again.
                    await _bitcoin.MineAsync(1, stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The stop that was asked for.
        }
    }

    private static async Task<bool> IsAnchorWaitingAsync(HttpClient http, CancellationToken stop)
    {
        try
        {
            byte[] answer = await http.GetByteArrayAsync(new Uri("/v1/anchors?limit=1", UriKind.Relative), stop).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement anchors = document.RootElement.GetProperty("anchors");
            return anchors.GetArrayLength() > 0 && anchors[0].GetProperty("state").GetString() is ("broadcast" or "mined" or "reorged");
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }
}

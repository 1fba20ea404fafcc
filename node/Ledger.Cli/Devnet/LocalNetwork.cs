using System.Diagnostics;
using System.Text.Json.Nodes;
using Ledger.Bitcoin;
using Ledger.Bitcoin.Regtest;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Devnet;

/// <summary>
/// A whole network on this machine: a Bitcoin daemon on regtest that mines while an anchor waits, and a node for each
/// validator. Everything listens on loopback and on free ports, so that two stand side by side; everything ends with
/// this program.
/// </summary>
internal sealed class LocalNetwork : IAsyncDisposable
{
    private static readonly string[] Names =
    [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta",
        "iota", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi",
    ];

    private readonly RegtestDaemon _bitcoin;
    private readonly Process _watchdog;
    private readonly ReservedPorts _ports;
    private readonly PeerFolder[] _peers;
    private readonly NodeProcess?[] _nodes;
    private readonly Miner _miner;

    private LocalNetwork(
        string folder, RegtestDaemon bitcoin, Process watchdog, ReservedPorts ports, PeerFolder[] peers,
        NodeProcess[] nodes, GenesisDocument genesis)
    {
        Folder = folder;
        (_bitcoin, _watchdog, _ports, _peers, _nodes) = (bitcoin, watchdog, ports, peers, nodes);
        Genesis = genesis;
        _miner = new Miner(bitcoin, () => Nodes.Select(node => node.Address));
    }

    /// <summary>Validators of one network: each is a process with a store of its own.</summary>
    public static int ValidatorsMax => Names.Length;

    public string Folder { get; }

    public GenesisDocument Genesis { get; }

    /// <summary>Those that run, the first one first.</summary>
    public IReadOnlyList<NodeProcess> Nodes => [.. _nodes.OfType<NodeProcess>()];

    /// <summary>The first that runs: where commands and pages go.</summary>
    public NodeProcess Node => Nodes[0];

    public static async Task<LocalNetwork> StartAsync(
        string folder, int validators, Action<string> progress, CancellationToken stop)
    {
        string? local = Environment.GetEnvironmentVariable("LEDGER_LOCAL");
        if (!BitcoinDaemonBinary.TryFind(local, out string? binary))
        {
            throw new CommandException(
                "No bitcoind: run ./run once, which fetches one, or name one in LEDGER_BITCOIND.");
        }

        Directory.CreateDirectory(folder);
        progress("starting a Bitcoin daemon on regtest");
        Process? watchdog = null;
        RegtestDaemon? bitcoin = null;
        ReservedPorts ports = new(validators);
        try
        {
            bitcoin = await StartBitcoinAsync(binary, folder, pid => Watch(ref watchdog, pid), stop)
                .ConfigureAwait(false);
            progress(validators == 1
                ? "starting a node with keys and a genesis document of its own"
                : $"starting {validators} nodes with keys of their own and one genesis document");
            (PeerFolder[] peers, GenesisDocument genesis) =
                await MakePeersAsync(folder, ports, bitcoin, stop).ConfigureAwait(false);
            NodeProcess[] nodes = await StartNodesAsync(peers, stop).ConfigureAwait(false);
            return new LocalNetwork(folder, bitcoin, watchdog!, ports, peers, nodes, genesis);
        }
        catch
        {
            if (bitcoin is not null)
            {
                await bitcoin.DisposeAsync().ConfigureAwait(false);
            }

            Watchdog.Stop(watchdog);
            ports.Dispose();
            throw;
        }
    }

    /// <summary>Stops the node of one validator, counted from 0, and leaves the others to themselves.</summary>
    /// <returns>The validator's name.</returns>
    public async Task<string> StopNodeAsync(int index)
    {
        if (Interlocked.Exchange(ref _nodes[index], null) is { } node)
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }

        return Names[index];
    }

    /// <summary>Starts a node that was stopped, on the folder that it left.</summary>
    public async Task StartNodeAsync(int index, CancellationToken stop) =>
        _nodes[index] ??= await NodeProcess.StartAsync(_peers[index].Path, stop).ConfigureAwait(false);

    /// <summary>What <c>devnet --json</c> prints.</summary>
    public JsonObject Describe() => new()
    {
        ["chain"] = Genesis.Chain.ToString(),
        ["nodes"] = new JsonArray(
            [.. _peers.Zip(_nodes).Where(pair => pair.Second is not null)
                .Select(pair => Describe(pair.First, pair.Second!))]),
        ["bitcoin"] = new JsonObject
        {
            ["rpc"] = _bitcoin.Url.ToString(),
            ["user"] = _bitcoin.User,
            ["password"] = _bitcoin.Password,
            ["wallet"] = _bitcoin.Wallet,
            ["network"] = "regtest",
        },
    };

    private static JsonObject Describe(PeerFolder peer, NodeProcess node) => new()
    {
        ["http"] = node.Address.ToString().TrimEnd('/'),
        ["admin"] = null,
        ["p2p"] = peer.Address?.ToString(),
        ["dir"] = node.Folder,
        ["pid"] = node.ProcessId,
    };

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _miner.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask())).ConfigureAwait(false);
            await _bitcoin.DisposeAsync().ConfigureAwait(false);
            Watchdog.Stop(_watchdog);
            _ports.Dispose();
        }
    }

    /// <summary>Anchors within seconds: due after two blocks or a minute.</summary>
    private static Parameters QuickAnchors { get; } = new() { AnchorBlocks = 2, AnchorMinutes = 1 };

    private static async Task<(PeerFolder[] Peers, GenesisDocument Genesis)> MakePeersAsync(
        string folder, ReservedPorts ports, RegtestDaemon bitcoin, CancellationToken stop)
    {
        PeerFolder[] peers = [.. ports.Addresses.Select((address, index) => PeerFolder.Create(
            Path.Combine(folder, $"node-{index + 1}"),
            new PeerPlan(Names[index], "127.0.0.1:0", Passphrase: "", address)))];
        GenesisDocument genesis = PeerFolder.Genesis(
            new NetworkPlan("devnet", IsOpen: true, "regtest", QuickAnchors),
            new UnixTime((ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()),
            peers);
        if (await bitcoin.FundWalletsAsync(peers.Select(WalletOf), stop).ConfigureAwait(false) is { } error)
        {
            throw new CommandException($"The Bitcoin daemon makes no wallets: {error.Message}");
        }

        foreach (PeerFolder peer in peers)
        {
            peer.Complete(
                genesis,
                [.. peers.Where(other => other != peer).Select(other => other.Address!)],
                new BitcoinAccess(bitcoin.Url.ToString(), bitcoin.User, bitcoin.Password, WalletOf(peer), "regtest"));
        }

        InvitationFile invitation = new(genesis.Encode(), [.. peers.Select(peer => peer.Address!.ToString())]);
        await File.WriteAllBytesAsync(Path.Combine(folder, "devnet.invitation"), invitation.Encode(), stop).ConfigureAwait(false);
        return (peers, genesis);
    }

    /// <summary>Each operator has coins of its own: two nodes with one wallet would spend the same ones.</summary>
    private static string WalletOf(PeerFolder peer) => peer.Plan.Name;

    /// <summary>All at once; where one does not come up, none stays.</summary>
    private static async Task<NodeProcess[]> StartNodesAsync(PeerFolder[] peers, CancellationToken stop)
    {
        Task<NodeProcess>[] starting = [.. peers.Select(peer => NodeProcess.StartAsync(peer.Path, stop))];
        try
        {
            return await Task.WhenAll(starting).ConfigureAwait(false);
        }
        catch
        {
            foreach (Task<NodeProcess> started in starting.Where(task => task.IsCompletedSuccessfully))
            {
                await (await started.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    private static async Task<RegtestDaemon> StartBitcoinAsync(
        string binary, string folder, Action<int> launched, CancellationToken stop)
    {
        RegtestOptions options =
            new() { Binary = binary, Folder = Path.Combine(folder, "bitcoin"), Launched = launched };
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
}

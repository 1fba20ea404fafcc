using System.Net;
using System.Net.Sockets;
using Ledger.Network.Addresses;
using Ledger.Node.Api;
using Ledger.Node.Bitcoin;
using Ledger.Node.Hosting;
using Ledger.Runtime;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Roots;
using Ledger.Storage;

namespace Ledger.Node;

/// <summary>The node's program: <c>Ledger.Node --dir FOLDER [--passphrase-fd N] [--parent PID]</c>.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, path => RocksStore.Open(path));

    /// <param name="openStore">Opens the store in the folder given.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(string[] args, Func<string, IStore> openStore)
    {
        if (!TryRead(args, out string folder, out int? passphrase, out int? parent))
        {
            await Console.Error.WriteLineAsync(
                "usage: Ledger.Node --dir FOLDER [--passphrase-fd N] [--parent PID]").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        try
        {
            await RunAsync(folder, passphrase, parent, openStore).ConfigureAwait(false);
            return ExitCode.Stopped;
        }
        catch (Exception exception) when (ExitCode.Of(exception) is { } code)
        {
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return code;
        }
    }

    private static bool TryRead(string[] args, out string folder, out int? passphrase, out int? parent)
    {
        folder = "";
        passphrase = null;
        parent = null;
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--dir" when folder.Length == 0:
                    folder = args[i + 1];
                    break;
                case "--passphrase-fd"
                    when passphrase is null && int.TryParse(args[i + 1], out int descriptor) && descriptor >= 0:
                    passphrase = descriptor;
                    break;
                case "--parent" when parent is null && int.TryParse(args[i + 1], out int pid) && pid > 0:
                    parent = pid;
                    break;
                default:
                    return false;
            }
        }

        return folder.Length > 0 && args.Length % 2 == 0;
    }

    private static async Task RunAsync(string path, int? passphrase, int? parent, Func<string, IStore> openStore)
    {
        using NodeFolder folder = NodeFolder.Open(path, passphrase);
        using IStore store = openStore(folder.StorePath);
        using VoteCounterFile? counter = folder.VoteCounterPath is { } file ? VoteCounterFile.Open(file) : null;
        NodePeers? peers = folder.Peers is { } others ? new NodePeers(others, folder.Genesis.Chain) : null;
        NodeSettings settings = new()
        {
            Name = folder.File.Name,
            VoteKey = folder.VoteKey,
            NextVoteKey = folder.NextVoteKey,
            StreamKey = folder.StreamKey,
            SnapshotBlocks = folder.File.SnapshotBlocks > 0 ? folder.File.SnapshotBlocks : null,
        };
        LedgerNode node = new(
            settings, folder.Genesis, store, TimeProvider.System, new OperatingSystemRandomness(), peers?.Peers,
            counter);
        try
        {
            await using (node.ConfigureAwait(false))
            {
                await ServeAsync(folder, node, peers, parent).ConfigureAwait(false);
            }
        }
        finally
        {
            if (peers is not null)
            {
                await peers.DisposeAsync().ConfigureAwait(false);
            }
        }

        // A loop that failed must not look like an orderly stop.
        await node.Completion.ConfigureAwait(false);
    }

    private static async Task ServeAsync(NodeFolder folder, LedgerNode node, NodePeers? peers, int? parent)
    {
        using RpcBitcoin? bitcoin = folder.File.Bitcoin is { } daemon ? new RpcBitcoin(daemon) : null;
        AnchorDriver? anchoring = bitcoin is null ? null : new AnchorDriver(node, bitcoin, TimeProvider.System);
        IAnchorView anchors = anchoring is null ? new NoAnchorView() : new DriverAnchorView(anchoring);
        NodeFailure failure = new();
        RootDriver roots = new(node, TimeProvider.System);
        NodeReader reader = new(node, anchors, peers?.Peers);
        reader.Roots = new RootReader(reader, roots, TimeProvider.System, folder.File.PublicUrl, anchoring is not null);
        WebApplication app = NodeHost.Build(
            reader, failure, folder.Http, Path.Combine(AppContext.BaseDirectory, "wwwroot"));
        await using (app.ConfigureAwait(false))
        {
            using CancellationTokenSource stop = new();
            ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ledger");
            Task beside = Task.WhenAll(
                EventLog.FollowAsync(node, log, stop.Token), KeyRetirement.FollowAsync(node, folder, log, stop.Token));
            node.Start();
            await Task.WhenAny(node.Started, node.Completion).ConfigureAwait(false);
            if (!node.Completion.IsCompleted)
            {
                anchoring?.Start();
                roots.Start();
                Meet(peers, node);
                await ListenAsync(app, folder.Http).ConfigureAwait(false);
                await StopRequestedAsync(app, node, failure, roots, anchoring, parent).ConfigureAwait(false);
                using CancellationTokenSource patience = new(TimeSpan.FromSeconds(5));
                await app.StopAsync(patience.Token).ConfigureAwait(false);
            }

            await roots.DisposeAsync().ConfigureAwait(false);
            if (anchoring is not null)
            {
                await anchoring.DisposeAsync().ConfigureAwait(false);
            }

            await stop.CancelAsync().ConfigureAwait(false);
            await beside.ConfigureAwait(false);
        }

        if (failure.Task.IsFaulted)
        {
            await failure.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Prints the addresses at which other nodes find this one: what their operators put into their settings.</summary>
    private static void Meet(NodePeers? peers, LedgerNode node)
    {
        peers?.Start(node);
        foreach (Multiaddr address in peers?.Peers.Addresses ?? [])
        {
            Console.WriteLine($"p2p {address}");
        }

        if (peers?.FindMismatch(node.Self) is { } mismatch)
        {
            Console.Error.WriteLine(mismatch);
        }
    }

    /// <summary>The line that it prints tells whoever started the program that it answers, and where.</summary>
    private static async Task ListenAsync(WebApplication app, IPEndPoint address)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new NodeFolderException(
                $"{address} cannot be listened on: {(exception.InnerException ?? exception).Message}. "
                + "Change 'http' in node.json, or end what listens there.");
        }

        Console.WriteLine($"ready {app.Urls.First()}");
    }

    private static async Task StopRequestedAsync(
        WebApplication app, LedgerNode node, NodeFailure failure, RootDriver roots, AnchorDriver? anchoring, int? parent)
    {
        using CancellationTokenSource stop = new();
        List<Task> reasons = [app.WaitForShutdownAsync(stop.Token), node.Completion, failure.Task, roots.Completion];
        if (anchoring is not null)
        {
            reasons.Add(anchoring.Completion);
        }

        if (parent is { } pid)
        {
            reasons.Add(ParentWatch.WhenGoneAsync(pid, stop.Token));
        }

        await Task.WhenAny(reasons).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
    }
}

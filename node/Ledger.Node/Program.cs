using Ledger.Node.Api;
using Ledger.Node.Bitcoin;
using Ledger.Node.Hosting;
using Ledger.Runtime;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Ports;
using Ledger.Storage;

namespace Ledger.Node;

/// <summary>The node's program: <c>Ledger.Node --dir FOLDER [--parent PID]</c>.</summary>
internal static class Program
{
    // From sysexits.h, so that service managers can tell what happened.
    private const int ExitUsage = 64;
    private const int ExitDamaged = 70;
    private const int ExitSettings = 78;

    public static async Task<int> Main(string[] args)
    {
        if (!TryRead(args, out string folder, out int? parent))
        {
            await Console.Error.WriteLineAsync("usage: Ledger.Node --dir FOLDER [--parent PID]").ConfigureAwait(false);
            return ExitUsage;
        }

        try
        {
            return await RunAsync(folder, parent).ConfigureAwait(false);
        }
        catch (NodeFolderException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return ExitSettings;
        }
        catch (StoreCorruptException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return ExitDamaged;
        }
    }

    private static bool TryRead(string[] args, out string folder, out int? parent)
    {
        folder = args is ["--dir", { } dir, ..] ? dir : "";
        parent = args is [_, _, "--parent", { } pid] && int.TryParse(pid, out int number) ? number : null;
        return folder.Length > 0 && (args.Length == 2 || parent is not null);
    }

    private static async Task<int> RunAsync(string path, int? parent)
    {
        using NodeFolder folder = NodeFolder.Open(path);
        using RocksStore store = RocksStore.Open(folder.StorePath);
        NodeSettings settings = new() { Name = folder.File.Name, VoteKey = folder.VoteKey, StreamKey = folder.StreamKey };
        LedgerNode node = new(settings, folder.Genesis, store, TimeProvider.System, new OperatingSystemRandomness());
        await using (node.ConfigureAwait(false))
        {
            using RpcBitcoin? bitcoin = folder.File.Bitcoin is { } daemon ? new RpcBitcoin(daemon) : null;
            AnchorDriver? anchoring = bitcoin is null ? null : new AnchorDriver(node, bitcoin, TimeProvider.System);
            IAnchorView anchors = anchoring is null ? new NoAnchorView() : new DriverAnchorView(anchoring);
            string? self = folder.Genesis.Configuration.Validators
                .FirstOrDefault(validator => validator.VoteKeyId == folder.VoteKey?.Id)?.Name;
            NodeReader reader = new(node, anchors, self);
            WebApplication app = NodeHost.Build(reader, folder.File.Http, Path.Combine(AppContext.BaseDirectory, "wwwroot"));
            await using (app.ConfigureAwait(false))
            {
                node.Start();
                anchoring?.Start();
                await app.StartAsync().ConfigureAwait(false);
                Console.WriteLine($"ready {app.Urls.First()}");
                await StopRequestedAsync(app, node, anchoring, parent).ConfigureAwait(false);
                using CancellationTokenSource patience = new(TimeSpan.FromSeconds(5));
                await app.StopAsync(patience.Token).ConfigureAwait(false);
                if (anchoring is not null)
                {
                    await anchoring.DisposeAsync().ConfigureAwait(false);
                }
            }
        }

        // A loop that failed must not look like an orderly stop.
        await node.Completion.ConfigureAwait(false);
        return 0;
    }

    private static async Task StopRequestedAsync(WebApplication app, LedgerNode node, AnchorDriver? anchoring, int? parent)
    {
        using CancellationTokenSource stop = new();
        List<Task> reasons = [app.WaitForShutdownAsync(stop.Token), node.Completion];
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

using System.Diagnostics;
using Ledger.Cli.Devnet;
using Ledger.Client;

namespace Ledger.Cli.Tour;

/// <summary>
/// Peers that are stopped: with one gone records still settle, with more than the rest can spare nothing settles and a node
/// says why, and once they are back everything settles.
/// </summary>
/// <param name="HeightWithoutOne">Block of the act that settled while one peer was stopped.</param>
/// <param name="WaitsFor">What the first node said while too few were left.</param>
/// <param name="Missing">Whom it named, in the order of the validators.</param>
/// <param name="Stopped">Who was stopped, in that order.</param>
/// <param name="HeightAfter">Block of the act that had to wait.</param>
internal sealed record Outage(
    ulong? HeightWithoutOne, string WaitsFor, IReadOnlyList<string> Missing, IReadOnlyList<string> Stopped, ulong? HeightAfter)
{
    /// <summary>With four, three are more than two thirds.</summary>
    private const int PeersToSpareOne = 4;

    private const int Amount = 420;

    /// <summary>How long the nodes that are left may take to see who is gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public bool IsAsItShould => HeightWithoutOne is not null && HeightAfter > HeightWithoutOne && Missing.SequenceEqual(Stopped);

    /// <summary>Null where there are too few peers to spare one.</summary>
    public static async Task<Outage?> PlayAsync(
        LocalNetwork network, SampleOperator sample, Action<string> step, CancellationToken stop)
    {
        int peers = network.Nodes.Count;
        if (peers < PeersToSpareOne)
        {
            return null;
        }

        using NodeClient client = new(network.Node.Address);
        string first = await network.StopNodeAsync(peers - 1).ConfigureAwait(false);
        step($"stopped the peer {first}: {peers - 1} of {peers} are left");
        SubmitSummary without = await ActAsync(client, sample, SubmitWait.Settled, stop).ConfigureAwait(false);
        step($"records still settle: the next act is in block {without.Last.Height}");

        int halting = ((peers - 1) / 3) + 1;
        List<string> stopped = [first];
        for (int i = 1; i < halting; i++)
        {
            stopped.Insert(0, await network.StopNodeAsync(peers - 1 - i).ConfigureAwait(false));
        }

        step($"stopped {string.Join(" and ", stopped[..^1])} too: {peers - halting} of {peers} are left, and that is too few");
        await ActAsync(client, sample, SubmitWait.Sealed, stop).ConfigureAwait(false);
        NodeWait wait = await AskAsync(client, stop).ConfigureAwait(false);
        step($"the next act is sealed and does not settle; why-stuck says: {wait.WaitsFor}");

        await Task.WhenAll(Enumerable.Range(peers - halting, halting).Select(index => network.StartNodeAsync(index, stop)))
            .ConfigureAwait(false);
        step($"started {string.Join(" and ", stopped)} again");
        SubmitSummary after = await client
            .SubmitChainAsync(sample.ChainFile, SubmitWait.Settled, progress: null, stop).ConfigureAwait(false);
        step($"all settled: the act that had to wait is in block {after.Last.Height}");
        return new Outage(
            without.Last.Height, wait.WaitsFor, [.. wait.Missing.Select(missing => missing.Name)], stopped, after.Last.Height);
    }

    private static async Task<SubmitSummary> ActAsync(
        NodeClient client, SampleOperator sample, SubmitWait wait, CancellationToken stop)
    {
        await sample.DecideAsync(Amount, stop).ConfigureAwait(false);
        return await client.SubmitChainAsync(sample.ChainFile, wait, progress: null, stop).ConfigureAwait(false);
    }

    /// <summary>Once everybody who is left has spoken: what is still lacking then is lacking for good.</summary>
    private static async Task<NodeWait> AskAsync(NodeClient client, CancellationToken stop)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            NodeWait wait = await client.GetWaitAsync(stop).ConfigureAwait(false);
            bool lacks = wait.Votes is { } votes && votes.Heard < votes.Needed && wait.Waiting > 0
                && wait.Missing.All(missing => !missing.Connected);
            if (lacks || watch.Elapsed > Patience)
            {
                return wait;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), stop).ConfigureAwait(false);
        }
    }
}

using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>However a network ends, no process of it stays.</summary>
[Trait("Tier", "process")]
public sealed class LifecycleTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task Devnet_down_ends_supervisor_node_daemon_and_watchdog()
    {
        await using Devnet net = await Devnet.StartAsync();
        AssertWhole(net);
        Ran down = await Cli.RunAsync("devnet", "down", "--dir", net.Folder);
        Assert.True(down.Code == 0, down.ToString());
        await AssertNothingLeftAsync(net);
        Assert.Equal(1, (await Cli.RunAsync("devnet", "down", "--dir", net.Folder)).Code);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task Two_networks_stand_side_by_side_and_SIGTERM_ends_only_the_one_that_gets_it()
    {
        await using Devnet first = await Devnet.StartAsync();
        await using Devnet second = await Devnet.StartAsync();
        AssertWhole(first);
        AssertWhole(second);
        Assert.NotEqual(first.Chain, second.Chain);
        Assert.NotEqual(first.Address, second.Address);
        Assert.NotEqual(first.Rpc, second.Rpc);

        Processes.Signal(first.Supervisor, "TERM");
        await AssertNothingLeftAsync(first);
        AssertWhole(second);
        Assert.Equal(200, (await second.GetAsync("/healthz")).Status);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task A_supervisor_that_is_killed_leaves_no_process_behind()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        AssertWhole(net);
        Processes.Kill(net.Supervisor);
        await AssertNothingLeftAsync(net);
    }

    private static void AssertWhole(Devnet net)
    {
        Assert.True(Processes.Runs(net.Supervisor), "the supervisor runs");
        Assert.All(net.Nodes, node => Assert.True(Processes.Runs(node.Process), "the node runs"));
        Assert.True(Processes.Runs(net.BitcoinProcess), "the Bitcoin daemon runs");
        Assert.True(net.Running.Count >= 4, "the watchdog runs");
    }

    private static async Task AssertNothingLeftAsync(Devnet net)
    {
        IReadOnlyList<int> left = await Processes.LeftAfterAsync(
            Soon, () => [.. net.Running, .. Processes.Naming(net.Folder)]);
        Assert.True(left.Count == 0, string.Join(", ", left.Select(Processes.Describe)));
    }
}

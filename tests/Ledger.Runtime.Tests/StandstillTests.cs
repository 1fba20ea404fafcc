using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Status;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>What a node says of what it waits for.</summary>
public sealed class StandstillTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void With_two_of_four_down_it_names_the_two_and_counts_the_power_and_once_they_are_back_nothing_waits()
    {
        VirtualCluster cluster = new(seed: 21, nodes: 4);
        cluster.Start();
        Operator stream = new(100);
        Settle(cluster, stream, 0);
        Assert.True(cluster.RunUntil(() => WaitsFor(cluster, 0, WaitReason.Nothing), Soon), Say(cluster, 0));

        // With one down, three are enough.
        cluster.Nodes[2].Crash();
        Settle(cluster, stream, 0);
        cluster.Nodes[3].Crash();
        Height height = cluster.Nodes[0].Head.Height.Next;
        cluster.Nodes[0].Submit(stream.Next());
        Assert.True(
            cluster.RunUntil(() => WaitsFor(cluster, 0, WaitReason.Prevotes) && Votes(cluster, 0) == 2, Soon), Say(cluster, 0));
        cluster.Network.RunUntil(cluster.Network.Now + TimeSpan.FromSeconds(30));

        Standstill standstill = cluster.Nodes[0].Standstill!;
        Assert.Equal((WaitReason.Prevotes, "prevote"), (standstill.Reason, standstill.Step));
        Assert.Equal(new VoteCount(2, 3, 4), standstill.Votes);
        Assert.Equal(["node2", "node3"], standstill.Missing.Select(missing => missing.Validator.Name));
        Assert.All(standstill.Missing, missing => Assert.Equal((false, false), (missing.IsSelf, missing.HasPrevoted)));
        Assert.Equal(height, standstill.Height);
        Assert.Equal(1, standstill.Waiting);
        Assert.Matches(
            "^Waits for prevotes of more than two thirds of the power: has 2 of 4, needs 3; "
            + "no word from node2 and node3 since ....-..-.. ..:..:.. UTC\\.$",
            standstill.WaitsFor);
        ulong now = (ulong)(cluster.Epoch + cluster.Network.Now).ToUnixTimeMilliseconds();
        Assert.True(standstill.StepSince.Milliseconds + 20_000 < now, "it stands since long");
        Assert.True(standstill.Missing.Max(missing => missing.LastHeard)!.Value <= standstill.StepSince, "they were silent before");

        cluster.Nodes[2].Start();
        cluster.Nodes[3].Start();
        Assert.True(cluster.RunUntil(() => AllRest(cluster), Soon), Say(cluster, 0));
        Assert.Equal("Nothing waits: no records to settle.", cluster.Nodes[0].Standstill!.WaitsFor);
        Assert.Empty(cluster.Nodes[0].Standstill!.Missing);
    }

    [Fact]
    public void A_restored_validator_says_that_it_keeps_silent_itself()
    {
        VirtualCluster cluster = new(seed: 22, nodes: 4);
        cluster.Start();
        Operator stream = new(100);
        Settle(cluster, stream, 0);
        MemoryStore backup = cluster.Nodes[2].Store.Copy();
        Settle(cluster, stream, 0);
        cluster.Nodes[1].Crash();
        cluster.Nodes[2].RestoreAndStart(backup);
        cluster.Nodes[0].Submit(stream.Next());

        Assert.True(cluster.RunUntil(() => WaitsFor(cluster, 2, WaitReason.Prevotes), Soon), Say(cluster, 2));
        Standstill standstill = cluster.Nodes[2].Standstill!;
        Assert.Contains(
            "this node itself keeps silent until others have shown it how far they are", standstill.WaitsFor);
        Assert.Equal(["node1", "node2"], standstill.Missing.Select(missing => missing.Validator.Name));
        Assert.True(standstill.Missing[1].IsSelf);
    }

    [Fact]
    public void Records_that_may_not_settle_yet_wait_for_their_turn()
    {
        VirtualCluster cluster = new(seed: 23, nodes: 4);
        cluster.Start();
        Settle(cluster, new Operator(100), 0);
        cluster.Nodes[0].Submit(new Operator(101).Ahead(TimeSpan.FromDays(1)));

        Assert.True(cluster.RunUntil(() => WaitsFor(cluster, 0, WaitReason.Turn), Soon), Say(cluster, 0));
        Assert.StartsWith("1 record waits for its turn:", cluster.Nodes[0].Standstill!.WaitsFor);
    }

    private static void Settle(VirtualCluster cluster, Operator stream, int node)
    {
        RecordId id = cluster.Nodes[node].Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(
            cluster.RunUntil(() => cluster.Nodes.All(one => !one.IsUp || one.Chain.Placement(id) is not null), Soon),
            Say(cluster, node));
    }

    private static bool WaitsFor(VirtualCluster cluster, int node, WaitReason reason) =>
        cluster.Nodes[node].Standstill?.Reason == reason;

    private static ulong? Votes(VirtualCluster cluster, int node) => cluster.Nodes[node].Standstill?.Votes?.Heard;

    private static bool AllRest(VirtualCluster cluster) =>
        cluster.Nodes.All(node => node.Standstill is { Reason: WaitReason.Nothing, Missing.IsEmpty: true });

    private static string Say(VirtualCluster cluster, int node) => cluster.Nodes[node].Standstill?.ToString() ?? "not started";
}

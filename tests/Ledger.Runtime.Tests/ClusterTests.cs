using Ledger.Core;
using Ledger.Runtime.Intake;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>Several nodes on virtual time: the product's loop, execution, pool, fetch and synchronisation.</summary>
public sealed class ClusterTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void Records_given_to_any_of_four_settle_at_all_in_the_same_blocks()
    {
        VirtualCluster cluster = new(seed: 1, nodes: 4);
        cluster.Start();
        List<RecordId> ids = [];
        for (int i = 0; i < 4; i++)
        {
            SubmissionOutcome[] outcomes = cluster.Nodes[i].Submit(new Operator(100 + i).Next(5));
            ids.AddRange(outcomes.Select(outcome => outcome.Receipt!.Id));
        }

        Assert.True(cluster.RunUntil(() => AllHold(cluster, ids), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Fact]
    public void One_of_four_down_the_others_go_on_and_it_catches_up_when_it_comes_back()
    {
        VirtualCluster cluster = new(seed: 2, nodes: 4);
        cluster.Start();
        Operator stream = new(100);
        RecordId first = cluster.Nodes[0].Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [first]), Soon), State(cluster));

        cluster.Nodes[3].Crash();
        List<RecordId> ids = [];
        for (int i = 0; i < 10; i++)
        {
            RecordId id = cluster.Nodes[i % 3].Submit(stream.Next())[0].Receipt!.Id;
            ids.Add(id);
            Assert.True(cluster.RunUntil(() => Holds(cluster.Nodes[i % 3], id), Soon), State(cluster));
        }

        cluster.Nodes[3].Start();
        Assert.True(cluster.RunUntil(() => AllHold(cluster, ids), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Fact]
    public void A_follower_without_a_vote_holds_what_the_validators_settle()
    {
        VirtualCluster cluster = new(seed: 3, nodes: 5, validators: 4);
        cluster.Start();
        RecordId id = cluster.Nodes[4].Submit(new Operator(100).Next())[0].Receipt!.Id;

        Assert.True(cluster.RunUntil(() => AllHold(cluster, [id]), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void A_lossy_network_settles_everything_once_it_is_calm(int seed)
    {
        LinkQuality bad = new() { Loss = 0.2, Duplication = 0.1, Reordering = 0.2, LatencyMax = TimeSpan.FromMilliseconds(300) };
        VirtualCluster cluster = new(seed, nodes: 4, quality: bad);
        cluster.Start();
        Operator[] streams = [.. Enumerable.Range(0, 4).Select(i => new Operator(100 + i))];
        List<RecordId> ids = [];
        for (int round = 0; round < 20; round++)
        {
            ids.Add(cluster.Nodes[round % 4].Submit(streams[round % 4].Next())[0].Receipt!.Id);
            cluster.Network.RunUntil(cluster.Network.Now + TimeSpan.FromMilliseconds(500));
        }

        for (int from = 0; from < 4; from++)
        {
            for (int to = 0; to < 4; to++)
            {
                cluster.Network.SetLink(from, to, new LinkQuality());
            }
        }

        Assert.True(cluster.RunUntil(() => AllHold(cluster, ids), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    private static bool Holds(VirtualNode node, RecordId id) => node.Chain.Placement(id) is not null;

    private static bool AllHold(VirtualCluster cluster, IReadOnlyCollection<RecordId> ids) =>
        cluster.Nodes.All(node => !node.IsUp || ids.All(id => Holds(node, id)));

    private static void AssertAgreement(VirtualCluster cluster)
    {
        ulong lowest = cluster.Nodes.Min(node => node.Head.Height.Value);
        for (ulong height = 1; height <= lowest; height++)
        {
            Assert.Single(cluster.Nodes.Select(node => node.Chain.Block(new Height(height))!.Header.Id).Distinct());
        }
    }

    private static string State(VirtualCluster cluster) => string.Join("; ", cluster.Nodes.Select(node =>
        node.IsUp ? $"node {node.Index} at {node.Head.Height}, log {node.Head.Log.Size}, {node.Problem} {string.Join('|', node.Refused)}" : $"node {node.Index} down"));
}

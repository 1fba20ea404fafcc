using Ledger.Network.PubSub;
using Ledger.TestKit.Simulation;
using Xunit.Abstractions;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Twenty routers, each linked to four others at random. In virtual time a seed has its figures.</summary>
public sealed class PropagationTests(ITestOutputHelper output)
{
    private const int Nodes = 20;
    private const int Degree = 4;
    private static readonly TimeSpan ThreeHeartbeats = TimeSpan.FromSeconds(3);
    private static readonly int[] Everybody = [.. Enumerable.Range(0, Nodes)];

    private static readonly LinkQuality Good = new();
    private static readonly LinkQuality Bad =
        new() { Loss = 0.05, Duplication = 0.05, Reordering = 0.2, LatencyMax = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Ninety_nine_of_a_hundred_messages_reach_all_within_three_heartbeats(int seed)
    {
        GossipNetwork network = Started(seed, Good);
        network.PublishMany(1_000, perHeartbeat: 20, bytes: 1_000, new(seed));
        network.Run(4);
        Figures figures = Report(network, $"seed {seed}, sound links");
        Assert.True(figures.Within(ThreeHeartbeats) >= 0.99, figures.Line("too slow"));
        AssertOnce(network);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void They_do_where_one_frame_in_twenty_is_lost_and_others_come_twice_or_out_of_order(int seed)
    {
        GossipNetwork network = Started(seed, Bad);
        network.PublishMany(1_000, perHeartbeat: 20, bytes: 1_000, new(seed));
        network.Run(4);
        Figures figures = Report(network, $"seed {seed}, 5 % lost, 5 % doubled, 20 % overtaking");
        Assert.True(network.Network.Counts.Lost > 1_000);
        Assert.True(figures.Within(ThreeHeartbeats) >= 0.99, figures.Line("too slow"));
        AssertOnce(network);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void They_do_on_each_side_of_a_partition_that_holds_together_and_everywhere_once_it_has_healed(int seed)
    {
        // Eight neighbours each, so that both sides hold together.
        GossipNetwork network = Started(seed, Good, degree: 8);
        int[] left = Everybody[..10], right = Everybody[10..];
        network.Network.Partition(left, right);
        network.PublishMany(250, perHeartbeat: 20, bytes: 1_000, new(seed), left);
        network.PublishMany(250, perHeartbeat: 20, bytes: 1_000, new(seed), right);
        network.Run(4);
        Publication[] parted = [.. network.Published];
        Figures onLeft = new(network, parted.Where(message => message.Node < 10), left);
        Figures onRight = new(network, parted.Where(message => message.Node >= 10), right);
        output.WriteLine(onLeft.Line($"seed {seed}, partition, one side"));
        output.WriteLine(onRight.Line($"seed {seed}, partition, other side"));
        Assert.True(onLeft.Within(ThreeHeartbeats) >= 0.99 && onRight.Within(ThreeHeartbeats) >= 0.99);
        Assert.All(parted.Where(message => message.Node < 10), message =>
            Assert.All(right, node => Assert.False(network.Nodes[node].Received.ContainsKey(message.Id))));

        network.Network.Heal();
        network.PublishMany(500, perHeartbeat: 20, bytes: 1_000, new(seed));
        network.Run(4);
        Figures healed = new(network, network.Published.Skip(parted.Length), Everybody);
        output.WriteLine(healed.Line($"seed {seed}, healed"));
        Assert.True(healed.Within(ThreeHeartbeats) >= 0.99, healed.Line("too slow"));
        AssertOnce(network);
    }

    [Fact]
    public void What_was_said_last_before_a_partition_healed_is_gossiped_over_afterwards()
    {
        GossipNetwork network = Started(5, Good, degree: 14);
        network.Network.Partition(Everybody[..10], Everybody[10..]);
        network.Publish(3, 1_000);
        network.Run(0.2);
        network.Network.Heal();
        network.Run(3);
        Assert.Equal(Nodes - 1, network.Nodes.Count(node => node.Received.ContainsKey(network.Published[0].Id)));
    }

    [Fact]
    public void One_seed_is_one_run()
    {
        Assert.Equal(Trace(7), Trace(7));
        Assert.NotEqual(Trace(7), Trace(8));

        static string Trace(int seed)
        {
            GossipNetwork network = Started(seed, Bad);
            network.PublishMany(100, perHeartbeat: 20, bytes: 500, new(seed));
            return string.Join(';', network.Nodes.Select(Line));
        }

        static string Line(GossipNode node) =>
            string.Join(',', node.Received.Values.Select(got => got.At.Ticks).Append(node.Router.Counters.BytesSent));
    }

    [Fact]
    public void Without_a_seen_cache_messages_are_delivered_more_than_once()
    {
        GossipNetwork network = Started(1, Good, rules: new BrokenRules.NothingIsADuplicate(), nodes: 6);
        network.Publish(0, 1_000);
        // Few steps: what nobody remembers goes round for ever.
        network.Run(0.2);
        Assert.Contains(network.Nodes, node => node.Received.Values.Any(got => got.Times > 1));
    }

    [Fact]
    public void Without_forwarding_by_gossip_a_lost_message_stays_lost()
    {
        // All links lose everything that is longer than control: the one way round is IHAVE and IWANT later on.
        Assert.True(ReachedAfterLoss(new()) == Nodes - 1);
        Assert.True(ReachedAfterLoss(new() { DegreeLazy = 0, GossipFactor = 0 }) < Nodes - 1);

        static int ReachedAfterLoss(GossipParameters parameters)
        {
            GossipNetwork network = new(5, Nodes, 14, Good, parameters);
            network.Run(5);
            network.Network.Partition([3], Everybody[..3], Everybody[4..]);
            network.Publish(3, 1_000);
            network.Run(0.2);
            network.Network.Heal();
            network.Run(4);
            return network.Nodes.Count(node => node.Received.ContainsKey(network.Published[0].Id));
        }
    }

    private static GossipNetwork Started(
        int seed, LinkQuality quality, int degree = Degree, GossipRules? rules = null, int nodes = Nodes)
    {
        GossipNetwork network = new(seed, nodes, degree, quality, rules: rules);
        network.Run(5);
        return network;
    }

    private static void AssertOnce(GossipNetwork network)
    {
        Assert.All(network.Nodes, node => Assert.All(node.Received.Values, got => Assert.Equal(1, got.Times)));
        Assert.All(network.Nodes, node => Assert.Equal(0, node.Disconnects));
    }

    private Figures Report(GossipNetwork network, string name)
    {
        Figures figures = new(network, network.Published, Everybody);
        output.WriteLine(figures.Line(name));
        return figures;
    }
}

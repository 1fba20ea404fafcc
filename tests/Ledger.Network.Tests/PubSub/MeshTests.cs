using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Meshes: size, quotas, back-off, fan-out.</summary>
public sealed class MeshTests
{
    private static readonly GossipParameters Parameters = new();

    [Fact]
    public void A_mesh_grows_to_its_degree_and_grafts_are_said()
    {
        Bench bench = new Bench().With(peers: 20);
        Assert.Empty(bench.Router.MeshOf(Bench.Topic));
        List<GossipEffect> effects = bench.Beat();
        Assert.Equal(Parameters.Degree, bench.Router.MeshOf(Bench.Topic).Count);
        int grafted = Enumerable.Range(0, 20)
            .Count(peer => bench.Sent(effects, peer).Any(rpc => rpc.Graft is [Bench.Topic]));
        Assert.Equal(Parameters.Degree, grafted);
    }

    [Fact]
    public void Joining_a_topic_grafts_at_once_whoever_is_in_it()
    {
        Bench bench = new();
        for (int peer = 0; peer < 10; peer++)
            bench.Connect(peer, outbound: true, Bench.Topic);
        bench.Step(new GossipInput.Subscribe(Bench.Topic));
        Assert.Equal(Parameters.Degree, bench.Router.MeshOf(Bench.Topic).Count);
    }

    [Fact]
    public void A_new_peer_is_told_our_topics_and_all_are_told_of_changes()
    {
        Bench bench = new Bench().With(peers: 1, "a", "b");
        List<Rpc> told = bench.Sent(bench.Effects, 0);
        Assert.Equal([new("a", true), new("b", true)], told.SelectMany(rpc => rpc.Subscriptions));
        List<GossipEffect> left = bench.Step(new GossipInput.Unsubscribe("a"));
        Assert.Equal([new RpcSubscription("a", false)], bench.Sent(left, 0).Single().Subscriptions);
    }

    [Fact]
    public void Leaving_prunes_the_mesh_with_the_short_backoff()
    {
        Bench bench = new Bench().With(peers: 3);
        bench.Beat();
        List<GossipEffect> effects = bench.Step(new GossipInput.Unsubscribe(Bench.Topic));
        Assert.Equal([new RpcPrune(Bench.Topic, 10)], bench.Sent(effects, 0).Single().Prune);
        Assert.Empty(bench.Router.MeshOf(Bench.Topic));
    }

    [Fact]
    public void A_full_mesh_lets_in_only_whom_we_dialled()
    {
        Bench bench = FullMesh();
        Assert.Empty(Refused(bench, peer: 40, outbound: true));
        Assert.Equal([new RpcPrune(Bench.Topic, 60)], Refused(bench, peer: 41, outbound: false));
        Assert.Equal(1, bench.Router.Counters[DropReason.GraftFull]);

        Assert.Empty(Refused(FullMesh(new BrokenRules.AMeshIsNeverFull()), peer: 41, outbound: false));
    }

    [Fact]
    public void An_overfull_mesh_is_pruned_to_its_degree_and_keeps_outbound_places()
    {
        int kept = OutboundKept(GossipRules.Sound);
        Assert.True(kept >= Parameters.DegreeOut, $"{kept} kept");
        // Twelve inbound peers have the better score: without the quota they take all places.
        Assert.True(OutboundKept(new BrokenRules.NoPlaceIsKeptForOutbound()) < Parameters.DegreeOut);

        static int OutboundKept(GossipRules rules)
        {
            Bench bench = FullMesh(rules);
            for (int peer = 0; peer < 12; peer++)
                bench.Step(new GossipInput.PeerAppraised(Bench.Peer(peer), 5));
            Refused(bench, 40, outbound: true);
            Refused(bench, 42, outbound: true);
            Assert.Equal(14, bench.Router.MeshOf(Bench.Topic).Count);
            // Four of six places go by score; the quota decides about the two that are drawn.
            bench.Beat();
            Assert.Equal(Parameters.Degree, bench.Router.MeshOf(Bench.Topic).Count);
            return bench.Router.MeshOf(Bench.Topic).Count(name => name.Text is "p040" or "p042");
        }
    }

    [Fact]
    public void A_mesh_without_enough_outbound_peers_grafts_some()
    {
        Bench bench = new();
        bench.Step(new GossipInput.Subscribe(Bench.Topic));
        for (int peer = 0; peer < 6; peer++)
        {
            bench.Connect(peer, outbound: false, Bench.Topic);
            bench.Hear(peer, rpc => rpc.Graft(Bench.Topic));
        }
        bench.Connect(10, outbound: true, Bench.Topic);
        bench.Connect(11, outbound: true, Bench.Topic);
        bench.Beat();
        Assert.Contains(Bench.Peer(10), bench.Router.MeshOf(Bench.Topic));
        Assert.Contains(Bench.Peer(11), bench.Router.MeshOf(Bench.Topic));
    }

    [Fact]
    public void A_pruned_peer_is_not_grafted_before_its_backoff_has_passed()
    {
        Assert.Equal([false, true], GraftedAgain(GossipRules.Sound));
        Assert.Equal([true, true], GraftedAgain(new BrokenRules.BackoffIsForgotten()));

        static bool[] GraftedAgain(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 1);
            bench.Beat();
            bench.Hear(0, rpc => rpc.Prune(Bench.Topic, TimeSpan.FromSeconds(20)));
            Assert.Empty(bench.Router.MeshOf(Bench.Topic));
            bench.Beat(15);
            bool early = bench.Router.MeshOf(Bench.Topic).Count > 0;
            bench.Beat(10);
            return [early, bench.Router.MeshOf(Bench.Topic).Count > 0];
        }
    }

    [Fact]
    public void A_graft_in_the_backoff_is_refused_and_counts_against_the_peer()
    {
        (int connected, long refused) = GraftEagerly(GossipRules.Sound);
        Assert.True(refused > 0);
        Assert.Equal(0, connected);
        Assert.Equal((1, 0L), GraftEagerly(new BrokenRules.BackoffIsForgotten()));

        // Twice the penalty within ten seconds of the PRUNE: five are more than what is forgiven.
        static (int Connected, long Refused) GraftEagerly(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 1);
            bench.Hear(0, rpc => rpc.Graft(Bench.Topic));
            for (int i = 0; i < 5; i++)
            {
                bench.Hear(0, rpc => rpc.Prune(Bench.Topic, TimeSpan.FromSeconds(60)));
                bench.Hear(0, rpc => rpc.Graft(Bench.Topic));
            }
            return (bench.Router.Peers.Count, bench.Router.Counters[DropReason.GraftInBackoff]);
        }
    }

    [Fact]
    public void A_graft_for_a_topic_that_is_not_ours_gets_no_answer()
    {
        Bench bench = new Bench().With(peers: 1);
        Assert.Empty(bench.Hear(0, rpc => rpc.Graft("other")).OfType<GossipEffect.Send>());
        Assert.Equal(1, bench.Router.Counters[DropReason.GraftUnknownTopic]);
    }

    [Fact]
    public void A_backoff_that_a_peer_names_is_bounded()
    {
        Bench bench = new Bench().With(peers: 1);
        bench.Beat();
        // 2^64 - 1 seconds, as the wire allows.
        byte[] prune = new ProtoWriter().Text(1, Bench.Topic).Varint(3, ulong.MaxValue).ToArray();
        bench.Hear(0, new ProtoWriter().Bytes(3, new ProtoWriter().Bytes(4, prune).ToArray()).ToArray());
        bench.Beat(3_599);
        Assert.Empty(bench.Router.MeshOf(Bench.Topic));
        bench.Beat(3);
        Assert.Single(bench.Router.MeshOf(Bench.Topic));
    }

    [Fact]
    public void Own_messages_go_to_everybody_in_the_topic_unless_flooding_is_off()
    {
        Assert.Equal(20, Recipients(new(), subscribed: true));
        Assert.Equal(20, Recipients(new(), subscribed: false));
        Assert.Equal(6, Recipients(new() { FloodPublish = false }, subscribed: true));
        Assert.Equal(6, Recipients(new() { FloodPublish = false }, subscribed: false));

        static int Recipients(GossipParameters parameters, bool subscribed)
        {
            Bench bench = new(parameters);
            for (int peer = 0; peer < 20; peer++)
                bench.Connect(peer, outbound: false, Bench.Topic);
            bench.Connect(20, outbound: false, "other");
            if (subscribed)
                bench.Step(new GossipInput.Subscribe(Bench.Topic));
            return bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(1))).OfType<GossipEffect.Send>().Count();
        }
    }

    [Fact]
    public void A_fanout_is_kept_gossips_and_is_forgotten_when_nothing_was_published_for_a_while()
    {
        Bench bench = new(new() { FloodPublish = false });
        for (int peer = 0; peer < 20; peer++)
            bench.Connect(peer, outbound: false, Bench.Topic);
        PeerName[] first = Publish(1);
        Assert.Equal(first, Publish(2));
        Assert.Contains(bench.Beat().OfType<GossipEffect.Send>(), sent => bench.Read(sent.Rpc).IHave.Count > 0);
        bench.Beat(70);
        Assert.NotEqual(first, Publish(3));

        PeerName[] Publish(int number) =>
            [.. bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(number))).OfType<GossipEffect.Send>()
                .Select(sent => sent.Peer).Order()];
    }

    [Fact]
    public void Parameters_that_contradict_each_other_are_refused() =>
        Assert.Throws<ArgumentException>(() => new Bench(new() { DegreeLow = 7 }));

    private static Bench FullMesh(GossipRules? rules = null)
    {
        Bench bench = new(rules: rules);
        bench.Step(new GossipInput.Subscribe(Bench.Topic));
        for (int peer = 0; peer < 12; peer++)
        {
            bench.Connect(peer, outbound: false, Bench.Topic);
            Assert.Empty(bench.Hear(peer, rpc => rpc.Graft(Bench.Topic)));
        }
        return bench;
    }

    private static List<RpcPrune> Refused(Bench bench, int peer, bool outbound)
    {
        bench.Connect(peer, outbound, Bench.Topic);
        List<GossipEffect> effects = bench.Hear(peer, rpc => rpc.Graft(Bench.Topic));
        return [.. bench.Sent(effects, peer).SelectMany(rpc => rpc.Prune)];
    }
}

using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.Tests.PubSub;

/// <summary>What a peer does wrong lowers its score until it is let go; without the rule it stays.</summary>
public sealed class MisconductTests
{
    [Fact]
    public void Messages_in_a_topic_that_is_not_ours_count_until_the_peer_is_let_go()
    {
        Assert.Equal(DisconnectReason.Graylisted, EndOf(GossipRules.Sound));
        Assert.Null(EndOf(new BrokenRules.EveryTopicIsOurs()));
        Assert.Null(EndOf(new BrokenRules.EverybodyScoresWell()));

        static DisconnectReason? EndOf(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 1);
            bench.Hear(0, Bench.Data(0), Verdict.Accept);
            Assert.Single(bench.Delivered);
            for (int i = 1; i <= 12; i++)
                bench.Hear(0, new RpcMessage("other", Bench.Data(i)));
            return Reason(bench);
        }
    }

    [Fact]
    public void Who_cannot_know_yet_that_we_left_a_topic_is_not_blamed()
    {
        Bench bench = new Bench().With(peers: 1, Bench.Topic, "other");
        bench.Step(new GossipInput.Unsubscribe("other"));
        for (int i = 0; i < 20; i++)
            bench.Hear(0, new RpcMessage("other", Bench.Data(i)));
        Assert.Equal(0, bench.Router.ScoreOf(Bench.Peer(0)));
        Assert.Equal(20, bench.Router.Counters[DropReason.WrongTopic]);
    }

    [Fact]
    public void Oversize_messages_count_until_the_peer_is_let_go()
    {
        Assert.Equal(DisconnectReason.Graylisted, EndOf(GossipRules.Sound));
        Assert.Null(EndOf(new BrokenRules.AnySizePasses()));

        static DisconnectReason? EndOf(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 1);
            bench.Hear(0, Bench.Data(0, 65_536), Verdict.Accept);
            Assert.Single(bench.Delivered);
            for (int i = 1; i <= 4; i++)
                bench.Hear(0, new RpcMessage(Bench.Topic, Bench.Data(i, 65_537)));
            Assert.Equal(rules == GossipRules.Sound ? 1 : 5, bench.Delivered.Count());
            return Reason(bench);
        }
    }

    [Fact]
    public void Messages_that_the_application_rejects_count_for_all_who_sent_them()
    {
        Bench bench = new Bench().With(peers: 3);
        for (int i = 0; i < 4; i++)
        {
            List<GossipEffect> effects = bench.Hear(0, new RpcMessage(Bench.Topic, Bench.Data(i)));
            GossipEffect.Deliver asked = effects.OfType<GossipEffect.Deliver>().FirstOrDefault()
                ?? throw new InvalidOperationException("not asked");
            bench.Hear(1, new RpcMessage(Bench.Topic, Bench.Data(i)));
            bench.Step(new GossipInput.Validated(asked.Message, Verdict.Reject));
            if (!bench.IsConnected(0))
                break;
        }
        Assert.False(bench.IsConnected(0));
        Assert.False(bench.IsConnected(1));
        Assert.True(bench.IsConnected(2));
    }

    [Fact]
    public void A_message_once_rejected_counts_again_for_who_brings_it_again()
    {
        Bench bench = new Bench().With(peers: 2);
        bench.Hear(0, Bench.Data(1), Verdict.Reject);
        bench.Hear(1, Bench.Data(1), Verdict.Reject);
        Assert.Equal(bench.Router.ScoreOf(Bench.Peer(0)), bench.Router.ScoreOf(Bench.Peer(1)));
        Assert.True(bench.Router.ScoreOf(Bench.Peer(1)) < 0);
    }

    [Fact]
    public void Fields_of_a_signed_message_do_not_belong_where_messages_are_not_signed()
    {
        Bench bench = new Bench().With(peers: 1);
        RpcMessage plain = new(Bench.Topic, Bench.Data(1));
        RpcMessage[] signed =
        [
            plain with { From = new byte[] { 1 } }, plain with { SequenceNumber = new byte[8] },
            plain with { Signature = new byte[] { 1 } }, plain with { Key = ReadOnlyMemory<byte>.Empty },
        ];
        foreach (RpcMessage message in signed)
            bench.Hear(0, message);
        Assert.Empty(bench.Delivered);
        Assert.Equal(3, bench.Router.Counters[DropReason.SignatureForm]);
        Assert.Equal(DisconnectReason.Graylisted, Reason(bench));
    }

    [Fact]
    public void Bytes_that_are_no_rpc_end_the_connection_at_once_and_coming_back_does_not_help()
    {
        Bench bench = new Bench().With(peers: 2);
        bench.Hear(0, [0x0a, 0x05, 0x01]);
        Assert.Equal(DisconnectReason.Malformed, Reason(bench));
        bench.Step(new GossipInput.RpcTooLong(Bench.Peer(1)));
        Assert.Empty(bench.Router.Peers);
        List<GossipEffect> back =
            bench.Step(new GossipInput.PeerConnected(Bench.Peer(0), PubSubProtocol.Meshsub11, Outbound: false));
        Assert.Equal([new GossipEffect.Disconnect(Bench.Peer(0), DisconnectReason.Graylisted)], back);
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        Assert.Empty(bench.Delivered);
        Assert.Equal(1, bench.Router.Counters[DropReason.UnknownPeer]);
    }

    [Fact]
    public void A_peer_with_a_bad_score_gets_no_gossip_is_not_heeded_and_leaves_the_mesh()
    {
        Bench bench = new Bench().With(peers: 3);
        bench.Beat();
        Assert.Equal(3, bench.Router.MeshOf(Bench.Topic).Count);
        bench.Step(new GossipInput.PeerAppraised(Bench.Peer(0), -20));
        bench.Beat();
        Assert.Equal([Bench.Peer(1), Bench.Peer(2)], bench.Router.MeshOf(Bench.Topic));
        bench.Hear(1, Bench.Data(1), Verdict.Accept);
        Assert.Empty(bench.Sent(bench.Beat(), 0));
        MessageId id = new StrictNoSign().IdOf(new(Bench.Topic, Bench.Data(1)));
        Assert.Empty(bench.Hear(0, rpc => rpc.IWant([id])));
        Assert.Empty(bench.Hear(0, rpc => rpc.IHave(Bench.Topic, [new(new byte[32])])));
        List<GossipEffect> grafted = bench.Hear(0, rpc => rpc.Graft(Bench.Topic));
        Assert.Single(bench.Sent(grafted, 0).Single().Prune);

        bench.Step(new GossipInput.PeerAppraised(Bench.Peer(0), -60));
        List<GossipEffect> own = bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(2)));
        Assert.Equal([Bench.Peer(1), Bench.Peer(2)], own.OfType<GossipEffect.Send>().Select(sent => sent.Peer));
        bench.Step(new GossipInput.PeerAppraised(Bench.Peer(0), -90));
        Assert.False(bench.IsConnected(0));
    }

    [Fact]
    public void A_mesh_of_poor_peers_grafts_better_ones_once_a_minute()
    {
        Bench bench = new Bench().With(peers: 20);
        bench.Beat();
        PeerName[] before = [.. bench.Router.MeshOf(Bench.Topic)];
        for (int peer = 0; peer < 20; peer++)
        {
            if (!before.Contains(Bench.Peer(peer)))
                bench.Step(new GossipInput.PeerAppraised(Bench.Peer(peer), 15));
        }
        bench.Beat(58);
        Assert.Equal(before, bench.Router.MeshOf(Bench.Topic));
        bench.Beat();
        Assert.Equal(before.Length + 2, bench.Router.MeshOf(Bench.Topic).Count);
    }

    private static DisconnectReason? Reason(Bench bench) =>
        bench.Effects.OfType<GossipEffect.Disconnect>().SingleOrDefault()?.Reason;
}

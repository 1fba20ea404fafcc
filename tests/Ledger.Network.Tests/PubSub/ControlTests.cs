using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.Tests.PubSub;

/// <summary>IHAVE and IWANT, their limits, and promises.</summary>
public sealed class ControlTests
{
    private static readonly StrictNoSign Policy = new();

    [Fact]
    public void Gossip_names_the_messages_of_three_heartbeats_to_peers_outside_the_mesh()
    {
        Bench bench = new Bench().With(peers: 20);
        bench.Beat();
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        for (int heartbeat = 0; heartbeat < 3; heartbeat++)
        {
            List<GossipEffect> effects = bench.Beat();
            PeerName[] told =
            [
                .. effects.OfType<GossipEffect.Send>()
                    .Where(sent => bench.Read(sent.Rpc).IHave.Count > 0)
                    .Select(sent => sent.Peer),
            ];
            Assert.Equal(6, told.Length);
            Assert.Empty(told.Intersect(bench.Router.MeshOf(Bench.Topic)));
        }
        Assert.DoesNotContain(bench.Beat().OfType<GossipEffect.Send>(), s => bench.Read(s.Rpc).IHave.Count > 0);
    }

    [Fact]
    public void What_is_named_and_missing_is_asked_for_and_what_is_asked_for_is_sent()
    {
        Bench bench = new Bench().With(peers: 2);
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        List<GossipEffect> effects = bench.Hear(1, rpc => rpc.IHave(Bench.Topic, [Id(1), Id(2)]));
        Assert.Equal([Id(2)], bench.Sent(effects, 1).Single().IWant);
        effects = bench.Hear(1, rpc => rpc.IWant([Id(1), Id(2)]));
        Assert.Equal(Bench.Data(1), bench.Sent(effects, 1).Single().Messages.Single().Data.ToArray());
        Assert.Equal(1, bench.Router.Counters[DropReason.IWantUnknown]);
        Assert.Empty(bench.Sent(bench.Hear(1, rpc => rpc.IHave("other", [Id(3)])), 1));
    }

    [Fact]
    public void A_message_can_be_asked_for_during_five_heartbeats()
    {
        Bench bench = new Bench().With(peers: 2);
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        bench.Beat(4);
        Assert.Single(bench.Sent(bench.Hear(1, rpc => rpc.IWant([Id(1)])), 1));
        bench.Beat();
        Assert.Empty(bench.Sent(bench.Hear(1, rpc => rpc.IWant([Id(1)])), 1));
    }

    [Fact]
    public void One_message_is_sent_three_times_to_one_peer_that_asks_for_it()
    {
        Assert.Equal(3, Answers(GossipRules.Sound));
        Assert.Equal(10, Answers(new BrokenRules.EveryIWantIsAnswered()));

        static int Answers(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 2);
            bench.Hear(0, Bench.Data(1), Verdict.Accept);
            return Enumerable.Range(0, 10).Sum(_ => bench.Sent(bench.Hear(1, rpc => rpc.IWant([Id(1)])), 1).Count);
        }
    }

    [Fact]
    public void An_answer_to_an_iwant_of_ours_fits_an_rpc()
    {
        Bench bench = new Bench().With(peers: 1);
        MessageId[] ids = [.. Enumerable.Range(0, 40).Select(Id)];
        List<GossipEffect> effects = bench.Hear(0, rpc => rpc.IHave(Bench.Topic, [.. ids]));
        List<Rpc> asked = bench.Sent(effects, 0);
        Assert.Equal(40, asked.Sum(rpc => rpc.IWant.Count));
        Assert.All(asked, rpc => Assert.True(
            rpc.IWant.Count * (bench.Limits.MessageBytesMax + 512) <= bench.Limits.Rpc.RpcBytesMax));
    }

    [Fact]
    public void Between_two_heartbeats_a_peer_is_heeded_so_often_and_asked_for_so_much()
    {
        (int asked, long over) = Flood(GossipRules.Sound);
        Assert.Equal(8 * 15, asked);
        Assert.True(over > 0);
        Assert.Equal(40 * 30, Flood(new BrokenRules.GossipHasNoLimit()).Asked);

        static (int Asked, long Over) Flood(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 1);
            int asked = 0;
            for (int i = 0; i < 40; i++)
            {
                List<MessageId> ids = [.. Enumerable.Range(i * 30, 30).Select(Id)];
                asked += bench.Sent(bench.Hear(0, rpc => rpc.IHave(Bench.Topic, ids)), 0).Sum(rpc => rpc.IWant.Count);
            }
            return (asked, bench.Router.Counters[DropReason.IHaveOverLimit]);
        }
    }

    [Fact]
    public void A_peer_may_ask_for_so_many_ids_between_two_heartbeats()
    {
        Bench bench = new Bench(limits: new() { WantedPerHeartbeatMax = 10 }).With(peers: 1);
        bench.Hear(0, rpc => rpc.IWant([.. Enumerable.Range(0, 50).Select(Id)]));
        Assert.Equal(10, bench.Router.Counters[DropReason.IWantUnknown]);
        Assert.Equal(1, bench.Router.Counters[DropReason.IWantOverLimit]);
        bench.Beat();
        bench.Hear(0, rpc => rpc.IWant([Id(1)]));
        Assert.Equal(11, bench.Router.Counters[DropReason.IWantUnknown]);
    }

    [Fact]
    public void A_promise_that_is_not_kept_counts_against_who_made_it_and_one_kept_by_another_does_not()
    {
        Assert.False(StaysConnected(GossipRules.Sound, kept: false));
        Assert.True(StaysConnected(GossipRules.Sound, kept: true));
        Assert.True(StaysConnected(new BrokenRules.PromisesAreForgiven(), kept: false));

        static bool StaysConnected(GossipRules rules, bool kept)
        {
            Bench bench = new Bench(rules: rules).With(peers: 2);
            for (int i = 0; i < 12; i++)
            {
                int number = i;
                bench.Hear(0, rpc => rpc.IHave(Bench.Topic, [Id(number)]));
                if (kept)
                    bench.Hear(1, Bench.Data(number), Verdict.Accept);
                bench.Beat();
            }
            bench.Beat(4);
            Assert.Equal(kept, bench.Router.Counters[DropReason.PromiseBroken] == 0);
            return bench.IsConnected(0);
        }
    }

    private static MessageId Id(int number) => Policy.IdOf(new(Bench.Topic, Bench.Data(number)));
}

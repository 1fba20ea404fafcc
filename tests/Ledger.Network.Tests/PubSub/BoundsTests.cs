using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Tables;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Memory stays under a stated bound, whatever peers do, and others notice nothing.</summary>
public sealed class BoundsTests
{
    private static readonly GossipLimits Small = new()
    {
        PeersMax = 8, QueueBytesPerPeerMax = 200_000, UrgentBytesPerPeerMax = 20_000, QueueBytesMax = 1_000_000,
        PendingBytesMax = 300_000, PendingBytesPerPeerMax = 150_000, HistoryBytesMax = 500_000, HistoryCountMax = 1_000,
        SeenMax = 2_000, ServedMax = 500, PromisesMax = 300, BackoffsMax = 50, RetainedScoresMax = 20,
    };

    [Fact]
    public void Peers_that_never_read_are_bounded_and_let_go_while_others_get_everything()
    {
        Bench bench = new Bench(limits: Small) { Reads = false }.With(peers: 8);
        Dictionary<PeerName, int> got = [];
        for (int i = 0; i < 400; i++)
        {
            List<GossipEffect> effects = bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(i, 5_000)));
            // Peers 0 to 3 read, 4 to 7 do not.
            foreach (GossipEffect.Send sent in effects.OfType<GossipEffect.Send>())
            {
                if (string.CompareOrdinal(sent.Peer.Text, "p004") < 0)
                {
                    bench.Step(new GossipInput.RpcWritten(sent.Peer));
                    got[sent.Peer] = got.GetValueOrDefault(sent.Peer) + bench.Read(sent.Rpc).Messages.Count;
                }
            }
            if (i % 10 == 9)
                ReadAll(bench.Beat());
            Assert.True(bench.Router.Footprint <= Small.FootprintMax);
            bench.Effects.RemoveAll(effect => effect is not GossipEffect.Disconnect);
        }
        for (int peer = 0; peer < 4; peer++)
            Assert.Equal(400, got[Bench.Peer(peer)]);
        Assert.True(bench.Router.Counters[DropReason.QueueFull] > 0);
        Assert.Equal(
            Enumerable.Repeat(DisconnectReason.Stalled, 4),
            bench.Effects.OfType<GossipEffect.Disconnect>().Select(disconnect => disconnect.Reason));
        Assert.Equal(4, bench.Router.Peers.Count);

        void ReadAll(List<GossipEffect> effects)
        {
            foreach (GossipEffect.Send sent in effects.OfType<GossipEffect.Send>())
            {
                if (string.CompareOrdinal(sent.Peer.Text, "p004") < 0)
                    bench.Step(new GossipInput.RpcWritten(sent.Peer));
            }
        }
    }

    [Fact]
    public void Without_the_bound_of_a_queue_one_peer_that_never_reads_takes_all_memory()
    {
        Assert.True(Held(GossipRules.Sound) <= Small.FootprintMax);
        Assert.True(Held(new BrokenRules.QueuesAreEndless()) > Small.FootprintMax);

        static long Held(GossipRules rules)
        {
            Bench bench = new Bench(limits: Small, rules: rules) { Reads = false }.With(peers: 1);
            for (int i = 0; i < 2_000; i++)
                bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(i, 5_000)));
            return bench.Router.Footprint;
        }
    }

    [Fact]
    public void Messages_of_a_topic_that_goes_first_are_judged_while_others_are_too_many()
    {
        Assert.True(IsJudged(GossipRules.Sound));
        Assert.False(IsJudged(new BrokenRules.NothingGoesFirst()));

        static bool IsJudged(GossipRules rules)
        {
            Bench bench = Flooded(rules);
            for (int i = 0; bench.Router.Counters[DropReason.PendingFull] == 0; i++)
                bench.Hear(0, new RpcMessage(Bench.Topic, Bench.Data(i, 5_000)));
            return bench.Hear(0, new RpcMessage("consensus", Bench.Data(-1, 5_000)))
                .OfType<GossipEffect.Deliver>().Any(asked => asked.Message.Topic == "consensus");
        }
    }

    [Fact]
    public void Messages_of_a_topic_that_goes_first_overtake_all_that_waits_for_a_peer()
    {
        Assert.Equal(0, WaitedFor(GossipRules.Sound));
        Assert.Null(WaitedFor(new BrokenRules.NothingGoesFirst()));

        // Messages that went to the peer before that of consensus, after what was under way; null if it is lost.
        static int? WaitedFor(GossipRules rules)
        {
            Bench bench = Flooded(rules);
            bench.Reads = false;
            for (int i = 0; bench.Router.Counters[DropReason.QueueFull] == 0; i++)
                bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(i, 5_000)));
            bench.Step(new GossipInput.Publish("consensus", Bench.Data(-1, 5_000)));
            List<RpcMessage> sent = [];
            while (bench.Step(new GossipInput.RpcWritten(Bench.Peer(0))) is { Count: > 0 } effects)
                sent.AddRange(bench.Sent(effects, 0).SelectMany(rpc => rpc.Messages));
            int at = sent.FindIndex(message => message.Topic == "consensus");
            Assert.True(bench.Router.Footprint <= Small.FootprintMax);
            return at < 0 ? null : at;
        }
    }

    private static Bench Flooded(GossipRules rules) => new Bench(
        new() { First = new HashSet<string>(StringComparer.Ordinal) { "consensus" } }, Small, rules: rules)
        .With(1, Bench.Topic, "consensus");

    [Fact]
    public void A_frame_in_many_queues_exists_once()
    {
        QueueBudget budget = new();
        OutgoingQueue[] queues = [.. Enumerable.Range(0, 5).Select(_ => new OutgoingQueue(Small, new(), budget))];
        OutgoingFrame frame = new(new byte[1_000]);
        Assert.All(queues, queue => Assert.True(queue.TryAddMessage(frame)));
        Assert.Equal(frame.Cost, budget.Bytes);
        foreach (OutgoingQueue queue in queues)
        {
            Assert.True(queue.TryNext(out _));
            queue.Written();
            queue.Written();
        }
        Assert.Equal(0, budget.Bytes);
        Assert.True(queues[0].IsEmpty);
    }

    [Fact]
    public void Control_overtakes_messages_and_few_frames_are_under_way()
    {
        OutgoingQueue queue = new(Small, new(), new());
        for (int i = 0; i < 20; i++)
            Assert.True(queue.TryAddMessage(new(new byte[] { 1 })));
        Assert.True(queue.TryAddUrgent(new(new byte[] { 2, 2 })));
        Assert.True(queue.TryNext(out OutgoingFrame? first));
        Assert.Equal(2, first.Length);
        int more = 0;
        while (queue.TryNext(out _))
            more++;
        Assert.Equal(Small.FramesInFlightMax - 1, more);
    }

    [Fact]
    public void Floods_of_every_kind_keep_the_bound_and_the_sound_peer_is_served()
    {
        Bench bench = new Bench(limits: Small).With(peers: 1);
        int next = 1;
        for (int round = 0; round < 3_000; round++)
        {
            int hostile = next;
            if (!bench.IsConnected(hostile))
                bench.Connect(hostile = ++next, outbound: false, Bench.Topic);
            switch (round % 6)
            {
                case 0:
                    bench.Hear(hostile, new RpcMessage(Bench.Topic, Bench.Data(round, 60_000)));
                    break;
                case 1:
                    string topic = new string('x', 100) + round;
                    bench.Hear(hostile, rpc => Repeat(60, i => rpc.Subscription($"{topic} {i}", subscribe: true)));
                    break;
                case 2:
                    bench.Hear(hostile, rpc => rpc.IHave(Bench.Topic, Ids(round)));
                    break;
                case 3:
                    bench.Hear(hostile, rpc => rpc.IWant(Ids(round)));
                    break;
                case 4:
                    bench.Hear(hostile, rpc => Repeat(60, i => rpc.Graft(i % 2 == 0 ? Bench.Topic : $"{round} {i}")));
                    break;
                default:
                    bench.Hear(hostile, rpc => Repeat(60, _ => rpc.Prune(Bench.Topic, TimeSpan.FromDays(1))));
                    break;
            }
            if (round % 20 == 0)
            {
                bench.Beat();
                List<GossipEffect> effects = bench.Hear(0, Bench.Data(-round - 1, 500), Verdict.Accept);
                Assert.Single(effects.OfType<GossipEffect.Deliver>());
            }
            bench.Effects.Clear();
            Assert.True(bench.Router.Footprint <= Small.FootprintMax);
        }
        Assert.True(bench.IsConnected(0));
        Assert.True(bench.Router.ScoreOf(Bench.Peer(0)) > 0);

        static List<MessageId> Ids(int round) =>
            [.. Enumerable.Range(0, 500).Select(i => new MessageId(Bench.Data(round * 500 + i, 64)))];

        static void Repeat(int count, Action<int> action)
        {
            for (int i = 0; i < count; i++)
                action(i);
        }
    }

    [Fact]
    public void A_peer_too_many_is_told_so()
    {
        Bench bench = new Bench(limits: Small).With(peers: 8);
        List<GossipEffect> effects =
            bench.Step(new GossipInput.PeerConnected(Bench.Peer(9), PubSubProtocol.Meshsub11, Outbound: true));
        Assert.Equal([new GossipEffect.Disconnect(Bench.Peer(9), DisconnectReason.Full)], effects);
        bench.Step(new GossipInput.PeerGone(Bench.Peer(0)));
        bench.Connect(9, outbound: true);
        Assert.True(bench.IsConnected(9));
    }

    [Fact]
    public void The_history_keeps_to_its_bytes_the_oldest_leave_first()
    {
        GossipCounters counters = new();
        MessageHistory history = new(new(), Small with { HistoryBytesMax = 2_500 }, counters);
        for (int i = 0; i < 5; i++)
            history.Put(Held(i));
        Assert.Equal(3, counters[DropReason.HistoryEvicted]);
        Assert.False(history.TryFind(Held(2).Key, out _));
        Assert.True(history.TryFind(Held(4).Key, out _));
        Assert.Equal(2, history.GossipIds(Bench.Topic, 10).Count);

        static HeldMessage Held(int i) =>
            new(new(Bench.Topic, new(new[] { (byte)i })), new(new byte[1_000]), from: null, author: null);
    }

    [Fact]
    public void The_bound_of_the_published_limits_is_stated()
    {
        // 64 MiB of history, 128 MiB of queues, 16 MiB unjudged, and tables.
        Assert.InRange(new GossipLimits().FootprintMax, 208L << 20, 280L << 20);
    }
}

using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Messages: once to the application, judged before they are passed on, in their own topic.</summary>
public sealed class MessageTests
{
    [Fact]
    public void A_message_is_delivered_once_however_often_it_comes()
    {
        Assert.Equal(1, Deliveries(GossipRules.Sound));
        Assert.Equal(6, Deliveries(new BrokenRules.NothingIsADuplicate()));

        static int Deliveries(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 3);
            for (int time = 0; time < 2; time++)
            {
                for (int peer = 0; peer < 3; peer++)
                    bench.Hear(peer, Bench.Data(1), Verdict.Accept);
            }
            return bench.Delivered.Count();
        }
    }

    [Fact]
    public void Our_own_message_does_not_come_back_to_us()
    {
        Bench bench = new Bench().With(peers: 2);
        bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(1)));
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        Assert.Empty(bench.Delivered);
        bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(1)));
        Assert.Equal(1, bench.Router.Counters[DropReason.PublishedBefore]);
    }

    [Fact]
    public void What_was_said_before_goes_out_again_where_that_is_wanted()
    {
        Bench bench = new Bench().With(peers: 2);
        Assert.Equal(2, Sent(again: false));
        Assert.Equal(0, Sent(again: false));
        Assert.Equal(2, Sent(again: true));
        bench.Connect(2, outbound: true, Bench.Topic);
        Assert.Equal(3, Sent(again: true));
        bench.Hear(2, Bench.Data(1), Verdict.Accept);
        Assert.Empty(bench.Delivered);

        int Sent(bool again) => bench.Step(new GossipInput.Publish(Bench.Topic, Bench.Data(1), again))
            .OfType<GossipEffect.Send>().Count();
    }

    [Fact]
    public void A_copy_in_another_topic_does_not_shut_out_the_true_message()
    {
        Assert.Equal(["consensus", "records"], Topics(GossipRules.Sound));
        Assert.Equal([""], Topics(new BrokenRules.TheTopicDoesNotTellMessagesApart()));

        static string[] Topics(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 2, "consensus", "records");
            bench.Hear(0, Bench.Data(1), Verdict.Ignore, "consensus");
            bench.Hear(1, Bench.Data(1), Verdict.Accept, "records");
            return [.. bench.Delivered.Select(delivered => delivered.Message.Topic)];
        }
    }

    [Theory]
    [InlineData("Accept", 4)]
    [InlineData("Reject", 0)]
    [InlineData("Ignore", 0)]
    public void Only_what_was_accepted_is_passed_on_to_the_mesh_but_not_back(string verdict, int copies)
    {
        Bench bench = new Bench().With(peers: 5);
        bench.Beat();
        List<GossipEffect> effects = bench.Hear(1, Bench.Data(1), Enum.Parse<Verdict>(verdict));
        Assert.Equal(copies, effects.OfType<GossipEffect.Send>().Count());
        Assert.Empty(bench.Sent(effects, 1));
        Assert.All(effects.OfType<GossipEffect.Send>(), sent =>
            Assert.Equal(Bench.Data(1), bench.Read(sent.Rpc).Messages.Single().Data.ToArray()));
    }

    [Fact]
    public void Nothing_is_passed_on_before_the_application_has_judged_it()
    {
        Assert.Empty(Unjudged(GossipRules.Sound).OfType<GossipEffect.Send>());
        Assert.Equal(4, Unjudged(new BrokenRules.UnjudgedMessagesAreForwarded()).OfType<GossipEffect.Send>().Count());

        static List<GossipEffect> Unjudged(GossipRules rules)
        {
            Bench bench = new Bench(rules: rules).With(peers: 5);
            bench.Beat();
            return bench.Hear(1, new RpcMessage(Bench.Topic, Bench.Data(1)));
        }
    }

    [Fact]
    public void A_verdict_that_comes_too_late_or_twice_changes_nothing()
    {
        Bench bench = new Bench().With(peers: 5);
        bench.Beat();
        bench.Hear(1, new RpcMessage(Bench.Topic, Bench.Data(1)));
        GossipEffect.Deliver asked = Assert.Single(bench.Delivered);
        bench.Beat(31);
        Assert.Empty(bench.Step(new GossipInput.Validated(asked.Message, Verdict.Accept)));
        Assert.Equal(2, bench.Router.Counters[DropReason.JudgedTooLate]);
    }

    [Fact]
    public void What_waits_to_be_judged_is_bounded_for_each_peer_and_a_dropped_message_may_come_again()
    {
        GossipLimits limits = new() { PendingBytesPerPeerMax = 7_000 };
        Bench bench = new Bench(limits: limits).With(peers: 2);
        for (int i = 0; i < 10; i++)
            bench.Hear(0, new RpcMessage(Bench.Topic, Bench.Data(i, 900)));
        Assert.Equal(3, bench.Delivered.Count());
        Assert.Equal(7, bench.Router.Counters[DropReason.PendingFull]);
        bench.Hear(1, new RpcMessage(Bench.Topic, Bench.Data(9, 900)));
        Assert.Equal(4, bench.Delivered.Count());

        Bench endless = new Bench(limits: limits, rules: new BrokenRules.QueuesAreEndless()).With(peers: 1);
        for (int i = 0; i < 10; i++)
            endless.Hear(0, new RpcMessage(Bench.Topic, Bench.Data(i, 900)));
        Assert.Equal(10, endless.Delivered.Count());
    }

    [Fact]
    public void What_is_seen_is_forgotten_after_two_minutes_and_bounded_in_number()
    {
        Bench bench = new Bench().With(peers: 1);
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        bench.Beat(119);
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        Assert.Single(bench.Delivered);
        bench.Beat(3);
        bench.Hear(0, Bench.Data(1), Verdict.Accept);
        Assert.Equal(2, bench.Delivered.Count());

        Bench small = new Bench(limits: new() { SeenMax = 10 }).With(peers: 1);
        for (int i = 0; i < 25; i++)
            small.Hear(0, Bench.Data(i), Verdict.Accept);
        Assert.Equal(15, small.Router.Counters[DropReason.SeenEvicted]);
    }

    [Fact]
    public void The_callers_own_mistakes_are_said_to_the_caller()
    {
        Bench bench = new Bench().With(peers: 1);
        Assert.Throws<ArgumentException>(() => bench.Step(new GossipInput.Publish(Bench.Topic, new byte[65_537])));
        Assert.Throws<ArgumentException>(() => bench.Step(new GossipInput.Subscribe(new string('x', 129))));
        Assert.Throws<ArgumentException>(() => bench.Step(new GossipInput.Subscribe("")));
        Assert.Throws<ArgumentException>(() => bench.Router.Step(TimeSpan.Zero, new GossipInput.Tick(), []));
        for (int topic = 1; topic < 16; topic++)
            bench.Step(new GossipInput.Subscribe($"topic {topic}"));
        Assert.Throws<ArgumentException>(() => bench.Step(new GossipInput.Subscribe("one too many")));
        bench.Step(new GossipInput.Publish(Bench.Topic, new byte[65_536]));
    }
}

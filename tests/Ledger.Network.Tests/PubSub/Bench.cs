using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Scoring;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.Tests.PubSub;

/// <summary>One router under test, and peers that are nothing but what the test lets them say.</summary>
internal sealed class Bench
{
    internal const string Topic = "records";

    internal Bench(
        GossipParameters? parameters = null,
        GossipLimits? limits = null,
        ScoreParameters? scoring = null,
        SignaturePolicy? signatures = null,
        GossipRules? rules = null)
    {
        Limits = limits ?? new();
        Router = new(parameters ?? new(), Limits, scoring ?? new(), signatures ?? new StrictNoSign(), new(1), rules);
    }

    internal GossipRouter Router { get; }

    internal GossipLimits Limits { get; }

    internal TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>Every effect so far.</summary>
    internal List<GossipEffect> Effects { get; } = [];

    /// <summary>Whether frames are written at once; a peer that never reads leaves them.</summary>
    internal bool Reads { get; set; } = true;

    internal IEnumerable<GossipEffect.Deliver> Delivered => Effects.OfType<GossipEffect.Deliver>();

    internal static PeerName Peer(int number) => new($"p{number:d3}");

    internal static byte[] Data(int number, int bytes = 100)
    {
        byte[] data = new byte[bytes];
        new Random(number).NextBytes(data);
        return data;
    }

    /// <summary>A joined topic and so many peers in it, every second one dialled by us.</summary>
    internal Bench With(int peers, params string[] topics)
    {
        topics = topics.Length == 0 ? [Topic] : topics;
        foreach (string topic in topics)
            Step(new GossipInput.Subscribe(topic));
        for (int peer = 0; peer < peers; peer++)
            Connect(peer, outbound: peer % 2 == 0, topics);
        return this;
    }

    internal void Connect(int peer, bool outbound, params string[] topics)
    {
        Step(new GossipInput.PeerConnected(Peer(peer), PubSubProtocol.Meshsub11, outbound));
        foreach (string topic in topics)
            Hear(peer, rpc => rpc.Subscription(topic, subscribe: true));
    }

    /// <summary>What this one input led to.</summary>
    internal List<GossipEffect> Step(GossipInput input)
    {
        List<GossipEffect> effects = [];
        Router.Step(Now, input, effects);
        Effects.AddRange(effects);
        if (Reads)
        {
            foreach (GossipEffect.Send sent in effects.OfType<GossipEffect.Send>().ToArray())
                effects.AddRange(Step(new GossipInput.RpcWritten(sent.Peer)));
        }
        return effects;
    }

    internal List<GossipEffect> Hear(int peer, Action<ControlDraft> say)
    {
        ControlDraft draft = new();
        say(draft);
        return [.. draft.Take(PubSubProtocol.Meshsub11).SelectMany(rpc => Hear(peer, rpc))];
    }

    internal List<GossipEffect> Hear(int peer, byte[] rpc) => Step(new GossipInput.RpcHeard(Peer(peer), rpc));

    internal List<GossipEffect> Hear(int peer, RpcMessage message) => Hear(peer, message.Frame());

    /// <summary>A message of a peer, and the application's word on it where it is asked.</summary>
    internal List<GossipEffect> Hear(int peer, byte[] data, Verdict verdict, string topic = Topic)
    {
        List<GossipEffect> effects = Hear(peer, new RpcMessage(topic, data));
        foreach (GossipEffect.Deliver asked in effects.OfType<GossipEffect.Deliver>().ToArray())
            effects.AddRange(Step(new GossipInput.Validated(asked.Message, verdict)));
        return effects;
    }

    internal List<GossipEffect> Beat(int heartbeats = 1)
    {
        List<GossipEffect> effects = [];
        for (; heartbeats > 0; heartbeats--)
        {
            Wait(TimeSpan.FromSeconds(1));
            effects.AddRange(Step(new GossipInput.Tick()));
        }
        return effects;
    }

    internal void Wait(TimeSpan time) => Now += time;

    /// <summary>What was sent to a peer among these effects, parsed.</summary>
    internal List<Rpc> Sent(IEnumerable<GossipEffect> effects, int peer) =>
        [.. effects.OfType<GossipEffect.Send>().Where(sent => sent.Peer == Peer(peer)).Select(sent => Read(sent.Rpc))];

    internal Rpc Read(ReadOnlyMemory<byte> bytes)
    {
        Assert.True(RpcParser.TryParse(bytes, Limits.Rpc, out Rpc rpc, out string? fault), fault);
        return rpc;
    }

    internal bool IsConnected(int peer) => Router.Peers.Contains(Peer(peer));
}

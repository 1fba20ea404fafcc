using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Scoring;
using Ledger.TestKit.Simulation;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Many routers on a network in memory. A seed decides topology, latencies and each router's chance.</summary>
internal sealed class GossipNetwork
{
    internal const string Topic = "records";

    private static readonly TimeSpan Judging = TimeSpan.FromMilliseconds(2);
    private readonly GossipParameters _parameters;
    private readonly HashSet<(int, int)> _links = [];

    internal GossipNetwork(
        int seed, int nodes, int degree, LinkQuality quality,
        GossipParameters? parameters = null, GossipLimits? limits = null, GossipRules? rules = null)
    {
        _parameters = parameters ?? new();
        Network = new(seed, quality, (from, to, bytes) =>
        {
            if (_links.Contains((from, to)))
                Step(to, new GossipInput.RpcHeard(Name(from), bytes));
        });
        Nodes = [.. Enumerable.Range(0, nodes).Select(Node)];
        Random random = new(seed);
        foreach ((int dialler, int dialled) in Topology.Regular(nodes, degree, random))
            Link(dialler, dialled);
        for (int node = 0; node < nodes; node++)
        {
            int own = node;
            Step(own, new GossipInput.Subscribe(Topic));
            Network.Every(
                _parameters.Heartbeat * random.NextDouble(), _parameters.Heartbeat,
                () => Step(own, new GossipInput.Tick()));
        }

        GossipNode Node(int node) => new(new(
            _parameters, limits ?? new(), new ScoreParameters(), new StrictNoSign(), new(seed * 1_000 + node), rules));
    }

    internal VirtualNetwork Network { get; }

    internal GossipNode[] Nodes { get; }

    internal List<Publication> Published { get; } = [];

    internal static PeerName Name(int node) => new($"n{node:d3}");

    internal static int Number(PeerName name) => int.Parse(name.Text.AsSpan(1));

    internal void Link(int dialler, int dialled)
    {
        _links.Add((dialler, dialled));
        _links.Add((dialled, dialler));
        Step(dialler, new GossipInput.PeerConnected(Name(dialled), PubSubProtocol.Meshsub11, Outbound: true));
        Step(dialled, new GossipInput.PeerConnected(Name(dialler), PubSubProtocol.Meshsub11, Outbound: false));
    }

    /// <summary>Lets meshes form, and time pass.</summary>
    internal void Run(double heartbeats) => Network.RunUntil(Network.Now + _parameters.Heartbeat * heartbeats);

    internal Publication Publish(int node, int bytes)
    {
        byte[] data = new byte[bytes];
        new Random(Published.Count).NextBytes(data);
        Publication published = new(node, new StrictNoSign().IdOf(new(Topic, data)), Network.Now);
        Published.Add(published);
        Step(node, new GossipInput.Publish(Topic, data));
        return published;
    }

    /// <summary>Publishes from random nodes at an even pace.</summary>
    internal void PublishMany(int count, int perHeartbeat, int bytes, Random random, IReadOnlyList<int>? from = null)
    {
        for (int i = 0; i < count; i++)
        {
            int node = from is null ? random.Next(Nodes.Length) : from[random.Next(from.Count)];
            Publish(node, bytes);
            Run(1.0 / perHeartbeat);
        }
    }

    internal void Step(int node, GossipInput input)
    {
        List<GossipEffect> effects = [];
        Nodes[node].Router.Step(Network.Now, input, effects);
        foreach (GossipEffect effect in effects)
            CarryOut(node, effect);
    }

    private void CarryOut(int node, GossipEffect effect)
    {
        switch (effect)
        {
            case GossipEffect.Send send:
                Network.Send(node, Number(send.Peer), send.Rpc);
                Step(node, new GossipInput.RpcWritten(send.Peer));
                break;
            case GossipEffect.Deliver deliver:
                Nodes[node].Note(deliver.Message.Id, Network.Now);
                Network.After(Judging, () => Step(node, new GossipInput.Validated(deliver.Message, Verdict.Accept)));
                break;
            case GossipEffect.Disconnect disconnect:
                int other = Number(disconnect.Peer);
                _links.Remove((node, other));
                _links.Remove((other, node));
                Nodes[node].Disconnects++;
                Step(other, new GossipInput.PeerGone(Name(node)));
                break;
        }
    }
}

/// <summary>A router, and what its application was given: when first, and how often.</summary>
internal sealed class GossipNode(GossipRouter router)
{
    internal GossipRouter Router { get; } = router;

    internal Dictionary<MessageId, (TimeSpan At, int Times)> Received { get; } = [];

    internal int Disconnects { get; set; }

    internal void Note(MessageId id, TimeSpan now) => Received[id] =
        Received.TryGetValue(id, out (TimeSpan At, int Times) before) ? (before.At, before.Times + 1) : (now, 1);
}

/// <summary>A message that somebody published.</summary>
internal sealed record Publication(int Node, MessageId Id, TimeSpan At);

/// <summary>How messages spread among some nodes.</summary>
internal sealed class Figures
{
    private readonly TimeSpan?[] _toAll;

    internal Figures(GossipNetwork network, IEnumerable<Publication> published, IReadOnlyCollection<int> among)
    {
        _toAll = [.. published.Select(message => ToAll(network, message, among)).Order()];
        Deliveries = network.Nodes.Sum(node => (long)node.Received.Count);
        Copies = network.Nodes.Sum(node => node.Router.Counters[DropReason.Duplicate]);
    }

    internal int Messages => _toAll.Length;

    internal long Deliveries { get; }

    internal long Copies { get; }

    internal double Within(TimeSpan limit) => (double)_toAll.Count(time => time <= limit) / Messages;

    /// <summary>The time in which this share of the messages reached everybody; null where it never did.</summary>
    internal TimeSpan? At(double share)
    {
        int unreached = _toAll.Count(time => time is null);
        TimeSpan?[] order = [.. _toAll.Where(time => time is not null), .. new TimeSpan?[unreached]];
        return order[Math.Min(Messages - 1, (int)(share * Messages))];
    }

    internal string Line(string name) =>
        $"{name}: {Messages} messages, to all within 3 heartbeats {Within(TimeSpan.FromSeconds(3)):p2}, "
        + $"median {Text(At(0.5))}, 99 % {Text(At(0.99))}, slowest {Text(At(1))}, "
        + $"{(double)Copies / Deliveries:f2} copies dropped per message delivered";

    private static string Text(TimeSpan? time) => time is { } known ? $"{known.TotalMilliseconds:f0} ms" : "never";

    private static TimeSpan? ToAll(GossipNetwork network, Publication message, IReadOnlyCollection<int> among)
    {
        TimeSpan last = TimeSpan.Zero;
        foreach (int node in among.Where(node => node != message.Node))
        {
            if (!network.Nodes[node].Received.TryGetValue(message.Id, out (TimeSpan At, int Times) got))
                return null;
            last = got.At - message.At > last ? got.At - message.At : last;
        }
        return last;
    }
}

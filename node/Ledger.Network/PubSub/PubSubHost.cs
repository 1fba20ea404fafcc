using System.Collections.Concurrent;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.PubSub.Scoring;

namespace Ledger.Network.PubSub;

/// <summary>
/// Gossipsub over the streams of a host: the router decides, this carries out. Thread-safe. Disposing ends its tasks and
/// leaves the host as it is.
/// </summary>
public sealed partial class PubSubHost : IAsyncDisposable
{
    /// <summary><c>/meshsub/1.1.0</c>, and the version before, which is a part of it.</summary>
    internal const string Protocol = "/meshsub/1.1.0";
    internal const string ProtocolBefore = "/meshsub/1.0.0";

    private readonly PeerHost _host;
    private readonly PubSubOptions _options;
    private readonly GossipRouter _router;
    private readonly Lock _gate = new();
    private readonly List<GossipEffect> _effects = [];
    private readonly ConcurrentDictionary<PeerName, Session> _sessions = new();
    private readonly Dictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private readonly OwnedTasks _tasks = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _startedAt;

    private PubSubHost(PeerHost host, PubSubOptions options)
    {
        (_host, _options) = (host, options);
        _startedAt = options.Time.GetTimestamp();
        // Chance from the system: who is grafted and who is asked must not be foreseen.
        _router = new(options.Gossip, options.Limits, options.Scoring, Policy(options), new Random(), options.Rules);
    }

    /// <summary>What was delivered, passed on and dropped since the start.</summary>
    public PubSubFigures Figures
    {
        get
        {
            lock (_gate)
            {
                GossipCounters counters = _router.Counters;
                return new(
                    counters.Delivered, counters.Published, counters.Forwarded, counters.BytesSent,
                    _router.QueuedBytes, _router.Footprint,
                    counters.Dropped.ToDictionary(drop => drop.Key.ToString(), drop => drop.Value));
            }
        }
    }

    /// <summary>Speaks gossipsub on a host, with peers that are connected and those to come.</summary>
    public static PubSubHost Start(PeerHost host, PubSubOptions options)
    {
        PubSubHost pubsub = new(host, options);
        host.Handle(Protocol, pubsub.HearAsync);
        host.Handle(ProtocolBefore, pubsub.HearAsync);
        host.Observe(pubsub.Changed);
        pubsub._tasks.TryRun(pubsub.BeatAsync);
        return pubsub;
    }

    /// <summary>Joins a topic. Messages are given to the judge each once, in the order they came.</summary>
    /// <param name="atOnce">How many the judge may be at; with 1, the next one waits for the verdict.</param>
    /// <exception cref="ArgumentException">The topic is joined already, is too long, or is one too many.</exception>
    public void Join(string topic, MessageJudge judge, int atOnce = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(atOnce);
        Topic joined = new(judge, atOnce);
        lock (_gate)
        {
            if (_topics.ContainsKey(topic))
                throw new ArgumentException($"The topic {topic} is joined already.", nameof(topic));
            Apply(new GossipInput.Subscribe(topic));
            _topics.Add(topic, joined);
        }
        _tasks.TryRun(() => JudgeAsync(joined));
    }

    /// <summary>Leaves a topic; what waits for its judge is dropped.</summary>
    public void Leave(string topic)
    {
        lock (_gate)
        {
            if (!_topics.Remove(topic, out Topic? left))
                return;
            left.Waiting.Writer.Complete();
            Apply(new GossipInput.Unsubscribe(topic));
        }
    }

    /// <summary>
    /// Says something to everybody in a topic. It is given to the peers' queues, or dropped and counted where one is
    /// full; it does not come back to this node's own judge.
    /// </summary>
    /// <param name="data">At most 64 KiB; not changed afterwards.</param>
    /// <param name="again">
    /// Whether it goes out even where it was said in the last two minutes; else that is dropped and counted.
    /// </param>
    /// <exception cref="ArgumentException">The data or the topic are too long.</exception>
    public void Publish(string topic, ReadOnlyMemory<byte> data, bool again = false) =>
        Locked(new GossipInput.Publish(topic, data, again));

    /// <summary>P5: what the application thinks of a connected peer; its score moves by this.</summary>
    public void Appraise(PeerId peer, double value) => Locked(new GossipInput.PeerAppraised(NameOf(peer), value));

    /// <summary>Stops speaking gossipsub, and waits until nothing runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        _host.Handle(Protocol, null);
        _host.Handle(ProtocolBefore, null);
        await _tasks.DrainAsync();
        _stop.Dispose();
    }

    /// <summary>What gossip with one peer came to; null for a peer that is not connected or speaks none.</summary>
    public PeerFigures? FiguresOf(PeerId peer)
    {
        lock (_gate)
            return _router.FiguresOf(NameOf(peer));
    }

    /// <summary>Tasks that run now: none once this is disposed.</summary>
    internal int TaskCount => _tasks.Count;

    internal double ScoreOf(PeerId peer)
    {
        lock (_gate)
            return _router.ScoreOf(NameOf(peer));
    }

    internal int MeshSize(string topic)
    {
        lock (_gate)
            return _router.MeshOf(topic).Count;
    }

    private static PeerName NameOf(PeerId peer) => new(peer.ToString());

    private static SignaturePolicy Policy(PubSubOptions options)
    {
        if (options.Signer is not { } key)
            return new StrictNoSign();
        PeerSignatures signatures = new(key);
        return new StrictSign(
            signatures, signatures, (ulong)options.Time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000);
    }

    private async Task BeatAsync()
    {
        using PeriodicTimer timer = new(_options.Gossip.Heartbeat, _options.Time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
            Locked(new GossipInput.Tick());
    }

    private async Task JudgeAsync(Topic topic)
    {
        await foreach (GossipEffect.Deliver asked in topic.Waiting.Reader.ReadAllAsync(_stop.Token))
        {
            PeerId from = PeerId.TryParse(asked.From.Text, out PeerId? peer)
                ? peer
                : throw new InvalidOperationException($"{asked.From} is no peer id.");
            PeerId? author = asked.Author is { } bytes && PeerId.TryParse(bytes.Span, out PeerId? signed) ? signed : null;
            await topic.Places.WaitAsync(_stop.Token);
            // Begun here, so that the judge hears in order; the verdict may take longer than that of the next.
            ValueTask<Verdict> judging = topic.Judge(new(asked.Message.Topic, asked.Data, from, author), _stop.Token);
            if (judging.IsCompleted || !_tasks.TryRun(() => ConcludeAsync(topic, asked.Message, judging)))
                await ConcludeAsync(topic, asked.Message, judging);
        }
    }

    private async Task ConcludeAsync(Topic topic, MessageKey message, ValueTask<Verdict> judging)
    {
        try
        {
            Locked(new GossipInput.Validated(message, await judging));
        }
        finally
        {
            topic.Places.Release();
        }
    }

    private void Locked(GossipInput input)
    {
        lock (_gate)
            Apply(input);
    }

    /// <summary>One step of the router, and its effects: none of them waits. Under the gate.</summary>
    private void Apply(GossipInput input)
    {
        _effects.Clear();
        _router.Step(_options.Time.GetElapsedTime(_startedAt), input, _effects);
        foreach (GossipEffect effect in _effects)
        {
            switch (effect)
            {
                case GossipEffect.Send send when _sessions.TryGetValue(send.Peer, out Session? session):
                    session.Outgoing.Writer.TryWrite(send.Rpc);
                    break;
                case GossipEffect.Deliver deliver when _topics.TryGetValue(deliver.Message.Topic, out Topic? topic):
                    topic.Waiting.Writer.TryWrite(deliver);
                    break;
                case GossipEffect.Disconnect end when _sessions.TryGetValue(end.Peer, out Session? session):
                    session.End($"The peer was let go by gossip: {end.Reason}.");
                    break;
            }
        }
    }
}

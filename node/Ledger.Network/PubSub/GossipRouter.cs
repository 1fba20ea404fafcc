using Ledger.Network.PubSub.Scoring;
using Ledger.Network.PubSub.Tables;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <summary>
/// Gossipsub v1.1: what happens goes in, what to do comes out. Time and chance are inputs; the same inputs in the same
/// order give the same effects. It has no lock: one caller at a time.
/// </summary>
/// <remarks>
/// Source: libp2p specifications, pubsub, gossipsub v1.0 and v1.1. Peer exchange is left out: peers of a consortium
/// know each other's addresses from elsewhere, so a PRUNE of ours offers none and those of others are passed over.
/// </remarks>
internal sealed partial class GossipRouter
{
    private readonly GossipParameters _parameters;
    private readonly GossipLimits _limits;
    private readonly ScoreParameters _scoring;
    private readonly SignaturePolicy _signatures;
    private readonly GossipRules _rules;
    private readonly Random _random;

    private readonly SortedDictionary<PeerName, PeerLink> _peers = [];
    private readonly SortedDictionary<string, Mesh> _mesh = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Fanout> _fanout = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _leftAt = new(StringComparer.Ordinal);
    private readonly PeerScores _scores;
    private readonly SeenCache _seen;
    private readonly MessageHistory _history;
    private readonly PromiseBook _promises;
    private readonly BackoffTable _backoffs;
    private readonly QueueBudget _budget = new();
    private readonly Dictionary<MessageKey, PendingMessage> _pending = [];
    private readonly Queue<PendingMessage> _pendingByAge = [];
    private readonly SortedSet<PeerName> _touched = [];
    private TimeSpan _now;
    private List<GossipEffect> _effects = [];
    private readonly PendingBytes _pendingBytes = new();
    private long _heartbeats;

    /// <param name="random">Where chance comes from; nobody else draws from it.</param>
    /// <exception cref="ArgumentException">Parameters contradict each other.</exception>
    internal GossipRouter(
        GossipParameters parameters,
        GossipLimits limits,
        ScoreParameters scoring,
        SignaturePolicy signatures,
        Random random,
        GossipRules? rules = null)
    {
        parameters.Check();
        (_parameters, _limits, _scoring, _signatures) = (parameters, limits, scoring, signatures);
        (_random, _rules) = (random, rules ?? GossipRules.Sound);
        _scores = new(scoring, limits.RetainedScoresMax);
        _seen = new(limits.SeenMax, parameters.SeenFor, Counters);
        _history = new(parameters, limits, Counters);
        _promises = new(limits.PromisesMax);
        _backoffs = new(limits.BackoffsMax);
    }

    internal GossipCounters Counters { get; } = new();

    internal IReadOnlyCollection<PeerName> Peers => _peers.Keys;

    /// <summary>
    /// Bytes that the router holds, tables counted by entry; at most <see cref="GossipLimits.FootprintMax"/>.
    /// </summary>
    internal long Footprint
    {
        get
        {
            int entryBytes = GossipLimits.EntryBytes;
            long entries = _history.Count + (long)_seen.Count + _history.Served + _promises.Count + _backoffs.Count;
            long topics = _peers.Values.Sum(peer => (long)peer.Topics.Count);
            return _budget.Bytes + _pendingBytes.All + _history.Bytes
                + entries * (entryBytes + _limits.Rpc.IdBytesMax)
                + topics * (entryBytes + 2 * _limits.Rpc.TopicBytesMax)
                + ((long)_peers.Count + _scores.Topics) * entryBytes;
        }
    }

    /// <summary>What there is to say about a connected peer; null for another.</summary>
    internal PeerFigures? FiguresOf(PeerName name) => _peers.TryGetValue(name, out PeerLink? peer)
        ? new(ScoreOf(name), peer.Queue.Bytes, peer.Unsent, peer.Unheard, peer.Blamed)
        : null;

    /// <summary>Bytes that wait for peers or are under way to them.</summary>
    internal long QueuedBytes => _budget.Bytes;

    internal double ScoreOf(PeerName peer) => _rules.Score(_scores.Of(peer));

    /// <summary>The mesh of a topic; empty for one that this node did not join.</summary>
    internal IReadOnlyCollection<PeerName> MeshOf(string topic) =>
        _mesh.TryGetValue(topic, out Mesh? mesh) ? mesh : [];

    /// <summary>One input, and the effects that it has, in order, added to a list.</summary>
    /// <param name="now">Time since any moment, the same for all calls; never less than in the call before.</param>
    /// <exception cref="ArgumentException">
    /// The caller asks for what cannot be: a topic too many or too long, data too long, time that runs backwards.
    /// </exception>
    internal void Step(TimeSpan now, GossipInput input, List<GossipEffect> effects)
    {
        if (now < _now)
            throw new ArgumentException("Time runs backwards.", nameof(now));
        (_now, _effects) = (now, effects);
        switch (input)
        {
            case GossipInput.PeerConnected connected:
                Connect(connected);
                break;
            case GossipInput.PeerGone gone:
                Forget(gone.Peer);
                break;
            case GossipInput.RpcHeard heard:
                Hear(heard);
                break;
            case GossipInput.RpcTooLong heard:
                Misbehave(heard.Peer, DropReason.RpcTooLong);
                break;
            case GossipInput.RpcWritten written when _peers.TryGetValue(written.Peer, out PeerLink? peer):
                peer.Queue.Written();
                peer.AliveAt = now;
                _touched.Add(peer.Name);
                break;
            case GossipInput.Tick:
                Beat();
                break;
            case GossipInput.Publish publish:
                Publish(publish);
                break;
            case GossipInput.Validated validated:
                Judge(validated.Message, validated.Verdict);
                break;
            case GossipInput.Subscribe subscribe:
                Join(subscribe.Topic);
                break;
            case GossipInput.Unsubscribe unsubscribe:
                Leave(unsubscribe.Topic);
                break;
            case GossipInput.PeerAppraised appraised when _peers.ContainsKey(appraised.Peer):
                _scores.Appraise(appraised.Peer, appraised.Value);
                LetGoIfGraylisted(appraised.Peer);
                break;
        }
        Flush();
        if (_rules == GossipRules.Sound && Footprint > _limits.FootprintMax)
            throw new InvalidOperationException($"The router holds {Footprint} of {_limits.FootprintMax} bytes.");
    }

    private void Connect(GossipInput.PeerConnected connected)
    {
        // A second connection replaces the first: its queue and what it told are void.
        Forget(connected.Peer);
        if (_peers.Count == _limits.PeersMax)
        {
            _effects.Add(new GossipEffect.Disconnect(connected.Peer, DisconnectReason.Full));
            return;
        }
        OutgoingQueue queue = new(_limits, _rules, _budget);
        PeerLink peer = new(connected.Peer, connected.Protocol, connected.Outbound, queue) { AliveAt = _now };
        _peers.Add(peer.Name, peer);
        _scores.Connected(peer.Name, connected.Address);
        foreach (string topic in _mesh.Keys)
            Draft(peer).Subscription(topic, subscribe: true);
        LetGoIfGraylisted(peer.Name);
    }

    private void Forget(PeerName name)
    {
        if (!_peers.Remove(name, out PeerLink? peer))
            return;
        foreach (Mesh mesh in _mesh.Values)
            mesh.Remove(name);
        foreach (Fanout fanout in _fanout.Values)
            fanout.Peers.Remove(name);
        peer.Queue.Clear();
        _touched.Remove(name);
        _scores.Gone(name, _now);
    }

    private void LetGo(PeerName name, DisconnectReason reason)
    {
        if (!_peers.ContainsKey(name))
            return;
        Forget(name);
        _effects.Add(new GossipEffect.Disconnect(name, reason));
    }

    private void LetGoIfGraylisted(PeerName name)
    {
        if (_peers.ContainsKey(name) && ScoreOf(name) < _scoring.GraylistThreshold)
            LetGo(name, DisconnectReason.Graylisted);
    }

    /// <summary>What cannot be read is never an accident between sound implementations.</summary>
    private void Misbehave(PeerName name, DropReason reason)
    {
        Counters.Drop(_peers.ContainsKey(name) ? reason : DropReason.UnknownPeer);
        if (!_peers.ContainsKey(name))
            return;
        _scores.Penalise(name, _scoring.BehaviourThreshold + 3);
        LetGo(name, DisconnectReason.Malformed);
    }

    private void Hear(GossipInput.RpcHeard heard)
    {
        if (!_peers.TryGetValue(heard.Peer, out PeerLink? peer))
        {
            Counters.Drop(DropReason.UnknownPeer);
            return;
        }
        if (!RpcParser.TryParse(heard.Bytes, _limits.Rpc, out Rpc rpc, out _))
        {
            Misbehave(heard.Peer, DropReason.RpcMalformed);
            return;
        }
        foreach (RpcSubscription subscription in rpc.Subscriptions)
            HearSubscription(peer, subscription);
        foreach (RpcMessage message in rpc.Messages)
        {
            // A peer that was let go half-way through what it said is heard no further.
            if (_peers.ContainsKey(peer.Name))
                HearMessage(peer, message);
        }
        if (_peers.ContainsKey(peer.Name))
            HearControl(peer, rpc);
        LetGoIfGraylisted(peer.Name);
    }

    private ControlDraft Draft(PeerLink peer)
    {
        _touched.Add(peer.Name);
        return peer.Draft;
    }

    /// <summary>Turns drafts into frames, and hands out what queues may hand out.</summary>
    private void Flush()
    {
        foreach (PeerName name in _touched.ToArray())
        {
            if (!_peers.TryGetValue(name, out PeerLink? peer))
                continue;
            bool stalled = false;
            if (!peer.Draft.IsEmpty)
            {
                foreach (byte[] rpc in peer.Draft.Take(peer.Protocol))
                    stalled |= !peer.Queue.TryAddUrgent(new(rpc));
            }
            if (stalled)
            {
                LetGo(name, DisconnectReason.Stalled);
                continue;
            }
            while (peer.Queue.TryNext(out OutgoingFrame? frame))
            {
                Counters.RpcsSent++;
                Counters.BytesSent += frame.Length;
                _effects.Add(new GossipEffect.Send(name, frame.Bytes));
            }
        }
        _touched.Clear();
    }

    /// <summary>Peers that whole messages of a topic go to, and come from.</summary>
    private sealed class Mesh(string topic) : SortedSet<PeerName>
    {
        /// <summary>The one copy of the topic's name that tables refer to.</summary>
        internal string Topic { get; } = topic;
    }

    /// <summary>Peers that our messages go to in a topic that this node did not join.</summary>
    private sealed class Fanout
    {
        internal SortedSet<PeerName> Peers { get; } = [];

        internal TimeSpan PublishedAt { get; set; }
    }

    private sealed record PendingMessage(HeldMessage Message, SeenMessage Seen, PeerLink From, int Cost, bool First)
    {
        /// <summary>The data stand in the frame and, once more, with the application.</summary>
        internal static int CostOf(ReadOnlyMemory<byte> data) => 2 * (data.Length + 2 * GossipLimits.EntryBytes);
    }
}

using Ledger.Network.PubSub.Tables;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <summary>A connected peer: what it told us, what waits for it, and what it did since the last heartbeat.</summary>
internal sealed class PeerLink(PeerName name, PubSubProtocol protocol, bool outbound, OutgoingQueue queue)
{
    internal PeerName Name { get; } = name;

    internal PubSubProtocol Protocol { get; } = protocol;

    internal bool Outbound { get; } = outbound;

    internal OutgoingQueue Queue { get; } = queue;

    internal SortedSet<string> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>What is said to the peer at the end of this step.</summary>
    internal ControlDraft Draft { get; } = new();

    /// <summary>Bytes of its messages that the application has not judged.</summary>
    internal PendingBytes Pending { get; } = new();

    internal int IHaves { get; set; }

    /// <summary>Ids asked of it.</summary>
    internal int Asked { get; set; }

    internal int IWantsSent { get; set; }

    /// <summary>Ids it asked for.</summary>
    internal int Wanted { get; set; }

    /// <summary>When it last took something, or had nothing to take.</summary>
    internal TimeSpan AliveAt { get; set; }

    /// <summary>Messages that were not sent to it because too many waited.</summary>
    internal long Unsent { get; set; }

    /// <summary>Messages of it that nobody judged because too many waited.</summary>
    internal long Unheard { get; set; }

    /// <summary>Messages of it that were wrong.</summary>
    internal long Blamed { get; set; }

    internal void BeginHeartbeat() => IHaves = Asked = IWantsSent = Wanted = 0;
}

/// <summary>Control and subscriptions gathered during one step, and the RPCs that carry them.</summary>
internal sealed class ControlDraft
{
    private readonly List<(string Topic, bool Subscribe)> _subscriptions = [];
    private readonly List<string> _grafts = [];
    private readonly List<(string Topic, TimeSpan Backoff)> _prunes = [];
    private readonly List<(string Topic, List<MessageId> Ids)> _haves = [];
    private readonly List<List<MessageId>> _wants = [];

    internal bool IsEmpty =>
        _subscriptions.Count + _grafts.Count + _prunes.Count + _haves.Count + _wants.Count == 0;

    internal void Subscription(string topic, bool subscribe) => _subscriptions.Add((topic, subscribe));

    internal void Graft(string topic) => _grafts.Add(topic);

    internal void Prune(string topic, TimeSpan backoff) => _prunes.Add((topic, backoff));

    internal void IHave(string topic, List<MessageId> ids) => _haves.Add((topic, ids));

    internal void IWant(List<MessageId> ids) => _wants.Add(ids);

    /// <summary>
    /// Takes everything out: subscriptions and links in one RPC, each IHAVE and each IWANT in one of its own, since
    /// those are long.
    /// </summary>
    internal IEnumerable<byte[]> Take(PubSubProtocol protocol)
    {
        List<byte[]> rpcs = [];
        ProtoWriter links = new();
        foreach (string topic in _grafts)
            links.Bytes(3, new ProtoWriter().Text(1, topic).ToArray());
        foreach ((string topic, TimeSpan backoff) in _prunes)
        {
            ProtoWriter prune = new ProtoWriter().Text(1, topic);
            if (protocol == PubSubProtocol.Meshsub11)
                prune.Varint(3, (ulong)Math.Ceiling(backoff.TotalSeconds));
            links.Bytes(4, prune.ToArray());
        }
        ProtoWriter first = new();
        foreach ((string topic, bool subscribe) in _subscriptions)
            first.Bytes(1, new ProtoWriter().Varint(1, subscribe ? 1u : 0u).Text(2, topic).ToArray());
        if (links.Length > 0)
            first.Bytes(3, links.ToArray());
        if (first.Length > 0)
            rpcs.Add(first.ToArray());

        foreach ((string topic, List<MessageId> ids) in _haves)
            rpcs.Add(Control(1, Ids(new ProtoWriter().Text(1, topic), 2, ids)));
        foreach (List<MessageId> ids in _wants)
            rpcs.Add(Control(2, Ids(new(), 1, ids)));
        _subscriptions.Clear();
        _grafts.Clear();
        _prunes.Clear();
        _haves.Clear();
        _wants.Clear();
        return rpcs;
    }

    private static byte[] Control(int kind, ProtoWriter part) =>
        new ProtoWriter().Bytes(3, new ProtoWriter().Bytes(kind, part.ToArray()).ToArray()).ToArray();

    private static ProtoWriter Ids(ProtoWriter into, int field, List<MessageId> ids)
    {
        foreach (MessageId id in ids)
            into.Bytes(field, id.Bytes.Span);
        return into;
    }
}

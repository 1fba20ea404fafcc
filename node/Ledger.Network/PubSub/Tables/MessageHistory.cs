using System.Diagnostics.CodeAnalysis;

namespace Ledger.Network.PubSub.Tables;

/// <summary>
/// The messages of the last heartbeats: what gossip names and IWANT is answered from. The oldest leave first, by age
/// and when there are too many bytes.
/// </summary>
/// <remarks>Source: gossipsub v1.0, "Message Cache".</remarks>
internal sealed class MessageHistory(GossipParameters parameters, GossipLimits limits, GossipCounters counters)
{
    private readonly Dictionary<MessageKey, HeldMessage> _messages = [];
    private readonly Queue<HeldMessage> _byAge = [];
    private long _window;

    internal long Bytes { get; private set; }

    internal int Count => _byAge.Count;

    /// <summary>How often which peer got which message by IWANT: entries in all messages together.</summary>
    internal int Served { get; private set; }

    internal void Put(HeldMessage message)
    {
        message.Window = _window;
        if (!_messages.TryAdd(message.Key, message))
            return;
        _byAge.Enqueue(message);
        Bytes += message.Frame.Cost;
        while (Bytes > limits.HistoryBytesMax || Count > limits.HistoryCountMax)
        {
            RemoveOldest();
            counters.Drop(DropReason.HistoryEvicted);
        }
    }

    internal bool TryFind(MessageKey key, [NotNullWhen(true)] out HeldMessage? message) =>
        _messages.TryGetValue(key, out message);

    /// <summary>Counts one more delivery to a peer: how many that makes, or null when no more can be counted.</summary>
    internal int? Serve(HeldMessage message, PeerName peer)
    {
        message.Served ??= [];
        if (!message.Served.TryGetValue(peer, out int times))
        {
            if (Served == limits.ServedMax)
                return null;
            Served++;
        }
        return message.Served[peer] = times + 1;
    }

    /// <summary>Ids to gossip about a topic, the newest first.</summary>
    internal List<MessageId> GossipIds(string topic, int max) =>
    [
        .. _byAge.Where(held => held.Window > _window - parameters.HistoryGossip && held.Key.Topic == topic)
            .Select(held => held.Key.Id)
            .Reverse()
            .Take(max),
    ];

    /// <summary>Begins a new window at a heartbeat.</summary>
    internal void Shift()
    {
        _window++;
        while (_byAge.TryPeek(out HeldMessage? oldest) && oldest.Window <= _window - parameters.HistoryLength)
            RemoveOldest();
    }

    private void RemoveOldest()
    {
        HeldMessage oldest = _byAge.Dequeue();
        _messages.Remove(oldest.Key);
        Bytes -= oldest.Frame.Cost;
        Served -= oldest.Served?.Count ?? 0;
    }
}

/// <summary>A message that is passed on as it came: the RPC that holds it alone, and its data inside of that.</summary>
internal sealed class HeldMessage(MessageKey key, OutgoingFrame frame, PeerName? from, ReadOnlyMemory<byte>? author)
{
    internal MessageKey Key { get; } = key;

    internal OutgoingFrame Frame { get; } = frame;

    /// <summary>Who sent it first; null for our own.</summary>
    internal PeerName? From { get; } = from;

    internal ReadOnlyMemory<byte>? Author { get; } = author;

    /// <summary>The heartbeat in which it entered the history.</summary>
    internal long Window { get; set; }

    /// <summary>Times that each peer got it by IWANT.</summary>
    internal Dictionary<PeerName, int>? Served { get; set; }
}

namespace Ledger.Network.PubSub.Tables;

/// <summary>Messages seen in the last minutes, the oldest first out, by age and when there are too many.</summary>
internal sealed class SeenCache(int max, TimeSpan keptFor, GossipCounters counters)
{
    private readonly Dictionary<MessageKey, SeenMessage> _entries = [];
    private readonly Queue<SeenMessage> _byAge = [];
    private readonly List<SeenMessage> _recent = [];

    internal int Count => _entries.Count;

    internal SeenMessage? Find(MessageKey key) => _entries.GetValueOrDefault(key);

    /// <summary>Remembers a message; one remembered before begins anew.</summary>
    internal SeenMessage Add(MessageKey key, TimeSpan now)
    {
        if (_byAge.Count == max)
        {
            counters.Drop(DropReason.SeenEvicted);
            Remove(_byAge.Dequeue());
        }
        SeenMessage entry = new(key with { Id = key.Id.Owned() }, now);
        _entries[entry.Key] = entry;
        _byAge.Enqueue(entry);
        _recent.Add(entry);
        return entry;
    }

    /// <summary>Forgets what is too old, and who sent copies of what was judged long enough ago.</summary>
    internal void Expire(TimeSpan now)
    {
        while (_byAge.TryPeek(out SeenMessage? oldest) && oldest.SeenAt + keptFor <= now)
            Remove(_byAge.Dequeue());
        _recent.RemoveAll(entry => entry.JudgedAt is not null);
    }

    private void Remove(SeenMessage entry)
    {
        if (_entries.TryGetValue(entry.Key, out SeenMessage? held) && held == entry)
            _entries.Remove(entry.Key);
    }
}

/// <summary>A message that was seen, what became of it, and who else sent it while that was open.</summary>
internal sealed class SeenMessage(MessageKey key, TimeSpan seenAt)
{
    internal MessageKey Key { get; } = key;

    internal TimeSpan SeenAt { get; } = seenAt;

    internal TimeSpan? JudgedAt { get; private set; }

    internal Verdict Verdict { get; private set; }

    /// <summary>Peers whose copy came in time to count; at most one entry a peer. Emptied by the verdict.</summary>
    internal List<PeerName> Copies { get; } = [];

    internal void Judge(Verdict verdict, TimeSpan now)
    {
        Verdict = verdict;
        JudgedAt = now;
    }
}

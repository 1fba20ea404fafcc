namespace Ledger.Network.PubSub.Tables;

/// <summary>One id of each IHAVE that was answered with IWANT: who named it must deliver it, or another.</summary>
/// <remarks>Source: gossipsub v1.1, "Spam Protection Measures".</remarks>
internal sealed class PromiseBook(int max)
{
    private readonly Dictionary<MessageKey, List<PeerName>> _promised = [];
    private readonly Queue<(TimeSpan Until, MessageKey Key, PeerName Peer)> _byAge = [];

    internal int Count => _byAge.Count;

    /// <summary>Notes a promise. When the book is full it is not noted, and cannot be broken.</summary>
    internal void Add(PeerName peer, MessageKey key, TimeSpan until)
    {
        if (Count == max)
            return;
        key = key with { Id = key.Id.Owned() };
        if (!_promised.TryGetValue(key, out List<PeerName>? peers))
            _promised.Add(key, peers = []);
        if (peers.Contains(peer))
            return;
        peers.Add(peer);
        _byAge.Enqueue((until, key, peer));
    }

    /// <summary>The message came, from whomever.</summary>
    internal void Keep(MessageKey key) => _promised.Remove(key);

    /// <summary>Peers that broke a promise since, one entry for each promise.</summary>
    internal List<PeerName> Broken(TimeSpan now)
    {
        List<PeerName> broken = [];
        while (_byAge.TryPeek(out var oldest) && oldest.Until <= now)
        {
            _byAge.Dequeue();
            if (!_promised.TryGetValue(oldest.Key, out List<PeerName>? peers) || !peers.Remove(oldest.Peer))
                continue;
            broken.Add(oldest.Peer);
            if (peers.Count == 0)
                _promised.Remove(oldest.Key);
        }
        return broken;
    }
}

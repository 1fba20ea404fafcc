namespace Ledger.Network.PubSub.Tables;

/// <summary>Links that were cut and may not be made again yet, from either side.</summary>
/// <remarks>Source: gossipsub v1.1, "PRUNE Backoff and Peer Exchange".</remarks>
internal sealed class BackoffTable(int max)
{
    private readonly Dictionary<(string Topic, PeerName Peer), (TimeSpan CutAt, TimeSpan Until)> _cut = [];

    internal int Count => _cut.Count;

    /// <summary>Begins or prolongs a back-off, never shortens it. When full, the one that ends first goes.</summary>
    internal void Add(string topic, PeerName peer, TimeSpan now, TimeSpan duration)
    {
        TimeSpan until = now + duration;
        if (_cut.TryGetValue((topic, peer), out var before) && before.Until > until)
            until = before.Until;
        else if (_cut.Count == max && !_cut.ContainsKey((topic, peer)))
            _cut.Remove(_cut.MinBy(entry => entry.Value.Until).Key);
        _cut[(topic, peer)] = (now, until);
    }

    internal bool Runs(string topic, PeerName peer, TimeSpan now) =>
        _cut.TryGetValue((topic, peer), out var cut) && cut.Until > now;

    /// <summary>How long ago the link was cut; null where it was not.</summary>
    internal TimeSpan? SinceCut(string topic, PeerName peer, TimeSpan now) =>
        _cut.TryGetValue((topic, peer), out var cut) ? now - cut.CutAt : null;

    internal void Expire(TimeSpan now)
    {
        foreach (var key in _cut.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToArray())
            _cut.Remove(key);
    }
}

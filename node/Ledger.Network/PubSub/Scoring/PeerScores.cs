namespace Ledger.Network.PubSub.Scoring;

/// <summary>
/// What is known of each peer's conduct, and the score made of it: P1 to P4 by topic, P5 to P7 by peer. Scores of
/// peers that left are kept for a while, so that a bad one cannot be shed by connecting again.
/// </summary>
/// <remarks>Source: gossipsub v1.1, "The Score Function" and "Topic Parameter Calculation and Decay".</remarks>
internal sealed class PeerScores(ScoreParameters parameters, int retainedMax)
{
    private readonly Dictionary<PeerName, PeerConduct> _peers = [];
    private readonly Dictionary<string, int> _atAddress = new(StringComparer.Ordinal);
    private readonly LinkedList<PeerName> _gone = [];
    private TimeSpan? _decayAt;

    internal int Retained => _gone.Count;

    internal int Topics => _peers.Values.Sum(conduct => conduct.Topics.Count);

    internal void Connected(PeerName peer, string? address)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
            _peers.Add(peer, conduct = new());
        if (conduct.Kept is { } kept)
            _gone.Remove(kept);
        conduct.Kept = null;
        conduct.Address = address;
        if (address is not null)
            _atAddress[address] = _atAddress.GetValueOrDefault(address) + 1;
    }

    /// <summary>A good score is forgotten with the peer, a bad one is kept.</summary>
    internal void Gone(PeerName peer, TimeSpan now)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
            return;
        double score = Of(peer);
        foreach (string topic in conduct.Topics.Keys)
            Pruned(peer, topic);
        if (conduct.Address is { } address && --_atAddress[address] == 0)
            _atAddress.Remove(address);
        conduct.Address = null;
        if (score >= 0)
        {
            _peers.Remove(peer);
            return;
        }
        foreach (TopicConduct topic in conduct.Topics.Values)
            topic.FirstDeliveries = 0;
        conduct.KeptUntil = now + parameters.RetainFor;
        conduct.Kept = _gone.AddLast(peer);
        if (_gone.Count > retainedMax)
            Forget(_gone.First!.Value);
    }

    internal void Grafted(PeerName peer, string topic, TimeSpan now)
    {
        if (Find(peer, topic) is not { } conduct)
            return;
        conduct.GraftedAt = now;
        conduct.InMesh = TimeSpan.Zero;
        conduct.MeshDeliveriesActive = false;
    }

    /// <summary>P3b: a peer that leaves the mesh with a deficit takes it along.</summary>
    internal void Pruned(PeerName peer, string topic)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? known) || !known.Topics.TryGetValue(topic, out var conduct))
            return;
        if (conduct.GraftedAt is not null)
            conduct.MeshFailures += conduct.SquaredDeficit(parameters.Of(topic));
        conduct.GraftedAt = null;
    }

    /// <summary>P2, and P3 for a peer in the mesh.</summary>
    internal void DeliveredFirst(PeerName peer, string topic)
    {
        if (Find(peer, topic) is not { } conduct)
            return;
        conduct.FirstDeliveries = Math.Min(conduct.FirstDeliveries + 1, parameters.Of(topic).FirstDeliveriesCap);
        DeliveredNearFirst(peer, topic);
    }

    /// <summary>P3.</summary>
    internal void DeliveredNearFirst(PeerName peer, string topic)
    {
        if (Find(peer, topic) is { GraftedAt: not null } conduct)
            conduct.MeshDeliveries = Math.Min(conduct.MeshDeliveries + 1, parameters.Of(topic).MeshDeliveriesCap);
    }

    /// <summary>P4.</summary>
    internal void DeliveredInvalid(PeerName peer, string topic)
    {
        if (Find(peer, topic) is { } conduct)
            conduct.Invalid++;
    }

    /// <summary>P5: what the application makes of the peer, any number.</summary>
    internal void Appraise(PeerName peer, double value)
    {
        if (_peers.TryGetValue(peer, out PeerConduct? conduct))
            conduct.Application = value;
    }

    /// <summary>P7.</summary>
    internal void Penalise(PeerName peer, double count)
    {
        if (_peers.TryGetValue(peer, out PeerConduct? conduct))
            conduct.Behaviour += count;
    }

    /// <summary>Decays the counters once an interval, and forgets peers that left long ago.</summary>
    internal void Refresh(TimeSpan now)
    {
        while (_gone.First is { } oldest && _peers[oldest.Value].KeptUntil <= now)
            Forget(oldest.Value);
        for (_decayAt ??= now + parameters.DecayInterval; _decayAt <= now; _decayAt += parameters.DecayInterval)
        {
            foreach (PeerConduct conduct in _peers.Values)
                conduct.Decay(parameters);
        }
        foreach (PeerConduct conduct in _peers.Values)
            conduct.MeasureTime(now, parameters);
    }

    /// <summary>The score; zero for a peer that nothing is known of.</summary>
    internal double Of(PeerName peer)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
            return 0;
        double topics = 0;
        foreach ((string topic, TopicConduct part) in conduct.Topics)
            topics += part.Score(parameters.Of(topic));
        double surplus = conduct.Address is { } address
            ? Math.Max(0, _atAddress[address] - parameters.ColocationThreshold)
            : 0;
        double excess = Math.Max(0, conduct.Behaviour - parameters.BehaviourThreshold);
        return Math.Min(topics, parameters.TopicCap)
            + conduct.Application * parameters.ApplicationWeight
            + surplus * surplus * parameters.ColocationWeight
            + excess * excess * parameters.BehaviourWeight;
    }

    /// <summary>What was done in a topic that this node left counts no more.</summary>
    internal void Forget(string topic)
    {
        foreach (PeerConduct conduct in _peers.Values)
            conduct.Topics.Remove(topic);
    }

    // A peer that nothing is known of gets no entry: what it delivered may be judged after it left.
    private TopicConduct? Find(PeerName peer, string topic)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
            return null;
        if (!conduct.Topics.TryGetValue(topic, out TopicConduct? part))
            conduct.Topics.Add(topic, part = new());
        return part;
    }

    private void Forget(PeerName peer)
    {
        _gone.Remove(_peers[peer].Kept!);
        _peers.Remove(peer);
    }
}

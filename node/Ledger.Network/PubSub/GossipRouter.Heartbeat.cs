using Ledger.Network.PubSub.Tables;

namespace Ledger.Network.PubSub;

/// <content>The heartbeat: scores, meshes, fan-outs, gossip.</content>
internal sealed partial class GossipRouter
{
    private void Beat()
    {
        _heartbeats++;
        foreach (PeerName name in _promises.Broken(_now))
        {
            Counters.Drop(DropReason.PromiseBroken);
            if (_peers.ContainsKey(name))
                _scores.Penalise(name, _rules.BrokenPromise);
        }
        _scores.Refresh(_now);
        foreach (PeerLink peer in _peers.Values.ToArray())
        {
            peer.BeginHeartbeat();
            if (peer.Queue.IsEmpty)
                peer.AliveAt = _now;
            LetGoIfGraylisted(peer.Name);
            if (peer.AliveAt + _parameters.StalledFor <= _now)
                LetGo(peer.Name, DisconnectReason.Stalled);
        }
        ExpireTables();
        foreach (Mesh mesh in _mesh.Values)
        {
            Maintain(mesh);
            Gossip(mesh.Topic, mesh);
        }
        foreach ((string topic, Fanout fanout) in _fanout.ToArray())
            Maintain(topic, fanout);
        _history.Shift();
    }

    private void ExpireTables()
    {
        _seen.Expire(_now);
        _backoffs.Expire(_now);
        while (_pendingByAge.TryPeek(out PendingMessage? oldest)
            && (oldest.Seen.JudgedAt is not null || oldest.Seen.SeenAt + _parameters.ValidationFor <= _now))
        {
            _pendingByAge.Dequeue();
            if (oldest.Seen.JudgedAt is not null)
                continue;
            _pending.Remove(oldest.Seen.Key);
            Release(oldest);
            oldest.Seen.Judge(Verdict.Ignore, _now);
            Counters.Drop(DropReason.JudgedTooLate);
        }
        foreach (string topic in _leftAt.Where(left => left.Value + _parameters.UnsubscribeBackoff < _now)
            .Select(left => left.Key).ToArray())
            _leftAt.Remove(topic);
    }

    private void Maintain(Mesh mesh)
    {
        // v1.1: peers with a negative score are pruned before anything else.
        foreach (PeerName name in mesh.Where(name => ScoreOf(name) < 0).ToArray())
            Prune(mesh, name, _parameters.PruneBackoff);
        if (mesh.Count < _parameters.DegreeLow)
        {
            foreach (PeerName name in Draw(Candidates(mesh), _parameters.Degree - mesh.Count))
                Graft(mesh, name);
        }
        if (mesh.Count > _parameters.DegreeHigh)
        {
            foreach (PeerName name in mesh.Except(Survivors(mesh)).ToArray())
                Prune(mesh, name, _parameters.PruneBackoff);
        }
        if (mesh.Count >= _parameters.DegreeLow)
        {
            int missing = _parameters.DegreeOut - mesh.Count(name => _peers[name].Outbound);
            foreach (PeerName name in Draw(Candidates(mesh).Where(name => _peers[name].Outbound), missing))
                Graft(mesh, name);
        }
        if (_heartbeats % _parameters.OpportunisticGraftHeartbeats == 0 && mesh.Count > 1)
            GraftBetter(mesh);
    }

    /// <summary>
    /// Whom an overfull mesh keeps: the best by score, the rest drawn, and among them enough that we dialled, who
    /// take the places of those drawn last.
    /// </summary>
    private List<PeerName> Survivors(Mesh mesh)
    {
        // Drawing first and sorting stably afterwards leaves chance to decide between equal scores.
        PeerName[] order = [.. Draw(mesh, mesh.Count).OrderByDescending(ScoreOf)];
        PeerName[] rest = order[_parameters.DegreeScore..];
        _random.Shuffle(rest);
        List<PeerName> kept = [.. order[.._parameters.DegreeScore], .. rest];
        if (_rules.KeepsOutbound)
        {
            int missing = _parameters.DegreeOut - kept.Take(_parameters.Degree).Count(name => _peers[name].Outbound);
            foreach (PeerName name in kept.Skip(_parameters.Degree).Where(name => _peers[name].Outbound)
                .Take(Math.Max(0, missing)).ToArray())
            {
                int leaves = kept.FindLastIndex(_parameters.Degree - 1, other => !_peers[other].Outbound);
                kept.Remove(name);
                kept.RemoveAt(leaves);
                kept.Insert(0, name);
            }
        }
        return kept[.._parameters.Degree];
    }

    // v1.1, opportunistic grafting: a mesh of poor peers takes in some that are better than its median.
    private void GraftBetter(Mesh mesh)
    {
        double median = mesh.Select(ScoreOf).Order().ElementAt(mesh.Count / 2);
        if (median >= _scoring.OpportunisticGraftThreshold)
            return;
        IEnumerable<PeerName> better = Candidates(mesh).Where(name => ScoreOf(name) > median);
        foreach (PeerName name in Draw(better, _parameters.OpportunisticGraftPeers))
            Graft(mesh, name);
    }

    private void Gossip(string topic, SortedSet<PeerName> linked)
    {
        List<MessageId> ids = _history.GossipIds(topic, _limits.Rpc.IdsMax);
        if (ids.Count == 0)
            return;
        PeerName[] others = [.. PeersIn(topic, _scoring.GossipThreshold).Except(linked)];
        int count = Math.Max(_parameters.DegreeLazy, (int)(_parameters.GossipFactor * others.Length));
        foreach (PeerName name in Draw(others, count))
        {
            // Gossip is worth little to a peer that does not even take what is more urgent.
            if (_peers[name].Queue.UrgentBytes < _limits.UrgentBytesPerPeerMax / 4)
                Draft(_peers[name]).IHave(topic, ids);
            else
                Counters.Drop(DropReason.QueueFull);
        }
    }

    private void Maintain(string topic, Fanout fanout)
    {
        if (fanout.PublishedAt + _parameters.FanoutFor < _now)
        {
            _fanout.Remove(topic);
            return;
        }
        fanout.Peers.RemoveWhere(name => ScoreOf(name) < _scoring.PublishThreshold);
        FillFanout(topic, fanout);
        Gossip(topic, fanout.Peers);
    }

    private IEnumerable<PeerName> PeersIn(string topic, double threshold) =>
        from peer in _peers.Values
        where peer.Topics.Contains(topic) && ScoreOf(peer.Name) >= threshold
        select peer.Name;

    private IEnumerable<PeerName> Candidates(Mesh mesh) =>
        PeersIn(mesh.Topic, 0).Except(mesh).Where(name => MayJoin(mesh.Topic, name));

    private bool MayJoin(string topic, PeerName name) =>
        ScoreOf(name) >= 0 && !_rules.IsInBackoff(_backoffs.Runs(topic, name, _now));

    /// <summary>So many of these at random, in random order.</summary>
    private IEnumerable<PeerName> Draw(IEnumerable<PeerName> from, int count)
    {
        PeerName[] drawn = [.. from];
        if (count <= 0)
            return [];
        _random.Shuffle(drawn);
        return drawn.Take(count);
    }
}

using Ledger.Network.PubSub.Tables;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <content>Topics, and the control messages GRAFT, PRUNE, IHAVE and IWANT.</content>
internal sealed partial class GossipRouter
{
    // v1.0, JOIN(topic): peers of the fan-out first.
    private void Join(string topic)
    {
        CheckTopic(topic);
        if (_mesh.ContainsKey(topic))
            return;
        _fanout.Remove(topic, out Fanout? fanout);
        if (_fanout.Count + _mesh.Count == _limits.TopicsMax)
            throw new ArgumentException($"There are {_limits.TopicsMax} topics already.", nameof(topic));
        Mesh mesh = new(topic);
        _mesh.Add(topic, mesh);
        foreach (PeerLink peer in _peers.Values)
            Draft(peer).Subscription(topic, subscribe: true);
        foreach (PeerName name in Draw(fanout?.Peers.Where(name => MayJoin(topic, name)) ?? [], _parameters.Degree))
            Graft(mesh, name);
        foreach (PeerName name in Draw(Candidates(mesh), _parameters.Degree - mesh.Count))
            Graft(mesh, name);
    }

    private void Leave(string topic)
    {
        if (!_mesh.TryGetValue(topic, out Mesh? mesh))
            return;
        foreach (PeerName name in mesh.ToArray())
            Prune(mesh, name, _parameters.UnsubscribeBackoff);
        _mesh.Remove(topic);
        _leftAt[topic] = _now;
        _scores.Forget(topic);
        foreach (PeerLink peer in _peers.Values)
            Draft(peer).Subscription(topic, subscribe: false);
    }

    private void HearSubscription(PeerLink peer, RpcSubscription subscription)
    {
        if (subscription.Subscribe)
            Note(peer, subscription.Topic);
        else if (peer.Topics.Remove(subscription.Topic))
        {
            if (_mesh.TryGetValue(subscription.Topic, out Mesh? mesh) && mesh.Remove(peer.Name))
                _scores.Pruned(peer.Name, subscription.Topic);
            if (_fanout.TryGetValue(subscription.Topic, out Fanout? fanout))
                fanout.Peers.Remove(peer.Name);
        }
    }

    private bool Note(PeerLink peer, string topic)
    {
        if (!peer.Topics.Contains(topic) && peer.Topics.Count == _limits.TopicsPerPeerMax)
        {
            Counters.Drop(DropReason.TooManyTopics);
            return false;
        }
        peer.Topics.Add(topic);
        return true;
    }

    private void HearControl(PeerLink peer, Rpc rpc)
    {
        foreach (RpcIHave have in rpc.IHave)
            HearIHave(peer, have);
        HearIWant(peer, rpc.IWant);
        foreach (string topic in rpc.Graft)
            HearGraft(peer, topic);
        foreach (RpcPrune prune in rpc.Prune)
            HearPrune(peer, prune);
    }

    private void HearGraft(PeerLink peer, string topic)
    {
        // v1.1, spam protection: a GRAFT for an unknown topic is not answered.
        if (!_mesh.TryGetValue(topic, out Mesh? mesh))
        {
            Counters.Drop(DropReason.GraftUnknownTopic);
            return;
        }
        if (mesh.Contains(peer.Name) || !Note(peer, topic))
            return;
        if (_rules.IsInBackoff(_backoffs.Runs(topic, peer.Name, _now)))
        {
            Counters.Drop(DropReason.GraftInBackoff);
            bool flood = _backoffs.SinceCut(topic, peer.Name, _now) < _parameters.GraftFlood;
            _scores.Penalise(peer.Name, flood ? 2 : 1);
            Refuse(peer, mesh);
        }
        else if (ScoreOf(peer.Name) < 0)
        {
            Counters.Drop(DropReason.GraftLowScore);
            Refuse(peer, mesh);
        }
        else if (!_rules.MayGraft(mesh.Count, _parameters.DegreeHigh, peer.Outbound))
        {
            Counters.Drop(DropReason.GraftFull);
            Refuse(peer, mesh);
        }
        else
        {
            mesh.Add(peer.Name);
            _scores.Grafted(peer.Name, mesh.Topic, _now);
        }
    }

    private void Refuse(PeerLink peer, Mesh mesh)
    {
        _backoffs.Add(mesh.Topic, peer.Name, _now, _parameters.PruneBackoff);
        Draft(peer).Prune(mesh.Topic, _parameters.PruneBackoff);
    }

    private void HearPrune(PeerLink peer, RpcPrune prune)
    {
        if (!_mesh.TryGetValue(prune.Topic, out Mesh? mesh))
            return;
        if (mesh.Remove(peer.Name))
            _scores.Pruned(peer.Name, mesh.Topic);
        double seconds = Math.Min(prune.BackoffSeconds ?? double.MaxValue, _parameters.BackoffMax.TotalSeconds);
        _backoffs.Add(mesh.Topic, peer.Name, _now,
            prune.BackoffSeconds is null ? _parameters.PruneBackoff : TimeSpan.FromSeconds(seconds));
    }

    private void Graft(Mesh mesh, PeerName name)
    {
        mesh.Add(name);
        _scores.Grafted(name, mesh.Topic, _now);
        Draft(_peers[name]).Graft(mesh.Topic);
        Counters.Grafts++;
    }

    private void Prune(Mesh mesh, PeerName name, TimeSpan backoff)
    {
        mesh.Remove(name);
        _scores.Pruned(name, mesh.Topic);
        _backoffs.Add(mesh.Topic, name, _now, backoff);
        Draft(_peers[name]).Prune(mesh.Topic, backoff);
        Counters.Prunes++;
    }

    private void HearIHave(PeerLink peer, RpcIHave have)
    {
        if (ScoreOf(peer.Name) < _scoring.GossipThreshold)
        {
            Counters.Drop(DropReason.GossipFromLowScore);
            return;
        }
        if (_rules.IsOverLimit(++peer.IHaves, _limits.IHavePerHeartbeatMax))
        {
            Counters.Drop(DropReason.IHaveOverLimit);
            return;
        }
        if (!_mesh.TryGetValue(have.Topic, out Mesh? mesh))
            return;
        MessageId[] missing =
            [.. have.Ids.Distinct().Where(id => _seen.Find(_rules.KeyOf(mesh.Topic, id)) is null)];
        // Chance decides which ids are asked for when they are too many, and which one the promise is about.
        _random.Shuffle(missing);
        foreach (MessageId[] ids in missing.Chunk(_limits.IdsPerIWant))
        {
            if (_rules.IsOverLimit(peer.IWantsSent + 1, _limits.IWantPerHeartbeatMax)
                || _rules.IsOverLimit(peer.Asked + ids.Length, _limits.AskedPerHeartbeatMax))
            {
                Counters.Drop(DropReason.IHaveOverLimit);
                return;
            }
            peer.IWantsSent++;
            peer.Asked += ids.Length;
            Draft(peer).IWant([.. ids]);
            _promises.Add(peer.Name, _rules.KeyOf(mesh.Topic, ids[0]), _now + _parameters.PromiseFor);
        }
    }

    private void HearIWant(PeerLink peer, List<MessageId> ids)
    {
        if (ids.Count > 0 && ScoreOf(peer.Name) < _scoring.GossipThreshold)
        {
            Counters.Drop(DropReason.GossipFromLowScore);
            return;
        }
        foreach (MessageId id in ids)
        {
            if (_rules.IsOverLimit(++peer.Wanted, _limits.WantedPerHeartbeatMax))
            {
                Counters.Drop(DropReason.IWantOverLimit);
                return;
            }
            // An IWANT names no topic; an id of ours stands in one topic, save for copies that somebody made.
            bool found = false;
            foreach (string topic in _mesh.Keys.Concat(_fanout.Keys))
            {
                if (!_history.TryFind(_rules.KeyOf(topic, id), out HeldMessage? message))
                    continue;
                found = true;
                if (_history.Serve(message, peer.Name) is not { } times
                    || _rules.IsAskedTooOften(times, _parameters.RetransmissionsMax))
                    Counters.Drop(DropReason.IWantTooOften);
                else
                    SendMessage(peer.Name, message);
            }
            if (!found)
                Counters.Drop(DropReason.IWantUnknown);
        }
    }

    private void CheckTopic(string topic)
    {
        int bytes = System.Text.Encoding.UTF8.GetByteCount(topic);
        if (bytes == 0 || bytes > _limits.Rpc.TopicBytesMax)
            throw new ArgumentException($"A topic has 1 to {_limits.Rpc.TopicBytesMax} bytes.", nameof(topic));
    }
}

using Ledger.Network.PubSub.Tables;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <content>Messages: ours, those of others, and what the application makes of them.</content>
internal sealed partial class GossipRouter
{
    private void Publish(GossipInput.Publish publish)
    {
        (string topic, ReadOnlyMemory<byte> data) = (publish.Topic, publish.Data);
        CheckTopic(topic);
        if (data.Length > _limits.MessageBytesMax)
            throw new ArgumentException($"A message holds at most {_limits.MessageBytesMax} bytes.", nameof(data));
        RpcMessage composed = _signatures.Compose(topic, data);
        MessageKey key = _rules.KeyOf(topic, _signatures.IdOf(composed));
        bool seen = _seen.Find(key) is not null;
        if (_rules.IsDuplicate(seen) && !publish.Again)
        {
            Counters.Drop(DropReason.PublishedBefore);
            return;
        }
        if (!seen || !publish.Again)
            _seen.Add(key, _now).Judge(Verdict.Accept, _now);
        HeldMessage message = new(key, new(composed.Frame()), from: null, composed.From);
        _history.Put(message);
        Counters.Published++;
        foreach (PeerName name in Recipients(topic))
            SendMessage(name, message);
    }

    /// <summary>
    /// Flood publishing: everybody in the topic whose score allows it. Else the mesh, or where this node did not join,
    /// the fan-out.
    /// </summary>
    private IEnumerable<PeerName> Recipients(string topic)
    {
        if (_parameters.FloodPublish)
            return PeersIn(topic, _scoring.PublishThreshold);
        if (_mesh.TryGetValue(topic, out Mesh? mesh))
            return mesh;
        if (!_fanout.TryGetValue(topic, out Fanout? fanout))
        {
            if (_fanout.Count + _mesh.Count == _limits.TopicsMax)
                throw new ArgumentException($"There are {_limits.TopicsMax} topics already.", nameof(topic));
            _fanout.Add(topic, fanout = new());
        }
        fanout.PublishedAt = _now;
        FillFanout(topic, fanout);
        return fanout.Peers;
    }

    private void FillFanout(string topic, Fanout fanout)
    {
        if (fanout.Peers.Count >= _parameters.Degree)
            return;
        IEnumerable<PeerName> more = PeersIn(topic, _scoring.PublishThreshold).Except(fanout.Peers);
        fanout.Peers.UnionWith(Draw(more, _parameters.Degree - fanout.Peers.Count));
    }

    /// <summary>One message of a peer. What costs least is checked first, the signature last.</summary>
    private void HearMessage(PeerLink peer, RpcMessage message)
    {
        bool joined = _mesh.TryGetValue(message.Topic, out Mesh? mesh);
        if (mesh is not null)
            message = message with { Topic = mesh.Topic };
        if (!_rules.IsTopicOurs(joined))
        {
            Counters.Drop(DropReason.WrongTopic);
            // Who could not know yet that we left is not to blame.
            if (!_leftAt.TryGetValue(message.Topic, out TimeSpan left) || left + _parameters.UnsubscribeBackoff < _now)
                _scores.Penalise(peer.Name, 1);
        }
        else if (!_rules.IsShortEnough(message.Data.Length, _limits.MessageBytesMax))
            Blame(peer.Name, message.Topic, DropReason.MessageTooLong);
        else if (!_signatures.IsWellFormed(message))
            Blame(peer.Name, message.Topic, DropReason.SignatureForm);
        else
            HearSoundMessage(peer, message);
        LetGoIfGraylisted(peer.Name);
    }

    private void HearSoundMessage(PeerLink peer, RpcMessage message)
    {
        MessageKey key = _rules.KeyOf(message.Topic, _signatures.IdOf(message));
        SeenMessage? seen = _seen.Find(key);
        if (_rules.IsDuplicate(seen is not null))
        {
            Counters.Drop(DropReason.Duplicate);
            _promises.Keep(key);
            HearAgain(peer.Name, seen!);
            return;
        }
        int cost = PendingMessage.CostOf(message.Data);
        bool first = GoesFirst(message.Topic);
        if (!_rules.HasRoom(_pendingBytes.Of(first), cost, _limits.PendingBytesMax)
            || !_rules.HasRoom(peer.Pending.Of(first), cost, _limits.PendingBytesPerPeerMax))
        {
            // Not marked as seen: gossip may bring it again when there is room.
            Counters.Drop(DropReason.PendingFull);
            peer.Unheard++;
            return;
        }
        if (!_rules.IsSigned(_signatures.Verify(message)))
        {
            // Not marked as seen either: a forged copy must not shut out the true one.
            Blame(peer.Name, message.Topic, DropReason.SignatureWrong);
            return;
        }
        if (_signatures.IsOwn(message))
        {
            Counters.Drop(DropReason.OwnMessage);
            return;
        }
        _promises.Keep(key);
        Hold(peer, message, _seen.Add(key, _now));
    }

    private void Hold(PeerLink peer, RpcMessage message, SeenMessage seen)
    {
        ReadOnlyMemory<byte>? author = message.From is { } from ? (ReadOnlyMemory<byte>?)from.ToArray() : null;
        HeldMessage held = new(seen.Key, new(message.Frame()), peer.Name, author);
        PendingMessage pending =
            new(held, seen, peer, PendingMessage.CostOf(message.Data), GoesFirst(message.Topic));
        _pending[seen.Key] = pending;
        _pendingByAge.Enqueue(pending);
        _pendingBytes.Add(pending.First, pending.Cost);
        peer.Pending.Add(pending.First, pending.Cost);
        Counters.Delivered++;
        _effects.Add(new GossipEffect.Deliver(seen.Key, message.Data.ToArray(), peer.Name, author));
        if (_rules.ForwardsUnjudged)
            Forward(held);
    }

    /// <summary>A copy: it counts for the peer where it came before the verdict, or soon after.</summary>
    private void HearAgain(PeerName peer, SeenMessage seen)
    {
        string topic = seen.Key.Topic;
        if (seen.JudgedAt is null)
        {
            if (seen.Copies.Count < _limits.CopiesMax && !seen.Copies.Contains(peer))
                seen.Copies.Add(peer);
            return;
        }
        if (seen.Verdict == Verdict.Reject)
            _scores.DeliveredInvalid(peer, topic);
        TimeSpan window = _scoring.Of(topic).MeshDeliveriesWindow;
        if (seen.Verdict != Verdict.Accept || seen.JudgedAt + window < _now
            || seen.Copies.Count >= _limits.CopiesMax || seen.Copies.Contains(peer))
            return;
        seen.Copies.Add(peer);
        _scores.DeliveredNearFirst(peer, topic);
    }

    private void Judge(MessageKey key, Verdict verdict)
    {
        if (!_pending.Remove(key, out PendingMessage? pending))
        {
            Counters.Drop(DropReason.JudgedTooLate);
            return;
        }
        Release(pending);
        pending.Seen.Judge(verdict, _now);
        PeerName from = pending.Message.From!.Value;
        if (!_mesh.ContainsKey(key.Topic))
        {
            Counters.Drop(DropReason.JudgedTooLate);
            return;
        }
        switch (verdict)
        {
            case Verdict.Accept:
                _scores.DeliveredFirst(from, key.Topic);
                foreach (PeerName copy in pending.Seen.Copies)
                    _scores.DeliveredNearFirst(copy, key.Topic);
                _history.Put(pending.Message);
                Forward(pending.Message);
                break;
            case Verdict.Reject:
                Blame(from, key.Topic, DropReason.Rejected);
                foreach (PeerName copy in pending.Seen.Copies.Where(copy => copy != from))
                    Blame(copy, key.Topic, DropReason.Rejected);
                LetGoIfGraylisted(from);
                foreach (PeerName copy in pending.Seen.Copies)
                    LetGoIfGraylisted(copy);
                break;
            case Verdict.Ignore:
                Counters.Drop(DropReason.Ignored);
                break;
        }
    }

    private void Release(PendingMessage pending)
    {
        _pendingBytes.Add(pending.First, -pending.Cost);
        pending.From.Pending.Add(pending.First, -pending.Cost);
    }

    /// <summary>To the mesh, but neither back nor to the author.</summary>
    private void Forward(HeldMessage message)
    {
        if (!_mesh.TryGetValue(message.Key.Topic, out Mesh? mesh))
            return;
        foreach (PeerName name in mesh)
        {
            if (name == message.From)
                continue;
            Counters.Forwarded++;
            SendMessage(name, message);
        }
    }

    private void SendMessage(PeerName name, HeldMessage message)
    {
        PeerLink peer = _peers[name];
        if (peer.Queue.TryAddMessage(message.Frame, GoesFirst(message.Key.Topic)))
        {
            _touched.Add(name);
            return;
        }
        Counters.Drop(DropReason.QueueFull);
        peer.Unsent++;
    }

    private bool GoesFirst(string topic) => _rules.GoesFirst(_parameters.First.Contains(topic));

    private void Blame(PeerName name, string topic, DropReason reason)
    {
        Counters.Drop(reason);
        if (!_peers.TryGetValue(name, out PeerLink? peer))
            return;
        peer.Blamed++;
        _scores.DeliveredInvalid(name, topic);
    }
}

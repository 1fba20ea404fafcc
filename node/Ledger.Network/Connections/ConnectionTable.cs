using Ledger.Network.Addresses;

namespace Ledger.Network.Connections;

/// <summary>What became of a connection that asked for a place.</summary>
internal enum Placement
{
    Kept,

    /// <summary>All places are taken.</summary>
    Full,

    /// <summary>Another connection to the same peer is the one that both sides keep.</summary>
    Supplanted,
}

/// <summary>
/// One connection for each peer. Where both sides dialled at once, the one that the smaller peer id dialled stays: both
/// sides know that without a word. A second one dialled by the same side takes the place of the first, whose other end may
/// be gone. Thread-safe.
/// </summary>
internal sealed class ConnectionTable(PeerId self, int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, PeerConnection> _byPeer = [];
    private readonly List<Action<PeerConnection, bool>> _observers = [];

    public IReadOnlyList<PeerConnection> All
    {
        get
        {
            lock (_gate)
                return [.. _byPeer.Values];
        }
    }

    public PeerConnection? Find(PeerId peer)
    {
        lock (_gate)
            return _byPeer.GetValueOrDefault(peer);
    }

    /// <summary>Gives a place; <paramref name="supplanted"/> is the one that had it.</summary>
    public Placement Add(PeerConnection fresh, out PeerConnection? supplanted)
    {
        lock (_gate)
        {
            supplanted = _byPeer.GetValueOrDefault(fresh.Peer);
            if (supplanted is null && _byPeer.Count >= max)
                return Placement.Full;
            if (supplanted is not null)
            {
                if (supplanted.IsDialer != fresh.IsDialer && supplanted.Session.Ended is null && !Stays(fresh))
                    return Placement.Supplanted;
                Tell(supplanted, false);
            }
            _byPeer[fresh.Peer] = fresh;
            Tell(fresh, true);
            return Placement.Kept;
        }
    }

    public void Remove(PeerConnection connection)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_byPeer.GetValueOrDefault(connection.Peer), connection))
                return;
            _byPeer.Remove(connection.Peer);
            Tell(connection, false);
        }
    }

    /// <summary>
    /// Calls back, in order, for each connection that comes (true) and goes (false), the present ones first. The observer
    /// must not block.
    /// </summary>
    public void Observe(Action<PeerConnection, bool> observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
            foreach (PeerConnection connection in _byPeer.Values)
                observer(connection, true);
        }
    }

    private void Tell(PeerConnection connection, bool isConnected)
    {
        foreach (Action<PeerConnection, bool> observer in _observers)
            observer(connection, isConnected);
    }

    private bool Stays(PeerConnection fresh) => (self.CompareTo(fresh.Peer) < 0) == fresh.IsDialer;
}

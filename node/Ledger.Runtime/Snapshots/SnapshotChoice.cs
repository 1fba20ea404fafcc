using System.Collections.Immutable;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// What peers offer a node that has nothing, and which of it to take (N5): one whose next block is in Bitcoin before one
/// whose is not, and of those the newest. Whether an offer holds is asked when its walk is here; one that does not is
/// struck out with its peer, and the next best is taken. Owned by the node's loop.
/// </summary>
internal sealed class SnapshotChoice
{
    private readonly SortedSet<PeerIdentity> _waiting = [];
    private readonly List<(PeerIdentity Peer, SnapshotOffer Offer)> _offers = [];

    public bool IsWaiting => _waiting.Count > 0;

    public void Ask(PeerIdentity peer) => _waiting.Add(peer);

    /// <summary>False if no honest peer answers so; no answer at all is nobody's fault.</summary>
    public bool TryTake(PeerIdentity peer, ReadOnlyMemory<byte>? answer, string network)
    {
        _waiting.Remove(peer);
        if (answer is not { } bytes)
        {
            return true;
        }

        if (!PeerCodec.TryReadList(bytes.Span, SnapshotOffer.Together, out ImmutableArray<ReadOnlyMemory<byte>> items))
        {
            return false;
        }

        foreach (ReadOnlyMemory<byte> item in items)
        {
            if (!SnapshotOffer.TryParse(item.Span, network, out SnapshotOffer offer))
            {
                return false;
            }

            _offers.Add((peer, offer));
        }

        return true;
    }

    /// <summary>Of several peers that offer the same, the first to have answered.</summary>
    public (PeerIdentity Peer, SnapshotOffer Offer)? Best() => _offers.Count == 0
        ? null
        : _offers.MaxBy(candidate => (candidate.Offer.Bitcoin is not null, candidate.Offer.Height));

    public void Strike(PeerIdentity peer)
    {
        _waiting.Remove(peer);
        _offers.RemoveAll(candidate => candidate.Peer == peer);
    }
}

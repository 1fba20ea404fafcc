using System.Collections.Immutable;
using Ledger.Core.Chain;
using Ledger.Network.Addresses;
using Ledger.Network.Chain;

namespace Ledger.Node.Api;

/// <summary>The nodes of a network as one of them sees them: who should be there, and who is.</summary>
internal static class PeerList
{
    private const string Observer = "observer";

    /// <param name="self">This node's name among the validators, if it is one.</param>
    /// <param name="peers">Null for a node without peers.</param>
    public static PeersModel Of(Configuration configuration, string? self, ChainPeers? peers)
    {
        ImmutableDictionary<PeerId, ChainPeer> connected =
            (peers?.Peers ?? []).ToImmutableDictionary(peer => peer.Peer);
        return new PeersModel(
        [
            .. configuration.Validators.Select(
                validator => Describe(validator.Name, validator.Peer, validator.Name == self)),
            .. configuration.Observers.Select(observer => Describe(Observer, observer, IsSelf(observer))),
        ]);

        PeerModel Describe(string name, ReadOnlyMemory<byte> bytes, bool isSelf)
        {
            PeerId? id = PeerId.TryParse(bytes.Span, out PeerId? known) ? known : null;
            ChainPeer? peer = id is null ? null : connected.GetValueOrDefault(id);
            return new PeerModel(
                name, id?.ToString() ?? "", isSelf, isSelf || peer is not null, peer?.Address.ToString(),
                peer is null ? null : peer.DialledHere ? "out" : "in", peer?.Agent,
                Texts(isSelf ? peers?.Addresses : peer?.Announced), Dropped(peer));
        }

        bool IsSelf(ReadOnlyMemory<byte> id) =>
            self is null && peers is not null && id.Span.SequenceEqual(peers.Self.Bytes);
    }

    private static string[] Texts(IReadOnlyList<Multiaddr>? addresses) =>
        [.. (addresses ?? []).Select(address => address.ToString())];

    private static PeerDropsModel? Dropped(ChainPeer? peer) => peer is null ? null : new PeerDropsModel(
        peer.Gossip?.Unsent ?? 0, peer.Gossip?.Unheard ?? 0, peer.Gossip?.Blamed ?? 0, peer.Refused);
}

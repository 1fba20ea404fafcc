using System.Diagnostics.CodeAnalysis;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Network.PubSub;

/// <summary>Signatures of messages with the keys that peers go by. One caller at a time.</summary>
internal sealed class PeerSignatures(PeerKey own) : IMessageSigner, IMessageVerifier
{
    private const int KnownMax = 256;
    private readonly Dictionary<PeerId, PeerPublicKey> _known = [];

    public ReadOnlyMemory<byte> Author { get; } = own.Peer.Bytes.ToArray();

    /// <summary>A secp256k1 key stands in the peer id itself.</summary>
    public ReadOnlyMemory<byte>? Key => null;

    public byte[] Sign(ReadOnlySpan<byte> bytes) => own.Sign(bytes);

    public bool Verify(
        ReadOnlySpan<byte> author, ReadOnlyMemory<byte>? key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        return PeerId.TryParse(author, out PeerId? peer)
            && TryKeyOf(peer, key, out PeerPublicKey? parsed)
            && parsed.Verify(bytes, signature);
    }

    private bool TryKeyOf(PeerId peer, ReadOnlyMemory<byte>? beside, [NotNullWhen(true)] out PeerPublicKey? key)
    {
        if (_known.TryGetValue(peer, out key) && (beside is null || beside.Value.Span.SequenceEqual(key.Encoded.Span)))
            return true;
        // An id of the identity multihash is two bytes and the key.
        ReadOnlySpan<byte> encoded = beside is { } given ? given.Span : peer.Bytes[2..];
        if (!PeerPublicKey.TryParse(encoded, out key, out _) || key.Peer != peer)
            return false;
        // Authors are few; should somebody make up many, the few are parsed again.
        if (_known.Count == KnownMax)
            _known.Clear();
        _known[peer] = key;
        return true;
    }
}

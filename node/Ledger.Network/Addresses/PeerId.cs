using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Network.Wire;
using SimpleBase;

namespace Ledger.Network.Addresses;

/// <summary>
/// Who a peer is: the multihash of its public key in protobuf form (libp2p specification, <c>peer-ids</c>). A key of at
/// most 42 bytes stands there as it is, a longer one as its SHA-256. Equality is that of the bytes.
/// </summary>
public sealed class PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>Most bytes of a peer id: two of prefix, and a key or a hash.</summary>
    public const int BytesMax = 2 + InlineKeyBytesMax;

    /// <summary>Longest text of a peer id that is read.</summary>
    public const int TextMax = 96;

    private const int InlineKeyBytesMax = 42;
    private const byte Identity = 0x00;
    private const byte Sha256 = 0x12;
    private const byte CidVersion = 0x01;
    private const byte LibP2PKey = 0x72;

    private readonly byte[] _bytes;

    private PeerId(byte[] bytes) => _bytes = bytes;

    /// <summary>The multihash.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The id of the peer with this public key.</summary>
    /// <param name="publicKey">The key in its protobuf form.</param>
    public static PeerId OfPublicKey(ReadOnlySpan<byte> publicKey) => publicKey.Length <= InlineKeyBytesMax
        ? new([Identity, (byte)publicKey.Length, .. publicKey])
        : new([Sha256, SHA256.HashSizeInBytes, .. SHA256.HashData(publicKey)]);

    /// <summary>Reads a multihash that says as much as its bytes hold.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PeerId? peer)
    {
        peer = null;
        if (bytes.Length < 3 || bytes[1] != bytes.Length - 2)
            return false;
        bool sound = bytes[0] switch
        {
            Identity => bytes[1] <= InlineKeyBytesMax,
            Sha256 => bytes[1] == SHA256.HashSizeInBytes,
            _ => false,
        };
        if (sound)
            peer = new(bytes.ToArray());
        return sound;
    }

    /// <summary>Reads base58btc (<c>16Uiu2…</c>, <c>Qm…</c>) or a CIDv1 in base32 (<c>bafz…</c>).</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PeerId? peer)
    {
        peer = null;
        if (text is null || text.Length is < 4 or > TextMax)
            return false;
        if (text[0] == 'b')
        {
            return TryBase32(text, out byte[] cid)
                && cid is [CidVersion, LibP2PKey, ..]
                && TryParse(cid.AsSpan(2), out peer)
                && peer.ToCid() == text;
        }
        Span<byte> bytes = stackalloc byte[TextMax];
        return text.AsSpan().IndexOfAnyExcept(Base58Alphabet) < 0
            && Base58.Bitcoin.TryDecode(text, bytes, out int written)
            && TryParse(bytes[..written], out peer);
    }

    /// <summary>The usual text: base58btc.</summary>
    public override string ToString() => Base58.Bitcoin.Encode(_bytes);

    /// <summary>The text for places that do not tell capitals from small letters: CIDv1, codec libp2p-key, base32.</summary>
    public string ToCid() => "b" + Base32.Rfc4648.Encode([CidVersion, LibP2PKey, .. _bytes], padding: false).ToLowerInvariant();

    public bool Equals(PeerId? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => Equals(obj as PeerId);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The order of the bytes.</summary>
    public int CompareTo(PeerId? other) => other is null ? 1 : _bytes.AsSpan().SequenceCompareTo(other._bytes);

    public static bool operator ==(PeerId? left, PeerId? right) => left?.Equals(right) ?? right is null;

    public static bool operator !=(PeerId? left, PeerId? right) => !(left == right);

    private const string Base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static bool TryBase32(string text, out byte[] bytes)
    {
        bytes = [];
        if (text.AsSpan(1).IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz234567") >= 0)
            return false;
        bytes = new byte[text.Length];
        if (!Base32.Rfc4648.TryDecode(text.AsSpan(1), bytes, out int written))
            return false;
        bytes = bytes[..written];
        return true;
    }
}

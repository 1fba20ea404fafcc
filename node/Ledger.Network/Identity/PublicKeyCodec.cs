using Ledger.Network.Wire;

namespace Ledger.Network.Identity;

/// <summary>The kinds of identity key, by their number in the protobuf form.</summary>
internal enum PeerKeyType
{
    Rsa = 0,
    Ed25519 = 1,
    Secp256k1 = 2,
    Ecdsa = 3,
}

/// <summary>
/// A key in its protobuf form, <c>{1: type, 2: data}</c>, laid by hand: the peer id is a hash of these bytes, so only the
/// one canonical encoding counts (libp2p specification, <c>peer-ids</c>: fields in order, shortest numbers, no others).
/// </summary>
internal static class PublicKeyCodec
{
    /// <summary>Longest key that is read: an RSA key of 8,192 bits.</summary>
    public const int DataBytesMax = 1_100;

    private const byte TypeField = 0x08;
    private const byte DataField = 0x12;

    public static byte[] Encode(PeerKeyType type, ReadOnlySpan<byte> data)
    {
        byte[] target = new byte[3 + Varint.Length((ulong)data.Length) + data.Length];
        target[0] = TypeField;
        target[1] = (byte)type;
        target[2] = DataField;
        data.CopyTo(target.AsSpan(3 + Varint.Write(target.AsSpan(3), (ulong)data.Length)));
        return target;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out PeerKeyType type, out ReadOnlySpan<byte> data)
    {
        ByteCursor cursor = new(bytes);
        data = default;
        type = default;
        if (!cursor.TryByte(TypeField) || !cursor.TryVarint(out ulong number) || number > (ulong)PeerKeyType.Ecdsa
            || !cursor.TryByte(DataField) || !cursor.TryPrefixed(DataBytesMax, out data) || !cursor.AtEnd)
        {
            return false;
        }
        type = (PeerKeyType)number;
        return true;
    }
}

using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// Members of closed maps, read in their canonical order. The reader's error is sticky, so calls may be joined
/// without short-circuit: after a fault they do nothing.
/// </summary>
public static class CborMembers
{
    /// <summary><c>"v": 1</c>.</summary>
    public static bool TryReadVersion(this ref CborReader reader, ref CborMapScope map)
    {
        if (!reader.TryReadKey(ref map, "v"u8))
        {
            return false;
        }

        int at = reader.Position;
        return reader.TryReadUnsigned(out ulong version) && (version == 1 || reader.Fail(CborFault.WrongValue, at));
    }

    public static bool TryReadMember(this ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, out Digest value)
    {
        value = default;
        return reader.TryReadKey(ref map, key) && reader.TryReadDigest(out value);
    }

    public static bool TryReadMember(this ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, out ulong value)
    {
        value = 0;
        return reader.TryReadKey(ref map, key) && reader.TryReadUnsigned(out value);
    }

    /// <summary>A text of at most <paramref name="bytesMax"/> UTF-8 bytes.</summary>
    public static bool TryReadMember(
        this ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, int bytesMax, out string value)
    {
        value = "";
        if (!reader.TryReadKey(ref map, key))
        {
            return false;
        }

        int at = reader.Position;
        return reader.TryReadText(out ReadOnlySpan<byte> utf8)
            && (utf8.Length <= bytesMax || reader.Fail(CborFault.WrongLength, at))
            && Keep(utf8, out value);
    }

    /// <summary>A byte string of <paramref name="bytesMin"/> to <paramref name="bytesMax"/> bytes.</summary>
    public static bool TryReadMember(
        this ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, int bytesMin, int bytesMax, out byte[] value)
    {
        value = [];
        if (!reader.TryReadKey(ref map, key))
        {
            return false;
        }

        int at = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> bytes)
            || ((bytes.Length < bytesMin || bytes.Length > bytesMax) && !reader.Fail(CborFault.WrongLength, at)))
        {
            return false;
        }

        value = bytes.ToArray();
        return true;
    }

    /// <summary>Opens the array under <paramref name="key"/>, of at most <paramref name="countMax"/> items.</summary>
    public static bool TryReadArrayMember(
        this ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, int countMax, out int count)
    {
        count = 0;
        if (!reader.TryReadKey(ref map, key))
        {
            return false;
        }

        int at = reader.Position;
        if (!reader.TryReadArray(out count) || (count > countMax && !reader.Fail(CborFault.WrongCount, at)))
        {
            count = 0;
            return false;
        }

        return true;
    }

    private static bool Keep(ReadOnlySpan<byte> utf8, out string value)
    {
        value = System.Text.Encoding.UTF8.GetString(utf8);
        return true;
    }
}

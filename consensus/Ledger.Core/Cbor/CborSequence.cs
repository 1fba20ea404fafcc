using System.Buffers.Binary;

namespace Ledger.Core.Cbor;

/// <summary>What stands at the start of some bytes of a CBOR sequence (RFC 8742).</summary>
public enum CborItem
{
    /// <summary>A whole item.</summary>
    Whole,

    /// <summary>The beginning of an item; more bytes are needed.</summary>
    Incomplete,

    /// <summary>No item of definite length, or a longer one than allowed: nothing after it can be found.</summary>
    Unreadable,
}

/// <summary>
/// Finds where the items of a CBOR sequence end. It judges lengths alone, so that an item that the strict reader will
/// refuse does not hide the ones behind it. No recursion, no allocation; linear in the bytes looked at.
/// </summary>
public static class CborSequence
{
    private const int MajorTag = 6;
    private const int MajorSimple = 7;

    /// <param name="data">The rest of the sequence, or as much of it as is at hand.</param>
    /// <param name="lengthMax">Longest item, in bytes, that is allowed.</param>
    /// <param name="length">Bytes of the item, if it is whole.</param>
    /// <param name="error">What is wrong, and where, unless the item is whole.</param>
    public static CborItem Next(ReadOnlySpan<byte> data, int lengthMax, out int length, out CborError error)
    {
        length = 0;
        error = default;
        int position = 0;

        // Items still owed: one for the whole, plus what each opened array, map and tag promises.
        ulong owed = 1;
        while (owed > 0)
        {
            if (!TryReadHead(data, position, out int major, out ulong argument, out int headLength, out error))
            {
                bool short_ = error.Fault == CborFault.Truncated && position <= lengthMax;
                return short_ ? CborItem.Incomplete : CborItem.Unreadable;
            }

            owed--;
            ulong next = (ulong)(position + headLength);
            switch (major)
            {
                case 2 or 3:
                    next += Math.Min(argument, (ulong)lengthMax + 1);
                    break;
                case 4 or 5:
                    owed += Math.Min(argument, (ulong)lengthMax + 1) * (major == 4 ? 1u : 2u);
                    break;
                case MajorTag:
                    owed++;
                    break;
            }

            // Every item owed takes at least a byte, so a promise beyond the limit needs no reading.
            if (next + owed > (ulong)lengthMax)
            {
                error = new CborError(CborFault.TooLong, position);
                return CborItem.Unreadable;
            }

            position = (int)next;
        }

        if (position > data.Length)
        {
            error = new CborError(CborFault.Truncated, data.Length);
            return CborItem.Incomplete;
        }

        length = position;
        return CborItem.Whole;
    }

    private static bool TryReadHead(
        ReadOnlySpan<byte> data, int position, out int major, out ulong argument, out int length, out CborError error)
    {
        major = 0;
        argument = 0;
        length = 1;
        error = default;
        if (position >= data.Length)
        {
            error = new CborError(CborFault.Truncated, data.Length);
            return false;
        }

        major = data[position] >> 5;
        int info = data[position] & 0x1f;
        if (info < 24)
        {
            argument = (ulong)info;
            return true;
        }

        if (info > 27)
        {
            error = new CborError(info == 31 ? CborFault.IndefiniteLength : CborFault.ReservedHead, position);
            return false;
        }

        int size = 1 << (info - 24);
        length = 1 + size;
        if (data.Length - position < length)
        {
            error = new CborError(CborFault.Truncated, data.Length);
            return false;
        }

        ReadOnlySpan<byte> rest = data.Slice(position + 1, size);
        argument = major == MajorSimple ? 0 : size switch
        {
            1 => rest[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest),
            4 => BinaryPrimitives.ReadUInt32BigEndian(rest),
            _ => BinaryPrimitives.ReadUInt64BigEndian(rest),
        };
        return true;
    }
}

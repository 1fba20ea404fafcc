using System.Buffers.Binary;

namespace Ledger.Core.Cbor;

/// <content>Initial bytes and their arguments, and what every item shares.</content>
public ref partial struct CborReader
{
    private bool TryReadString(int major, out ReadOnlySpan<byte> value, out int start)
    {
        value = default;
        if (!TryReadHead(major, out ulong length, out start))
        {
            return false;
        }

        if (length > (ulong)(_data.Length - _position))
        {
            return Fail(CborFault.Truncated, start);
        }

        value = _data.Slice(_position, (int)length);
        return Advance((int)length);
    }

    private bool TryOpen(int major, int itemsPerEntry, out int count)
    {
        count = 0;
        if (!TryReadHead(major, out ulong entries, out int start))
        {
            return false;
        }

        if (++_depth > Limits.CborDepth)
        {
            return Fail(CborFault.TooDeep, start);
        }

        // Each item takes at least a byte, so a count beyond the rest is a lie that must not steer any loop.
        if (entries > (ulong)((_data.Length - _position) / itemsPerEntry))
        {
            return Fail(CborFault.Truncated, start);
        }

        count = (int)entries;
        return true;
    }

    private bool Close()
    {
        if (HasError)
        {
            return false;
        }

        _depth--;
        return true;
    }

    private bool TryReadHead(int major, out ulong argument, out int start)
    {
        argument = 0;
        start = _position;
        if (HasError)
        {
            return false;
        }

        if (_position >= _data.Length)
        {
            return Fail(CborFault.Truncated, start);
        }

        byte head = _data[_position];
        if (head >> 5 != major)
        {
            return FailType();
        }

        int info = head & 0x1f;
        if (info < 24)
        {
            argument = (ulong)info;
            return Advance(1);
        }

        if (info > 27)
        {
            return Fail(info == 31 ? CborFault.IndefiniteLength : CborFault.ReservedHead, start);
        }

        int size = 1 << (info - 24);
        if (_data.Length - _position - 1 < size)
        {
            return Fail(CborFault.Truncated, start);
        }

        ReadOnlySpan<byte> rest = _data.Slice(_position + 1, size);
        argument = size switch
        {
            1 => rest[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest),
            4 => BinaryPrimitives.ReadUInt32BigEndian(rest),
            _ => BinaryPrimitives.ReadUInt64BigEndian(rest),
        };
        ulong smallest = size switch { 1 => 24, 2 => 0x100, 4 => 0x1_0000, _ => 0x1_0000_0000 };
        return argument >= smallest ? Advance(1 + size) : Fail(CborFault.NotShortest, start);
    }

    private bool InRange(ulong magnitude, int start) =>
        magnitude <= Limits.Integer || Fail(CborFault.IntegerRange, start);

    private bool Advance(int count)
    {
        _position += count;
        return true;
    }

    /// <summary>The item at hand is not what was wanted: names what it is where that alone is a fault.</summary>
    private bool FailType()
    {
        if (HasError)
        {
            return false;
        }

        if (_position >= _data.Length)
        {
            return Fail(CborFault.Truncated, _position);
        }

        return Fail(
            _data[_position] switch
            {
                >= 0xf9 and <= 0xfb => CborFault.FloatingPoint,
                >= 0xfc and <= 0xfe => CborFault.ReservedHead,
                0xff => CborFault.IndefiniteLength,
                >= 0xe0 and not (0xf4 or 0xf5 or 0xf6) => CborFault.SimpleValue,
                >= 0xc0 and < 0xe0 => CborFault.UnexpectedTag,
                _ => CborFault.UnexpectedType,
            },
            _position);
    }
}

using System.Buffers.Binary;
using System.Text.Unicode;

namespace Ledger.Core.Cbor;

/// <summary>
/// Forward-only reader of deterministic CBOR over a span: no object model, no allocation, not even to reject.
/// Every <c>TryRead…</c> returns false at the first fault and from then on; <see cref="Error"/> says which and where.
/// Integers are within ±(2^53 - 1); nesting is at most <see cref="Limits.CborDepth"/>.
/// </summary>
public ref struct CborReader
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;
    private int _depth;
    private CborError _error;

    public CborReader(ReadOnlySpan<byte> data) => _data = data;

    /// <summary>Bytes consumed so far.</summary>
    public readonly int Position => _position;

    public readonly bool HasError => _error.Fault != CborFault.None;

    public readonly CborError Error => _error;

    /// <summary>True once every byte is consumed.</summary>
    public readonly bool AtEnd => _position == _data.Length;

    /// <summary>Type of the next item without consuming it; <see cref="CborType.None"/> at the end or after a fault.</summary>
    public readonly CborType Peek()
    {
        if (HasError || _position >= _data.Length)
        {
            return CborType.None;
        }

        byte head = _data[_position];
        return (head >> 5) switch
        {
            0 => CborType.UnsignedInteger,
            1 => CborType.NegativeInteger,
            2 => CborType.Bytes,
            3 => CborType.Text,
            4 => CborType.Array,
            5 => CborType.Map,
            6 => CborType.Tag,
            _ => head switch { 0xf4 or 0xf5 => CborType.Boolean, 0xf6 => CborType.Null, _ => CborType.None },
        };
    }

    public bool TryReadUnsigned(out ulong value) => TryReadHead(0, out value, out int start) && InRange(value, start);

    /// <summary>Either sign.</summary>
    public bool TryReadInteger(out long value)
    {
        value = 0;
        int start = _position;
        bool negative = Peek() == CborType.NegativeInteger;
        if (!TryReadHead(negative ? 1 : 0, out ulong argument, out _))
        {
            return false;
        }

        // A negative n stands as -1 - n. The sum below must not wrap: the argument of -2^64 is the largest ulong.
        ulong magnitude = negative && argument != ulong.MaxValue ? argument + 1 : argument;
        if (!InRange(magnitude, start))
        {
            return false;
        }

        value = negative ? -(long)magnitude : (long)magnitude;
        return true;
    }

    public bool TryReadBytes(out ReadOnlySpan<byte> value) => TryReadString(2, out value, out _);

    /// <summary>A byte string of exactly <paramref name="length"/> bytes.</summary>
    public bool TryReadBytes(int length, out ReadOnlySpan<byte> value) =>
        TryReadString(2, out value, out int start) && (value.Length == length || Fail(CborFault.WrongLength, start));

    public bool TryReadDigest(out Digest value)
    {
        bool read = TryReadBytes(Digest.Size, out ReadOnlySpan<byte> bytes);
        value = read ? new Digest(bytes) : default;
        return read;
    }

    public bool TryReadRecordId(out RecordId value)
    {
        bool read = TryReadBytes(RecordId.Size, out ReadOnlySpan<byte> bytes);
        value = read ? new RecordId(bytes) : default;
        return read;
    }

    /// <summary>The UTF-8 bytes of a text.</summary>
    public bool TryReadText(out ReadOnlySpan<byte> utf8) =>
        TryReadString(3, out utf8, out int start) && (Utf8.IsValid(utf8) || Fail(CborFault.InvalidUtf8, start));

    /// <summary>Exactly this text.</summary>
    public bool TryReadText(ReadOnlySpan<byte> expected)
    {
        int start = _position;
        return TryReadText(out ReadOnlySpan<byte> text) && (text.SequenceEqual(expected) || Fail(CborFault.WrongValue, start));
    }

    public bool TryReadString(out string value)
    {
        bool read = TryReadText(out ReadOnlySpan<byte> utf8);
        value = read ? System.Text.Encoding.UTF8.GetString(utf8) : "";
        return read;
    }

    public bool TryReadBoolean(out bool value)
    {
        value = Peek() == CborType.Boolean && _data[_position] == 0xf5;
        return Peek() == CborType.Boolean ? Advance(1) : FailType();
    }

    public bool TryReadNull() => Peek() == CborType.Null ? Advance(1) : FailType();

    /// <summary>Consumes a null if one comes next.</summary>
    public bool SkipIfNull() => Peek() == CborType.Null && Advance(1);

    /// <summary>Exactly this tag, in its shortest form.</summary>
    public bool TryReadTag(ulong tag) =>
        TryReadHead(6, out ulong value, out int start) && (value == tag || Fail(CborFault.UnexpectedTag, start));

    /// <summary>Opens an array; close it with <see cref="EndArray"/> after reading its items.</summary>
    public bool TryReadArray(out int count) => TryOpen(4, 1, out count);

    public bool TryReadArray(int expected)
    {
        int start = _position;
        return TryReadArray(out int count) && (count == expected || Fail(CborFault.WrongCount, start));
    }

    public bool EndArray() => Close();

    /// <summary>Opens a map; read its keys with the scope, and close it with <see cref="EndMap"/>.</summary>
    public bool TryReadMap(out CborMapScope scope)
    {
        scope = default;
        if (!TryOpen(5, 2, out int count))
        {
            return false;
        }

        scope = new CborMapScope { Remaining = count, PreviousStart = -1 };
        return true;
    }

    /// <summary>Closes a map; unread members are a fault.</summary>
    public bool EndMap(in CborMapScope scope) =>
        scope.Remaining == 0 ? Close() : Fail(CborFault.UnknownMember, _position);

    /// <summary>Next key, a text, ascending by encoding. False at the end of the map as well: check <see cref="HasError"/>.</summary>
    public bool TryReadKey(ref CborMapScope scope, out ReadOnlySpan<byte> key)
    {
        key = default;
        if (HasError || scope.Remaining == 0)
        {
            return false;
        }

        if (_position < _data.Length && Peek() != CborType.Text)
        {
            return Fail(CborFault.KeyNotText, _position);
        }

        int start = _position;
        return TryReadText(out key) && AcceptKey(ref scope, start);
    }

    /// <summary>The next member must be this text key.</summary>
    public bool TryReadKey(ref CborMapScope scope, ReadOnlySpan<byte> expected)
    {
        int start = _position;
        if (!HasError && scope.Remaining == 0)
        {
            return Fail(CborFault.MissingMember, start);
        }

        return TryReadKey(ref scope, out ReadOnlySpan<byte> key)
            && (key.SequenceEqual(expected) || Fail(ComesBefore(key, expected) ? CborFault.UnknownMember : CborFault.MissingMember, start));
    }

    /// <summary>Consumes this text key if it comes next; an absent optional member leaves the position alone.</summary>
    public bool TryReadOptionalKey(ref CborMapScope scope, ReadOnlySpan<byte> expected)
    {
        if (HasError || scope.Remaining == 0)
        {
            return false;
        }

        CborReader ahead = this;
        CborMapScope scopeAhead = scope;
        if (!ahead.TryReadKey(ref scopeAhead, out ReadOnlySpan<byte> key))
        {
            this = ahead;
            return false;
        }

        if (!key.SequenceEqual(expected))
        {
            return false;
        }

        this = ahead;
        scope = scopeAhead;
        return true;
    }

    /// <summary>The next member must be this unsigned integer key (COSE headers).</summary>
    public bool TryReadIntegerKey(ref CborMapScope scope, ulong expected)
    {
        int start = _position;
        if (!HasError && scope.Remaining == 0)
        {
            return Fail(CborFault.MissingMember, start);
        }

        return TryReadUnsigned(out ulong key)
            && AcceptKey(ref scope, start)
            && (key == expected || Fail(key < expected ? CborFault.UnknownMember : CborFault.MissingMember, start));
    }

    /// <summary>Checks and steps over one value of any allowed type. Maps inside must have text keys.</summary>
    public bool TrySkip()
    {
        switch (Peek())
        {
            case CborType.UnsignedInteger:
            case CborType.NegativeInteger:
                return TryReadInteger(out _);
            case CborType.Bytes:
                return TryReadBytes(out _);
            case CborType.Text:
                return TryReadText(out _);
            case CborType.Boolean:
            case CborType.Null:
                return Advance(1);
            case CborType.Array:
                if (!TryReadArray(out int count))
                {
                    return false;
                }

                for (int i = 0; i < count; i++)
                {
                    if (!TrySkip())
                    {
                        return false;
                    }
                }

                return EndArray();
            case CborType.Map:
                if (!TryReadMap(out CborMapScope scope))
                {
                    return false;
                }

                while (TryReadKey(ref scope, out _))
                {
                    if (!TrySkip())
                    {
                        return false;
                    }
                }

                return !HasError && EndMap(scope);
            case CborType.Tag:
                return Fail(CborFault.UnexpectedTag, _position);
            default:
                return FailType();
        }
    }

    /// <summary>Like <see cref="TrySkip"/>, handing back the encoded value.</summary>
    public bool TryReadEncoded(out ReadOnlySpan<byte> encoded)
    {
        int start = _position;
        bool read = TrySkip();
        encoded = read ? _data[start.._position] : default;
        return read;
    }

    /// <summary>The document must end here.</summary>
    public bool TryFinish() => !HasError && (AtEnd || Fail(CborFault.TrailingBytes, _position));

    /// <summary>Reports a fault that the caller found in the item at <paramref name="offset"/>. Always false.</summary>
    public bool Fail(CborFault fault, int offset)
    {
        if (!HasError)
        {
            _error = new CborError(fault, offset);
        }

        return false;
    }

    private static bool ComesBefore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> other) =>
        key.Length != other.Length ? key.Length < other.Length : key.SequenceCompareTo(other) < 0;

    private bool AcceptKey(ref CborMapScope scope, int start)
    {
        ReadOnlySpan<byte> encoded = _data[start.._position];
        if (scope.PreviousStart >= 0)
        {
            int order = _data.Slice(scope.PreviousStart, scope.PreviousLength).SequenceCompareTo(encoded);
            if (order >= 0)
            {
                return Fail(order == 0 ? CborFault.DuplicateKey : CborFault.KeysNotAscending, start);
            }
        }

        scope.PreviousStart = start;
        scope.PreviousLength = encoded.Length;
        scope.Remaining--;
        return true;
    }

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

using System.Text.Unicode;

namespace Ledger.Core.Cbor;

/// <summary>
/// Forward-only reader of deterministic CBOR over a span: no object model, no allocation, not even to reject.
/// Every <c>TryRead…</c> returns false at the first fault and from then on; <see cref="Error"/> says which and where.
/// Integers are within ±(2^53 - 1); nesting is at most <see cref="Limits.CborDepth"/>.
/// </summary>
public ref partial struct CborReader
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

    /// <summary>
    /// Type of the next item without consuming it; <see cref="CborType.None"/> at the end or after a fault.
    /// </summary>
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
        return TryReadText(out ReadOnlySpan<byte> text)
            && (text.SequenceEqual(expected) || Fail(CborFault.WrongValue, start));
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
}

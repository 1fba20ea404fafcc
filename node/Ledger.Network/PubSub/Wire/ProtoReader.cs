using System.Text;

namespace Ledger.Network.PubSub.Wire;

/// <summary>
/// Reads one protobuf message from a span, strictly: varints are shortest, lengths stay inside, groups and field
/// number 0 are refused. It allocates nothing; what it hands out are ranges of its input.
/// </summary>
/// <remarks>Source: the protobuf encoding guide, "Message Structure".</remarks>
internal ref struct ProtoReader(ReadOnlyMemory<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private readonly ReadOnlyMemory<byte> _bytes = bytes;
    private int _at;

    /// <summary>Why reading ended; null while all is well.</summary>
    internal string? Fault { get; private set; }

    internal readonly bool AtEnd => _at == _bytes.Length;

    /// <summary>The next field's number and wire type; false at the end and at a fault.</summary>
    internal bool TryField(out int number, out WireType type)
    {
        number = 0;
        type = default;
        if (AtEnd || Fault is not null || !TryVarint(out ulong tag))
            return false;
        type = (WireType)(tag & 7);
        ulong field = tag >> 3;
        if (field is 0 or > (1 << 29) - 1)
            return Fail("a field number is 0 or too large");
        if (type is not (WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32))
            return Fail("a wire type is a group or unknown");
        number = (int)field;
        return true;
    }

    internal bool TryVarint(out ulong value)
    {
        value = 0;
        ReadOnlySpan<byte> left = _bytes.Span[_at..];
        for (int i = 0; i < left.Length && i < 10; i++)
        {
            byte part = left[i];
            if (i == 9 && part > 1)
                return Fail("a varint does not fit 64 bits");
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
            {
                if (part == 0 && i > 0)
                    return Fail("a varint is not the shortest");
                _at += i + 1;
                return true;
            }
        }
        return Fail(left.Length < 10 ? "the bytes end inside a varint" : "a varint does not fit 64 bits");
    }

    /// <summary>The bytes of a length-delimited field, at most <paramref name="max"/> of them.</summary>
    internal bool TryBytes(int max, out ReadOnlyMemory<byte> value)
    {
        value = default;
        if (!TryVarint(out ulong length))
            return false;
        if (length > (ulong)(_bytes.Length - _at))
            return Fail("a length points behind the end");
        if (length > (ulong)max)
            return Fail("a field is longer than its limit");
        value = _bytes.Slice(_at, (int)length);
        _at += (int)length;
        return true;
    }

    /// <summary>A text of valid UTF-8, at most <paramref name="maxBytes"/> bytes long.</summary>
    internal bool TryText(int maxBytes, out string value)
    {
        value = "";
        if (!TryBytes(maxBytes, out ReadOnlyMemory<byte> bytes))
            return false;
        try
        {
            value = Strict.GetString(bytes.Span);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return Fail("a text is not UTF-8");
        }
    }

    /// <summary>Passes over a field that this version does not know.</summary>
    internal bool TrySkip(WireType type) => type switch
    {
        WireType.Varint => TryVarint(out _),
        WireType.Bytes => TryBytes(int.MaxValue, out _),
        WireType.Fixed64 => TrySkip(8),
        WireType.Fixed32 => TrySkip(4),
        _ => Fail("a wire type is a group or unknown"),
    };

    internal bool Fail(string reason)
    {
        Fault ??= reason;
        return false;
    }

    private bool TrySkip(int count)
    {
        if (count > _bytes.Length - _at)
            return Fail("the bytes end inside a number");
        _at += count;
        return true;
    }
}

/// <summary>How a field's value is laid.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

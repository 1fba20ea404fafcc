namespace Ledger.Core.Cbor;

/// <content>Maps: keys in ascending order of their encodings, each once.</content>
public ref partial struct CborReader
{
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

    /// <summary>
    /// Next key, a text, ascending by encoding. False at the end of the map as well: check <see cref="HasError"/>.
    /// </summary>
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

        if (!TryReadKey(ref scope, out ReadOnlySpan<byte> key))
        {
            return false;
        }

        CborFault fault = ComesBefore(key, expected) ? CborFault.UnknownMember : CborFault.MissingMember;
        return key.SequenceEqual(expected) || Fail(fault, start);
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
}

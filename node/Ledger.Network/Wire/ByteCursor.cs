namespace Ledger.Network.Wire;

/// <summary>Reads a document of known length from its front; every step may fail, none throws.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public bool TryVarint(out ulong value)
    {
        if (Varint.TryRead(_rest, out value, out int consumed) != ReadOutcome.Done)
            return false;
        _rest = _rest[consumed..];
        return true;
    }

    public bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (count < 0 || count > _rest.Length)
            return false;
        taken = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    /// <summary>Bytes behind their own length, of which there are at most so many.</summary>
    public bool TryPrefixed(int lengthMax, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        return TryVarint(out ulong length) && length <= (ulong)lengthMax && TryTake((int)length, out taken);
    }

    public bool TryByte(byte expected) => TryTake(1, out ReadOnlySpan<byte> taken) && taken[0] == expected;
}

namespace Ledger.Network.Wire;

/// <summary>What came of reading the front of some bytes.</summary>
internal enum ReadOutcome
{
    /// <summary>Read whole.</summary>
    Done,

    /// <summary>Sound so far; more bytes decide.</summary>
    NeedMore,

    /// <summary>No further bytes make it sound.</summary>
    Invalid,
}

/// <summary>
/// The unsigned varint of multiformats: seven bits a byte, the lowest first, at most nine bytes, and never longer than
/// needed, so that each number has one encoding.
/// </summary>
internal static class Varint
{
    public const int BytesMax = 9;

    public static int Length(ulong value)
    {
        int length = 1;
        while ((value >>= 7) != 0)
            length++;
        return length;
    }

    /// <summary>Writes the number and says how many bytes that took.</summary>
    public static int Write(Span<byte> target, ulong value)
    {
        int at = 0;
        for (; value > 0x7f; value >>= 7)
            target[at++] = (byte)(value | 0x80);
        target[at++] = (byte)value;
        return at;
    }

    public static ReadOutcome TryRead(ReadOnlySpan<byte> bytes, out ulong value, out int consumed)
    {
        value = 0;
        consumed = 0;
        for (int at = 0; at < BytesMax; at++)
        {
            if (at == bytes.Length)
                return ReadOutcome.NeedMore;
            byte next = bytes[at];
            value |= (ulong)(next & 0x7f) << (7 * at);
            if ((next & 0x80) != 0)
                continue;
            // A last byte of zero adds nothing: the number has a shorter form.
            if (next == 0 && at > 0)
                return ReadOutcome.Invalid;
            consumed = at + 1;
            return ReadOutcome.Done;
        }
        return ReadOutcome.Invalid;
    }
}

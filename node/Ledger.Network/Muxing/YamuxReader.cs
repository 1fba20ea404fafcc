namespace Ledger.Network.Muxing;

internal enum YamuxStep
{
    /// <summary>All bytes are used up.</summary>
    NeedMore,

    /// <summary>A header is whole.</summary>
    Header,

    /// <summary>Some of the bytes behind the header of a data frame.</summary>
    Payload,

    /// <summary>The bytes are no yamux.</summary>
    Invalid,
}

/// <summary>
/// Cuts a byte stream into yamux frames: bytes in, headers and pieces of payload out. It holds twelve bytes and no more,
/// whatever length a frame gives itself.
/// </summary>
internal sealed class YamuxReader
{
    private readonly byte[] _partial = new byte[YamuxHeader.Bytes];
    private int _held;

    /// <summary>Bytes of the present data frame that are still to come.</summary>
    public uint PayloadLeft { get; private set; }

    /// <summary>Takes the next piece from the front of <paramref name="input"/>.</summary>
    public YamuxStep Next(ref ReadOnlySpan<byte> input, out YamuxHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (PayloadLeft > 0)
        {
            if (input.IsEmpty)
                return YamuxStep.NeedMore;
            int taken = (int)Math.Min((uint)input.Length, PayloadLeft);
            payload = input[..taken];
            input = input[taken..];
            PayloadLeft -= (uint)taken;
            return YamuxStep.Payload;
        }
        int lacking = Math.Min(YamuxHeader.Bytes - _held, input.Length);
        input[..lacking].CopyTo(_partial.AsSpan(_held));
        input = input[lacking..];
        _held += lacking;
        if (_held < YamuxHeader.Bytes)
            return YamuxStep.NeedMore;
        _held = 0;
        if (!YamuxHeader.TryRead(_partial, out header))
            return YamuxStep.Invalid;
        if (header.Type == YamuxType.Data)
            PayloadLeft = header.Value;
        return YamuxStep.Header;
    }
}

using System.Buffers.Binary;

namespace Ledger.Network.Muxing;

internal enum YamuxType : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}

[Flags]
internal enum YamuxFlags : ushort
{
    None = 0,

    /// <summary>Opens a stream; with a ping, asks.</summary>
    Syn = 1,

    /// <summary>Accepts a stream; with a ping, answers.</summary>
    Ack = 2,

    /// <summary>The sender sends no more on this stream.</summary>
    Fin = 4,

    /// <summary>The stream ends at once.</summary>
    Rst = 8,
}

/// <summary>The twelve bytes before each frame of yamux (libp2p specification, <c>yamux</c>); all numbers big-endian.</summary>
/// <param name="Value">Bytes that follow, a window's growth, a ping's token, or why a session ends.</param>
internal readonly record struct YamuxHeader(YamuxType Type, YamuxFlags Flags, uint StreamId, uint Value)
{
    public const int Bytes = 12;

    private const YamuxFlags Known = YamuxFlags.Syn | YamuxFlags.Ack | YamuxFlags.Fin | YamuxFlags.Rst;

    public void Write(Span<byte> target)
    {
        target[0] = 0;
        target[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], Value);
    }

    /// <summary>Reads twelve bytes; false where version, type, flags or stream make no frame.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out YamuxHeader header)
    {
        header = new(
            (YamuxType)bytes[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        bool ofSession = header.Type is YamuxType.Ping or YamuxType.GoAway;
        return bytes[0] == 0 && header.Type <= YamuxType.GoAway && (header.Flags & ~Known) == 0
            && ofSession == (header.StreamId == 0);
    }
}

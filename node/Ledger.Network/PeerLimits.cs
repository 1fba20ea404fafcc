namespace Ledger.Network;

/// <summary>
/// What peers may take of this node. Nothing here grows without end: what a connection holds is at most
/// <see cref="UnreadBytesMax"/>, its buffers (about 1 MiB), and what its handlers take.
/// </summary>
public sealed record PeerLimits
{
    /// <summary>Connections open at once; one peer has one.</summary>
    public int ConnectionsMax { get; init; } = 64;

    /// <summary>Handshakes under way that others began.</summary>
    public int HandshakesMax { get; init; } = 32;

    /// <summary>Of these, from one address (IPv6: one /64).</summary>
    public int HandshakesPerAddressMax { get; init; } = 8;

    /// <summary>A connection must be secured, and a stream's protocol agreed on, within this time.</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Streams that one peer may have open; further ones are reset.</summary>
    public int InboundStreamsMax { get; init; } = 128;

    /// <summary>Streams that this node may have open to one peer.</summary>
    public int OutboundStreamsMax { get; init; } = 128;

    /// <summary>Bytes of one peer that may lie unread; the connection ends beyond that.</summary>
    public int UnreadBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes that a stream's window grows to while its reader keeps up; from 262,144.</summary>
    public int WindowBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Bytes that may wait for one peer's socket; writers wait beyond that.</summary>
    public int OutputBytesMax { get; init; } = 256 * 1024;

    /// <summary>Bytes per second that are taken from one peer; beyond that its connection is read more slowly.</summary>
    public long BytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes that may come at once.</summary>
    public long BytesBurst { get; init; } = 128 * 1024 * 1024;

    /// <summary>Frames of the muxer per second that are taken from one peer; beyond that it is read more slowly.</summary>
    public long FramesPerSecond { get; init; } = 50_000;

    /// <summary>Frames that may come at once.</summary>
    public long FramesBurst { get; init; } = 100_000;

    /// <summary>Time between two pings that keep a connection alive.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A connection ends when it was silent so long after a ping, or a write did not end within this time.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What is left after the end of a connection is sent, or dropped, within this time.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(3);
}

namespace Ledger.Network.Muxing;

/// <summary>What one yamux session may hold. All sizes in bytes.</summary>
internal sealed record YamuxLimits
{
    /// <summary>The window that both sides assume when a stream opens (specification, "Flow Control").</summary>
    public const int FirstWindow = 256 * 1024;

    /// <summary>Streams that the other side may have open; further ones are reset.</summary>
    public int InboundStreamsMax { get; init; } = 128;

    /// <summary>Streams that this side may have open.</summary>
    public int OutboundStreamsMax { get; init; } = 128;

    /// <summary>The window that a stream grows to while its reader keeps up.</summary>
    public int WindowMax { get; init; } = 1024 * 1024;

    /// <summary>What the windows of all streams together may grow beyond their first.</summary>
    public int WindowGrowthMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>What may lie unread in all streams together; the session ends beyond that.</summary>
    public int UnreadMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>Data that may wait for the socket; writers wait beyond that.</summary>
    public int OutputRoom { get; init; } = 256 * 1024;
}

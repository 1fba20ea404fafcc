namespace Ledger.Network.Muxing;

/// <summary>Why a session ends: yamux's own codes, and those of libp2p's list (<c>error-codes</c>) beyond 0x1000.</summary>
internal enum GoAwayCode : uint
{
    Normal = 0,
    ProtocolError = 1,
    InternalError = 2,

    /// <summary>Admission refuses the peer.</summary>
    Gated = 0x1001,
    ResourceLimit = 0x1002,
    RateLimited = 0x1003,

    /// <summary>Another connection to the same peer is kept.</summary>
    Supplanted = 0x1005,
    Shutdown = 0x1007,
}

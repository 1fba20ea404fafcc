namespace Ledger.Network;

/// <summary>What went wrong between peers.</summary>
public enum NetworkFault
{
    /// <summary>The other side cannot be reached, or the connection broke.</summary>
    Unreachable,

    /// <summary>The connection or stream was closed on this side.</summary>
    Closed,

    /// <summary>The other side ended the connection or reset the stream.</summary>
    EndedByPeer,

    /// <summary>What the other side sent breaks the protocol.</summary>
    ProtocolViolation,

    /// <summary>The other side does not speak the protocol asked for.</summary>
    ProtocolUnknown,

    /// <summary>A limit of this side, or of the other, is used up.</summary>
    LimitReached,

    /// <summary>The other side took too long.</summary>
    TimedOut,

    /// <summary>The certificate or the peer id is not as it should be.</summary>
    IdentityWrong,

    /// <summary>Admission refused the peer, here or there.</summary>
    NotAdmitted,
}

/// <summary>A connection or stream cannot go on. Bad luck on a network, never a bug of the caller.</summary>
public sealed class NetworkException : IOException
{
    public NetworkException() : this(NetworkFault.Unreachable, "The connection cannot go on.") { }

    public NetworkException(string message) : this(NetworkFault.Unreachable, message) { }

    public NetworkException(string message, Exception inner) : this(NetworkFault.Unreachable, message, inner) { }

    public NetworkException(NetworkFault fault, string message, Exception? inner = null) : base(message, inner) =>
        Fault = fault;

    public NetworkFault Fault { get; }
}

namespace Ledger.Network.PubSub;

/// <summary>What happens to a router.</summary>
internal abstract record GossipInput
{
    /// <summary>A peer can be spoken to.</summary>
    /// <param name="Outbound">Whether we dialled it.</param>
    /// <param name="Address">Where it is, as far as P6 counts; null where that does not matter.</param>
    internal sealed record PeerConnected(
        PeerName Peer, PubSubProtocol Protocol, bool Outbound, string? Address = null) : GossipInput;

    internal sealed record PeerGone(PeerName Peer) : GossipInput;

    /// <summary>One RPC, without the length in front of it. The bytes are not kept.</summary>
    internal sealed record RpcHeard(PeerName Peer, ReadOnlyMemory<byte> Bytes) : GossipInput;

    /// <summary>The length in front of an RPC was over the limit, so that it was not read.</summary>
    internal sealed record RpcTooLong(PeerName Peer) : GossipInput;

    /// <summary>One <see cref="GossipEffect.Send"/> has been carried out.</summary>
    internal sealed record RpcWritten(PeerName Peer) : GossipInput;

    /// <summary>A heartbeat is due.</summary>
    internal sealed record Tick : GossipInput;

    /// <summary>The application has something to say. Its data are not changed afterwards.</summary>
    /// <param name="Again">
    /// Whether it goes out even where it was said before: a peer that was not there then hears it now, and to the
    /// others it is a copy like any other.
    /// </param>
    internal sealed record Publish(string Topic, ReadOnlyMemory<byte> Data, bool Again = false) : GossipInput;

    /// <summary>The application has judged what it was given.</summary>
    internal sealed record Validated(MessageKey Message, Verdict Verdict) : GossipInput;

    internal sealed record Subscribe(string Topic) : GossipInput;

    internal sealed record Unsubscribe(string Topic) : GossipInput;

    /// <summary>P5: what the application thinks of a peer.</summary>
    internal sealed record PeerAppraised(PeerName Peer, double Value) : GossipInput;
}

/// <summary>What a router wants done.</summary>
internal abstract record GossipEffect
{
    /// <summary>
    /// Write one RPC, with its length in front, after the ones before; then say <see cref="GossipInput.RpcWritten"/>.
    /// </summary>
    internal sealed record Send(PeerName Peer, ReadOnlyMemory<byte> Rpc) : GossipEffect;

    /// <summary>
    /// Judge a message, once for each <see cref="MessageKey"/>, and say <see cref="GossipInput.Validated"/>. The data
    /// may be kept.
    /// </summary>
    /// <param name="From">Who passed it on.</param>
    /// <param name="Author">Who signed it; null where messages are not signed.</param>
    internal sealed record Deliver(
        MessageKey Message, ReadOnlyMemory<byte> Data, PeerName From, ReadOnlyMemory<byte>? Author) : GossipEffect;

    /// <summary>End the connection. The router has forgotten it already.</summary>
    internal sealed record Disconnect(PeerName Peer, DisconnectReason Reason) : GossipEffect;
}

/// <summary>What a peer speaks, as negotiated.</summary>
internal enum PubSubProtocol
{
    /// <summary><c>/meshsub/1.0.0</c>: a PRUNE names no back-off.</summary>
    Meshsub10,

    /// <summary><c>/meshsub/1.1.0</c>.</summary>
    Meshsub11,
}

/// <summary>What the application makes of a message.</summary>
/// <remarks>Source: gossipsub v1.1, "Extended Validators".</remarks>
public enum Verdict
{
    /// <summary>Pass it on.</summary>
    Accept,

    /// <summary>It is invalid, and who sent it should have known: P4.</summary>
    Reject,

    /// <summary>Neither.</summary>
    Ignore,
}

internal enum DisconnectReason
{
    /// <summary>Its score fell below the graylist threshold.</summary>
    Graylisted,

    /// <summary>What it said was no RPC, or a longer one than is read.</summary>
    Malformed,

    /// <summary>It does not take what is sent to it.</summary>
    Stalled,

    /// <summary>There are as many peers as there may be.</summary>
    Full,
}

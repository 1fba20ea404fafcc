using Google.Protobuf;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;

namespace Ledger.Network.Protocols;

/// <summary>
/// libp2p's identify: each side asks the other once who it is, and hears of changes by push. What a peer says of itself is
/// kept within limits and never believed beyond its own connection; its key is the one that the handshake proved.
/// </summary>
internal sealed class Identify(PeerHost host, PeerHostOptions options)
{
    public const string Protocol = "/ipfs/id/1.0.0";
    public const string PushProtocol = "/ipfs/id/push/1.0.0";

    /// <summary>Longest message that is read, in bytes.</summary>
    public const int MessageBytesMax = 8_192;

    /// <summary>Messages that one answer may consist of; their parts add up (js-libp2p splits long ones).</summary>
    public const int MessagesMax = 4;

    public const int ItemsMax = 128;
    public const int TextMax = 256;

    /// <summary>Asks a peer and keeps the answer with its connection.</summary>
    public async Task AskAsync(PeerConnection connection, CancellationToken stop)
    {
        await using PeerStream stream = await host.OpenStreamAsync(connection, Protocol, default, stop);
        stream.CloseWrite();
        await HearAsync(connection, stream, null, stop);
    }

    /// <summary>Answers who this node is.</summary>
    public async Task AnswerAsync(PeerStream stream, CancellationToken stop) =>
        await stream.WriteAsync(Describe(host.FindConnection(stream.Peer)?.RemoteAddress), stop);

    /// <summary>Tells a peer what has changed.</summary>
    public async Task PushAsync(PeerConnection connection, CancellationToken stop)
    {
        await using PeerStream stream = await host.OpenStreamAsync(connection, PushProtocol, default, stop);
        await stream.WriteAsync(Describe(connection.RemoteAddress), stop);
        stream.CloseWrite();
        // Its end is the sign that the other side has read.
        _ = await stream.ReadAsync(new byte[1], stop);
    }

    /// <summary>Hears what has changed; what is not named stays as it was.</summary>
    public async Task HearPushAsync(PeerStream stream, CancellationToken stop)
    {
        if (host.FindConnection(stream.Peer) is { } connection)
            await HearAsync(connection, stream, connection.Description, stop);
    }

    /// <summary>Reads one message into a description; false where it is beyond a limit or names another key.</summary>
    internal static bool TryMerge(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> provenKey, PeerDescription? before, out PeerDescription? description)
    {
        description = null;
        IdentifyMessage message;
        try
        {
            message = IdentifyMessage.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
        if (message.ListenAddrs.Count > ItemsMax || message.Protocols.Count > ItemsMax
            || message.AgentVersion.Length > TextMax || message.ProtocolVersion.Length > TextMax
            || message.Protocols.Any(protocol => protocol.Length is 0 or > TextMax)
            || (message.HasPublicKey && !message.PublicKey.Span.SequenceEqual(provenKey)))
        {
            return false;
        }
        // Addresses of transports that are not spoken here are no fault.
        List<Multiaddr> addresses = [];
        foreach (ByteString bytesOfOne in message.ListenAddrs)
        {
            if (Multiaddr.TryParse(bytesOfOne.Span, out Multiaddr? address))
                addresses.Add(address);
        }
        Multiaddr? observed = before?.Observed;
        if (message.HasObservedAddr && Multiaddr.TryParse(message.ObservedAddr.Span, out Multiaddr? seen))
            observed = seen;
        description = new(
            message.HasAgentVersion ? Printable(message.AgentVersion) : before?.Agent ?? "",
            message.HasProtocolVersion ? Printable(message.ProtocolVersion) : before?.ProtocolVersion ?? "",
            message.ListenAddrs.Count > 0 ? addresses : before?.Addresses ?? [],
            message.Protocols.Count > 0 ? [.. message.Protocols] : before?.Protocols ?? [],
            observed);
        return true;
    }

    private static async Task HearAsync(
        PeerConnection connection, PeerStream stream, PeerDescription? before, CancellationToken stop)
    {
        using MemoryStream whole = new();
        for (int messages = 0; ; messages++)
        {
            byte[]? bytes = await LengthPrefixed.ReadAsync(stream, MessageBytesMax, stop);
            if (bytes is null)
                break;
            if (messages == MessagesMax)
                throw new NetworkException(NetworkFault.ProtocolViolation, "The peer describes itself without end.");
            whole.Write(bytes);
        }
        // Protobuf messages one behind the other are the sum of their parts.
        ReadOnlySpan<byte> sum = whole.GetBuffer().AsSpan(0, (int)whole.Length);
        if (!TryMerge(sum, connection.RemoteKey.Encoded.Span, before, out PeerDescription? description))
            throw new NetworkException(NetworkFault.ProtocolViolation, "The peer's description of itself is no such thing.");
        connection.Description = description;
    }

    private byte[] Describe(Multiaddr? observed)
    {
        IdentifyMessage message = new()
        {
            PublicKey = ByteString.CopyFrom(options.Identity.PublicKey.Encoded.Span),
            ProtocolVersion = options.ProtocolVersion,
            AgentVersion = options.Agent,
        };
        message.ListenAddrs.AddRange(host.Announced.Select(address => ByteString.CopyFrom(address.Encode())));
        message.Protocols.AddRange(host.Protocols);
        if (observed is not null)
            message.ObservedAddr = ByteString.CopyFrom(observed.Encode());
        return LengthPrefixed.Encode(message.ToByteArray());
    }

    // What stands in logs and on pages must not carry control characters of a stranger's.
    private static string Printable(string text) => string.Concat(text.Where(letter => !char.IsControl(letter)));
}

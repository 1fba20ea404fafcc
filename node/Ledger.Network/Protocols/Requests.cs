using System.Runtime.CompilerServices;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;

namespace Ledger.Network.Protocols;

/// <summary>A protocol of one request and some responses, and what each may take.</summary>
/// <param name="Id">The protocol's id.</param>
public sealed record RequestProtocol(string Id)
{
    /// <summary>Longest request in bytes.</summary>
    public int RequestBytesMax { get; init; } = 64 * 1024;

    /// <summary>Longest response in bytes.</summary>
    public int ResponseBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Responses to one request.</summary>
    public int ResponsesMax { get; init; } = 1;

    /// <summary>The request, and each response, must have travelled within this time.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests of one peer that are served at once; further ones are reset.</summary>
    public int AtOncePerPeer { get; init; } = 8;

    /// <summary>Requests of one peer per second; further ones are reset.</summary>
    public long PerSecond { get; init; } = 50;

    /// <summary>Requests of one peer that may come in a burst.</summary>
    public long Burst { get; init; } = 200;
}

/// <summary>Gives the responses to a request, one after the other; throwing resets the stream.</summary>
public delegate IAsyncEnumerable<ReadOnlyMemory<byte>> RequestHandler(
    PeerId peer, ReadOnlyMemory<byte> request, CancellationToken stop);

/// <summary>
/// Requests over streams: one message there, then the end of that half; some messages back, then the end. Every message
/// stands behind its length as a varint.
/// </summary>
public static class Requests
{
    /// <summary>Asks a peer; the responses come as they arrive.</summary>
    /// <exception cref="NetworkException">Not connected, not spoken, refused, too slow, or beyond a limit.</exception>
    public static async IAsyncEnumerable<byte[]> AskAsync(
        PeerHost host, PeerId peer, RequestProtocol protocol, ReadOnlyMemory<byte> request,
        [EnumeratorCancellation] CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Length, protocol.RequestBytesMax);
        byte[] encoded = LengthPrefixed.Encode(request.Span);
        await using PeerStream stream = await host.OpenStreamAsync(peer, protocol.Id, encoded, stop);
        stream.CloseWrite();
        for (int responses = 0; ; responses++)
        {
            byte[]? response = await InTimeAsync(
                protocol, stop, token => LengthPrefixed.ReadAsync(stream, protocol.ResponseBytesMax, token));
            if (response is null)
                yield break;
            if (responses == protocol.ResponsesMax)
                throw new NetworkException(NetworkFault.ProtocolViolation, "The peer answers without end.");
            yield return response;
        }
    }

    /// <summary>Serves a protocol.</summary>
    /// <returns>The server, which counts what it refused.</returns>
    public static RequestServer Serve(PeerHost host, RequestProtocol protocol, RequestHandler handler) =>
        new(host, protocol, handler);

    internal static async ValueTask<T> InTimeAsync<T>(
        RequestProtocol protocol, CancellationToken stop, Func<CancellationToken, ValueTask<T>> work)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(protocol.Timeout);
        try
        {
            return await work(patience.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new NetworkException(NetworkFault.TimedOut, "The peer took too long.");
        }
    }
}

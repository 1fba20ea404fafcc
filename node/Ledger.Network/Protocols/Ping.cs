using System.Security.Cryptography;
using Ledger.Network.Connections;

namespace Ledger.Network.Protocols;

/// <summary>libp2p's ping: 32 bytes there and the same 32 bytes back, as often as the dialling side likes.</summary>
public static class Ping
{
    public const string Protocol = "/ipfs/ping/1.0.0";

    private const int Bytes = 32;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>Pings over one stream, one after the other, and gives the time of each.</summary>
    /// <exception cref="NetworkException">The peer answers wrongly, too late, or not at all.</exception>
    public static async Task<IReadOnlyList<TimeSpan>> MeasureAsync(
        PeerHost host, Addresses.PeerId peer, int count, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        await using PeerStream stream = await host.OpenStreamAsync(peer, Protocol, default, stop);
        List<TimeSpan> times = new(count);
        byte[] sent = new byte[Bytes];
        byte[] heard = new byte[Bytes];
        for (int i = 0; i < count; i++)
        {
            RandomNumberGenerator.Fill(sent);
            long began = TimeProvider.System.GetTimestamp();
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(Timeout);
            await stream.WriteAsync(sent, patience.Token);
            await stream.ReadExactlyAsync(heard, patience.Token);
            times.Add(TimeProvider.System.GetElapsedTime(began));
            if (!heard.AsSpan().SequenceEqual(sent))
                throw new NetworkException(NetworkFault.ProtocolViolation, "The peer answers a ping with other bytes.");
        }
        stream.CloseWrite();
        return times;
    }

    internal static async Task AnswerAsync(PeerStream stream, CancellationToken stop)
    {
        byte[] bytes = new byte[Bytes];
        while (await stream.ReadAtLeastAsync(bytes, Bytes, throwOnEndOfStream: false, stop) == Bytes)
            await stream.WriteAsync(bytes, stop);
    }
}

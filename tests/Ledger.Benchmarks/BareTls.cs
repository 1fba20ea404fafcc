using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Connections;
using Ledger.Network.Identity;

namespace Ledger.Benchmarks;

/// <summary>The two ends of a TLS connection from the same handshake as a peer's, and nothing on top of it.</summary>
internal sealed class BareTls : IAsyncDisposable
{
    private readonly SecuredStream _dialler;
    private readonly SecuredStream _listener;
    private readonly byte[] _chunk = new byte[PeerPair.WriteBytes];
    private readonly byte[] _arriving = new byte[PeerPair.WriteBytes];

    private BareTls(SecuredStream dialler, SecuredStream listener) => (_dialler, _listener) = (dialler, listener);

    public string Cipher => $"{_dialler.Stream.SslProtocol} {_dialler.Stream.NegotiatedCipherSuite}";

    public static async Task<BareTls> ConnectAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Socket near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await near.ConnectAsync(listener.LocalEndpoint);
        Socket far = await listener.AcceptSocketAsync();
        far.NoDelay = true;
        using PeerKey listens = PeerKey.Generate(), dials = PeerKey.Generate();
        Task<SecuredStream> accepting = Shake(listens).AcceptAsync(new NetworkStream(far, ownsSocket: true), default);
        SecuredStream dialler = await Shake(dials).DialAsync(
            new NetworkStream(near, ownsSocket: true), listens.Peer, default);
        return new(dialler, await accepting);
    }

    /// <summary>The time until the receiving side has all and has said so.</summary>
    public async Task<TimeSpan> CopyAsync(long bytes, bool there)
    {
        (Stream from, Stream to) = there
            ? (_dialler.Stream, _listener.Stream)
            : (_listener.Stream, (Stream)_dialler.Stream);
        long began = Stopwatch.GetTimestamp();
        Task receiving = Task.Run(async () =>
        {
            for (long left = bytes; left > 0;)
            {
                left -= await to.ReadAsync(_arriving);
            }

            await to.WriteAsync(new byte[1]);
        });
        await Task.Run(async () =>
        {
            for (long left = bytes; left > 0; left -= _chunk.Length)
            {
                await from.WriteAsync(_chunk);
            }
        });
        await from.ReadExactlyAsync(new byte[1]);
        await receiving;
        return Stopwatch.GetElapsedTime(began);
    }

    public async ValueTask DisposeAsync()
    {
        await _dialler.Stream.DisposeAsync();
        await _listener.Stream.DisposeAsync();
    }

    private static Handshake Shake(PeerKey identity) =>
        new(PeerCertificate.Create(identity, DateTimeOffset.UtcNow), TimeProvider.System);
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;
using Ledger.Network.Tests.Muxing;
using Ledger.Network.Tests.TestKit;

namespace Ledger.Network.Tests.Connections;

/// <summary>How a connection ends TLS.</summary>
public sealed class GoodbyeTests
{
    // OpenSSL's memory is corrupted, and the process dies, where TLS is ended while bytes are read.
    [Fact]
    public async Task Nothing_is_read_while_a_connection_ends_its_TLS()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using Socket near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndpoint);
        using Socket far = await listener.AcceptSocketAsync();
        using PeerKey listens = PeerKey.Generate(), dials = PeerKey.Generate();
        using X509Certificate2 listensAs = PeerCertificate.Create(listens, DateTimeOffset.UtcNow);
        using X509Certificate2 dialsAs = PeerCertificate.Create(dials, DateTimeOffset.UtcNow);
        await using WatchedStream watched = new(near);
        Task<SecuredStream> accepting =
            new Handshake(listensAs, TimeProvider.System).AcceptAsync(new NetworkStream(far), default);
        SecuredStream secured = await new Handshake(dialsAs, TimeProvider.System).DialAsync(
            watched, listens.Peer, default);
        await using var other = (await accepting).Stream;
        PeerConnection connection = new(
            secured, near, isDialer: true, Hosts.Patient, TimeProvider.System, (_, stream) => stream.Dispose());
        Task running = connection.RunAsync(CancellationToken.None);

        // Frames are written while the reader waits: the watch sees that.
        await other.WriteAsync(YamuxTests.Bytes(new(YamuxType.Ping, YamuxFlags.Syn, 0, 7)));
        Assert.Equal(YamuxHeader.Bytes, await other.ReadAsync(new byte[YamuxHeader.Bytes]));
        await Eventually.HoldsAsync(() => watched.ReadingAtLastWrite, "a write while the reader waits");

        connection.End(GoAwayCode.Normal, NetworkFault.Closed, "for the test");
        while (await other.ReadAsync(new byte[100]) > 0)
        {
            // The last frame, and then the end of TLS.
        }
        Assert.False(watched.ReadingAtLastWrite);

        // What comes later is still read and dropped, until the other side ends too.
        await other.WriteAsync(new byte[1_000]);
        far.Shutdown(SocketShutdown.Send);
        await running.WaitAsync(Eventually.Patience);
    }

    /// <summary>A socket's stream that remembers whether something was reading when it was last written to.</summary>
    private sealed class WatchedStream(Socket socket) : NetworkStream(socket)
    {
        private int _reading;

        public bool ReadingAtLastWrite { get; private set; }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _reading);
            try
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _reading);
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ReadingAtLastWrite = Volatile.Read(ref _reading) > 0;
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;
using Ledger.Network.Tests.Muxing;
using Ledger.Network.Wire;

namespace Ledger.Network.Tests.TestKit;

/// <summary>A peer that shakes hands as it should and then sends whatever it is told to.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly SslStream _stream;

    private RawPeer(PeerKey identity, X509Certificate2 certificate, SslStream stream)
    {
        Identity = identity;
        _certificate = certificate;
        _stream = stream;
    }

    public PeerKey Identity { get; }

    /// <summary>Connects from an address of its own, so that limits by address do not mix it up with others.</summary>
    public static async Task<Socket> ConnectAsync(PeerHost host, string from = "127.0.0.2")
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Addresses[0].Port));
        return socket;
    }

    public static async Task<RawPeer> DialAsync(PeerHost host, PeerKey? identity = null)
    {
        PeerKey key = identity ?? PeerKey.Generate();
        X509Certificate2 certificate = PeerCertificate.Create(key, DateTimeOffset.UtcNow);
        NetworkStream raw = new(await ConnectAsync(host), ownsSocket: true);
        SecuredStream secured =
            await new Handshake(certificate, TimeProvider.System).DialAsync(raw, host.Peer, default);
        return new(key, certificate, secured.Stream);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    public async Task SendAsync(YamuxHeader header, ReadOnlyMemory<byte> payload = default) =>
        await _stream.WriteAsync((byte[])[.. YamuxTests.Bytes(header), .. payload.Span]);

    /// <summary>Sends until the other side has had enough; says how many bytes that took.</summary>
    public async Task<long> FloodAsync(ReadOnlyMemory<byte> bytes, long bytesMax, CancellationToken stop)
    {
        long sent = 0;
        try
        {
            for (; sent < bytesMax; sent += bytes.Length)
                await _stream.WriteAsync(bytes, stop);
        }
        catch (Exception trouble) when (trouble is IOException or OperationCanceledException)
        {
            // What the test waits for.
        }
        return sent;
    }

    /// <summary>The opening of a stream for a protocol.</summary>
    public static byte[] Opening(uint id, string protocol)
    {
        byte[] words =
            [.. MultistreamMessage.Encode(MultistreamMessage.Header), .. MultistreamMessage.Encode(protocol)];
        return [.. YamuxTests.Bytes(new(YamuxType.Data, YamuxFlags.Syn, id, (uint)words.Length)), .. words];
    }

    /// <summary>Reads to the end of the session; gives the code that it ended with, null for none.</summary>
    public async Task<GoAwayCode?> ReadToGoAwayAsync()
    {
        YamuxReader reader = new();
        byte[] buffer = new byte[65_536];
        GoAwayCode? code = null;
        try
        {
            while (await _stream.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience) is > 0 and int read)
                code = Scan(reader, buffer.AsSpan(0, read)) ?? code;
        }
        catch (IOException)
        {
            // A connection that breaks has said its last word.
        }
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _certificate.Dispose();
    }

    private static GoAwayCode? Scan(YamuxReader reader, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            switch (reader.Next(ref bytes, out YamuxHeader header, out _))
            {
                case YamuxStep.Header when header.Type == YamuxType.GoAway:
                    return (GoAwayCode)header.Value;
                case YamuxStep.NeedMore or YamuxStep.Invalid:
                    return null;
            }
        }
    }
}

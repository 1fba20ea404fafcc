using System.Net;
using System.Net.Sockets;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;

namespace Ledger.Network;

/// <content>What others begin: connections and streams.</content>
public sealed partial class PeerHost
{
    private const int Backlog = 128;
    private const int DrainBytesMax = 1024 * 1024;
    private static readonly TimeSpan NoSocketsLeft = TimeSpan.FromMilliseconds(200);

    private void Listen()
    {
        List<Multiaddr> addresses = [];
        foreach (Multiaddr address in _options.Listen)
        {
            if (address.Kind is not (HostKind.Ip4 or HostKind.Ip6))
                throw new NetworkException($"{address} cannot be listened on: give an address under ip4 or ip6.");
            IPEndPoint endPoint = new(IPAddress.Parse(address.Host), address.Port);
            Socket listener = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listeners.Add(listener);
            try
            {
                if (address.Kind == HostKind.Ip6)
                    listener.DualMode = false;
                listener.Bind(endPoint);
                listener.Listen(Backlog);
            }
            catch (SocketException trouble)
            {
                throw new NetworkException($"{address} cannot be listened on: {trouble.Message}.", trouble);
            }
            addresses.Add(Multiaddr.Of((IPEndPoint)listener.LocalEndPoint!));
        }
        Addresses = addresses;
        foreach (Socket listener in _listeners)
            _tasks.TryRun(() => AcceptAsync(listener));
    }

    private void CloseListeners()
    {
        foreach (Socket listener in _listeners)
            listener.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(_stop.Token);
            }
            catch (SocketException)
            {
                // Out of file descriptors, or the caller was gone already: neither ends the listening.
                await Task.Delay(NoSocketsLeft, _stop.Token);
                continue;
            }
            IPAddress address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
            if (!_gate.TryEnter(address))
            {
                Interlocked.Increment(ref _handshakesRefused);
                socket.Dispose();
            }
            else if (!_tasks.TryRun(() => ServeAsync(socket, address)))
            {
                _gate.Leave(address);
                socket.Dispose();
            }
        }
    }

    private async Task ServeAsync(Socket socket, IPAddress address)
    {
        PeerConnection connection;
        try
        {
            connection = await SecureAsync(socket, isDialer: false, expected: null, _stop.Token);
        }
        finally
        {
            _gate.Leave(address);
        }
        await RunAsync(connection);
    }

    /// <summary>Secures a connection; disposes the socket where that fails.</summary>
    private async Task<PeerConnection> SecureAsync(
        Socket socket, bool isDialer, PeerId? expected, CancellationToken stop)
    {
        try
        {
            socket.NoDelay = true;
            NetworkStream raw = new(socket, ownsSocket: true);
            using CancellationTokenSource patience = Patience(stop);
            SecuredStream? secured = null;
            await InTimeAsync(
                async () => secured = isDialer
                    ? await _handshake.DialAsync(raw, expected, patience.Token)
                    : await _handshake.AcceptAsync(raw, patience.Token),
                patience,
                stop);
            return new(secured!, socket, isDialer, _options.Limits, _options.Time, Accept);
        }
        catch
        {
            Interlocked.Increment(ref _handshakesFailed);
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Gives a secured connection its place, or tells the peer why it has none; runs it to its end.</summary>
    private async Task RunAsync(PeerConnection connection)
    {
        Admit(connection);
        try
        {
            await connection.RunAsync(_stop.Token);
        }
        finally
        {
            _table.Remove(connection);
            Interlocked.Add(ref _streamsRefused, connection.Session.StreamsRefused);
            Interlocked.Add(ref _throttled, connection.Throttled);
        }
    }

    private void Admit(PeerConnection connection)
    {
        if (connection.Peer == Peer)
        {
            connection.End(GoAwayCode.Gated, NetworkFault.NotAdmitted, "The peer has this node's own identity.");
            return;
        }
        if (!_options.Admits(connection.Peer))
        {
            Interlocked.Increment(ref _notAdmitted);
            connection.End(GoAwayCode.Gated, NetworkFault.NotAdmitted, $"The peer {connection.Peer} is not admitted.");
            return;
        }
        switch (_table.Add(connection, out PeerConnection? other))
        {
            case Placement.Full:
                Interlocked.Increment(ref _noPlace);
                connection.End(GoAwayCode.ResourceLimit, NetworkFault.LimitReached, "All places are taken.");
                break;
            case Placement.Supplanted:
                connection.End(GoAwayCode.Supplanted, NetworkFault.Closed, "Another connection to the peer is kept.");
                break;
            default:
                other?.End(GoAwayCode.Supplanted, NetworkFault.Closed, "Another connection to the peer is kept.");
                break;
        }
    }

    private void Changed(PeerConnection connection, bool isConnected)
    {
        if (isConnected)
            connection.Tasks.TryRun(() => _identify.AskAsync(connection, connection.Over));
        _changed.Set();
    }

    private void Accept(PeerConnection connection, YamuxStream stream)
    {
        if (!connection.Tasks.TryRun(() => ServeAsync(connection, stream)))
            stream.Dispose();
    }

    private async Task ServeAsync(PeerConnection connection, YamuxStream stream)
    {
        await using (stream)
        {
            string protocol = "";
            using (CancellationTokenSource patience = Patience(connection.Over))
                protocol = await Negotiation.AnswerAsync(stream, _handlers.ContainsKey, patience.Token);
            stream.Peer = connection.Peer;
            stream.Protocol = protocol;
            if (!_handlers.TryGetValue(protocol, out PeerStreamHandler? handler))
                return;
            await handler(stream, connection.Over);
            stream.CloseWrite();
            await DrainAsync(stream, connection.Over);
        }
    }

    /// <summary>Waits for the other side's end, so that a reset does not overtake the answer there.</summary>
    private async Task DrainAsync(PeerStream stream, CancellationToken stop)
    {
        using CancellationTokenSource patience = Patience(stop);
        byte[] dropped = new byte[1024];
        int total = 0;
        while (total < DrainBytesMax && await stream.ReadAsync(dropped, patience.Token) is > 0 and int read)
            total += read;
    }
}

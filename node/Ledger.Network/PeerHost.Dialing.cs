using System.Net;
using System.Net.Sockets;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Muxing;

namespace Ledger.Network;

/// <content>What this node begins: connections to others.</content>
public sealed partial class PeerHost
{
    private const int AddressesPerNameMax = 8;

    /// <summary>A connection that ended sooner counts as a failure: else two peers could dial in a circle.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    /// <summary>Dials an address, and says who is there. A peer named there that is connected already is not dialled.</summary>
    /// <exception cref="NetworkException">Nobody is there, it is another peer, or it does not admit this one.</exception>
    public async Task<PeerId> DialAsync(Multiaddr address, CancellationToken stop = default)
    {
        if (address.Peer is { } known && _table.Find(known) is not null)
            return known;
        PeerConnection connection = await ConnectAsync(address, stop);
        if (!_tasks.TryRun(() => RunAsync(connection)))
            throw await DisposedAsync(connection);
        // Whether this side keeps it is known at once; whether the other does, only when it has not said no.
        while (_table.Find(connection.Peer) is null)
        {
            Task changed = _changed.Next;
            if (connection.Session.Ended is { } ended)
                throw new NetworkException(ended.Fault, ended.Message, ended);
            if (_table.Find(connection.Peer) is not null)
                break;
            await changed.WaitAsync(TimeSpan.FromMilliseconds(20), stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.ThrowIfCancellationRequested();
        }
        return connection.Peer;
    }

    /// <summary>
    /// Keeps a connection to a peer: dials its addresses in turn, waits longer after each round that failed, and never
    /// gives up until the host is disposed.
    /// </summary>
    public void KeepConnected(PeerId peer, IReadOnlyList<Multiaddr> addresses)
    {
        if (peer != Peer && addresses.Count > 0)
            _tasks.TryRun(() => KeepAsync(peer, addresses));
    }

    private async Task KeepAsync(PeerId peer, IReadOnlyList<Multiaddr> addresses)
    {
        int failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            long began = _options.Time.GetTimestamp();
            for (int next = 0; next < addresses.Count && _table.Find(peer) is null; next++)
                await TryDialAsync(addresses[next] with { Peer = peer });
            while (_table.Find(peer) is not null)
            {
                Task changed = _changed.Next;
                if (_table.Find(peer) is not null)
                    await changed.WaitAsync(_stop.Token);
            }
            failures = _options.Time.GetElapsedTime(began) < Settled ? failures + 1 : 1;
            await Task.Delay(Backoff.Delay(failures, _options.Chance()), _options.Time, _stop.Token);
        }
    }

    private async Task TryDialAsync(Multiaddr address)
    {
        try
        {
            await DialAsync(address, _stop.Token);
        }
        catch (NetworkException)
        {
            // The next address, or the next round.
        }
    }

    private async Task<PeerConnection> ConnectAsync(Multiaddr address, CancellationToken stop)
    {
        NetworkException? last = null;
        foreach (IPAddress host in await ResolveAsync(address, stop))
        {
            Socket socket = new(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using CancellationTokenSource patience = Patience(stop);
                await InTimeAsync(
                    async () => await socket.ConnectAsync(new IPEndPoint(host, address.Port), patience.Token),
                    patience,
                    stop);
                return await SecureAsync(socket, isDialer: true, address.Peer, stop);
            }
            catch (NetworkException trouble)
            {
                last = trouble;
            }
            catch (Exception trouble) when (trouble is SocketException or IOException)
            {
                last = new NetworkException(
                    NetworkFault.Unreachable, $"{address} cannot be reached: {trouble.Message}.", trouble);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
            socket.Dispose();
        }
        throw last ?? new NetworkException(NetworkFault.Unreachable, $"{address} has no address of its kind.");
    }

    private static async Task<IPAddress[]> ResolveAsync(Multiaddr address, CancellationToken stop)
    {
        if (address.Kind is HostKind.Ip4 or HostKind.Ip6)
            return [IPAddress.Parse(address.Host)];
        AddressFamily family = address.Kind switch
        {
            HostKind.Dns4 => AddressFamily.InterNetwork,
            HostKind.Dns6 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        try
        {
            return [.. (await Dns.GetHostAddressesAsync(address.Host, family, stop)).Take(AddressesPerNameMax)];
        }
        catch (SocketException trouble)
        {
            throw new NetworkException(
                NetworkFault.Unreachable, $"{address.Host} has no address: {trouble.Message}.", trouble);
        }
    }

    private static async Task<NetworkException> DisposedAsync(PeerConnection connection)
    {
        connection.End(GoAwayCode.Shutdown, NetworkFault.Closed, "This node is stopping.");
        await connection.RunAsync(CancellationToken.None);
        return new(NetworkFault.Closed, "The host is disposed.");
    }
}

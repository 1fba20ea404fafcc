using System.Net.Sockets;
using System.Text;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Protocols;
using Ledger.Network.Tests.TestKit;

namespace Ledger.Network.Tests.Connections;

/// <summary>Two or three of our own hosts over loopback.</summary>
public sealed class HostTests
{
    private static readonly RequestProtocol Count = new("/test/count/1")
    {
        ResponsesMax = 100, Burst = 10, PerSecond = 1,
    };

    [Fact]
    public async Task Two_hosts_move_many_streams_at_once_and_leave_nothing_running()
    {
        PeerHost one = Hosts.Start();
        PeerHost two = Hosts.Start();
        TestProtocols.Register(two, new TestRecord());
        Assert.Equal(two.Peer, await one.DialAsync(Hosts.AddressOf(two)));
        Assert.Equal(0, await TestProtocols.UploadAsync(one, two.Peer, 20, 600_000));
        Assert.Equal(0, await TestProtocols.DownloadAsync(one, two.Peer, 20, 600_000));
        await Eventually.HoldsAsync(() => one.Connected is [{ Description: not null }], "two has described itself");
        Assert.Contains(TestProtocols.Upload, one.Connected[0].Description!.Protocols);
        await one.DisposeAsync();
        await two.DisposeAsync();
        Assert.Equal(0, one.TaskCount + two.TaskCount);
        await Assert.ThrowsAsync<SocketException>(async () => await RawPeer.ConnectAsync(two));
    }

    [Fact]
    public async Task Another_peer_than_the_one_dialled_is_refused()
    {
        using PeerKey other = PeerKey.Generate();
        await using PeerHost one = Hosts.Start();
        await using PeerHost two = Hosts.Start();
        NetworkException refused = await Assert.ThrowsAsync<NetworkException>(
            () => one.DialAsync(Hosts.AddressOf(two) with { Peer = other.Peer }));
        Assert.Equal(NetworkFault.IdentityWrong, refused.Fault);
        Assert.Equal(two.Peer, await one.DialAsync(Hosts.AddressOf(two)));
    }

    [Fact]
    public async Task A_peer_that_this_side_does_not_admit_is_not_dialled_into_place()
    {
        using PeerKey stranger = PeerKey.Generate();
        await using PeerHost one = Hosts.Start(admits: peer => peer != stranger.Peer);
        await using PeerHost two = Hosts.Start(stranger);
        NetworkException refused =
            await Assert.ThrowsAsync<NetworkException>(() => one.DialAsync(Hosts.AddressOf(two)));
        Assert.Equal(NetworkFault.NotAdmitted, refused.Fault);
        Assert.Empty(one.Connected);
    }

    [Fact]
    public async Task Both_dialling_at_once_end_up_with_one_connection_the_same_on_both_sides()
    {
        await using PeerHost one = Hosts.Start();
        await using PeerHost two = Hosts.Start();
        for (int round = 0; round < 5; round++)
        {
            await Task.WhenAll(
                Quietly(one.DialAsync(Hosts.AddressOf(two))), Quietly(two.DialAsync(Hosts.AddressOf(one))));
            await Eventually.HoldsAsync(
                () => one.Connected is [var here] && two.Connected is [var there]
                    && here.DialledHere != there.DialledHere,
                "both sides agree");
            await Eventually.HoldsAsync(() => PingedAsync(one, two), "the one that is kept carries streams");
            one.Disconnect(two.Peer, "next round");
            await Eventually.HoldsAsync(() => one.Connected.Count + two.Connected.Count == 0, "both are apart");
        }

        // Streams of the connection that is not kept end with it.
        static async Task<bool> PingedAsync(PeerHost from, PeerHost to)
        {
            try
            {
                return (await Ping.MeasureAsync(from, to.Peer, 3)).Count == 3;
            }
            catch (NetworkException)
            {
                return false;
            }
        }

        static async Task Quietly(Task dialling) =>
            await dialling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Fact]
    public async Task A_peer_that_comes_back_is_found_at_any_of_its_addresses()
    {
        using PeerKey identity = PeerKey.Generate();
        await using PeerHost one = Hosts.Start();
        PeerHost first = Hosts.Start(identity);
        Multiaddr address = first.Addresses[0];
        Multiaddr nobody = new(HostKind.Ip4, "127.0.0.1", 1, null);
        one.KeepConnected(identity.Peer, [nobody, address]);
        await Eventually.HoldsAsync(() => one.Connected.Count == 1, "connected at the second address");
        await first.DisposeAsync();
        await Eventually.HoldsAsync(() => one.Connected.Count == 0, "the peer is gone");
        await using PeerHost again = Hosts.Start(identity, listen: [address]);
        await Eventually.HoldsAsync(() => one.Connected.Count == 1, "the peer is back");
    }

    [Fact]
    public async Task Requests_get_their_responses_and_a_peer_beyond_its_rate_is_refused()
    {
        await using PeerHost one = Hosts.Start();
        await using PeerHost two = Hosts.Start();
        RequestServer server = Requests.Serve(two, Count, CountTo);
        await one.DialAsync(Hosts.AddressOf(two));
        List<string> heard = [];
        await foreach (byte[] response in Requests.AskAsync(one, two.Peer, Count, "5"u8.ToArray()))
            heard.Add(Encoding.UTF8.GetString(response));
        Assert.Equal(["0", "1", "2", "3", "4"], heard);
        await Assert.ThrowsAsync<NetworkException>(async () =>
        {
            for (int request = 0; request < 30; request++)
                _ = await Requests.AskAsync(one, two.Peer, Count, "1"u8.ToArray()).FirstAsync();
        });
        Assert.Equal(1, server.Refused);

        RequestProtocol patient = Count with { Id = "/test/count/2", Burst = 1_000, PerSecond = 1_000 };
        Requests.Serve(two, patient, CountTo);
        for (int request = 0; request < 30; request++)
            _ = await Requests.AskAsync(one, two.Peer, patient, "1"u8.ToArray()).FirstAsync();
        NetworkException tooMany = await Assert.ThrowsAsync<NetworkException>(async () =>
            await Requests.AskAsync(one, two.Peer, patient with { ResponsesMax = 4 }, "5"u8.ToArray()).LastAsync());
        Assert.Equal(NetworkFault.ProtocolViolation, tooMany.Fault);
        NetworkException tooLong = await Assert.ThrowsAsync<NetworkException>(async () =>
            await Requests.AskAsync(one, two.Peer, patient with { ResponseBytesMax = 1 }, "11"u8.ToArray())
                .LastAsync());
        Assert.Equal(NetworkFault.ProtocolViolation, tooLong.Fault);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> CountTo(
        PeerId peer, ReadOnlyMemory<byte> request,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        int count = int.Parse(Encoding.UTF8.GetString(request.Span));
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            stop.ThrowIfCancellationRequested();
            yield return Encoding.UTF8.GetBytes($"{i}");
        }
    }
}

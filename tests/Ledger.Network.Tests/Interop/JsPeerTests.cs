using System.Text;
using System.Text.Json.Nodes;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Protocols;
using Ledger.Network.Tests.TestKit;
using Ledger.TestKit;

namespace Ledger.Network.Tests.Interop;

/// <summary>Against js-libp2p: once it dials, once we do; everything else runs over that one connection.</summary>
[Trait("Tier", "process")]
public sealed class JsPeerTests
{
    private const int Streams = 100;
    private const int StreamBytes = 1024 * 1024;
    private const int Pings = 1_000;

    [FactThatNeeds("npm")]
    public async Task Js_dials_us_and_every_protocol_works()
    {
        TestRecord record = new();
        await using PeerHost host = Hosts.Start();
        TestProtocols.Register(host, record);
        await using JsPeer js = await JsPeer.StartAsync();
        JsonObject dialled = await js.TellAsync("dial", new { address = Hosts.AddressOf(host).ToString() });
        Assert.Equal(host.Peer.ToString(), (string?)dialled["peer"]);
        Assert.Equal("/yamux/1.0.0", (string?)dialled["muxer"]);
        Assert.Equal("/tls/1.0.0", (string?)dialled["encryption"]);
        await Eventually.HoldsAsync(() => host.Connected.Count == 1, "js is connected");
        Assert.False(host.Connected[0].DialledHere);
        await EverythingWorksAsync(host, js, record);
    }

    [FactThatNeeds("npm")]
    public async Task We_dial_js_and_every_protocol_works()
    {
        TestRecord record = new();
        await using PeerHost host = Hosts.Start();
        TestProtocols.Register(host, record);
        await using JsPeer js = await JsPeer.StartAsync();
        Assert.Equal(js.Peer, await host.DialAsync(js.Addresses[0]));
        Assert.True(host.Connected[0].DialledHere);
        await EverythingWorksAsync(host, js, record);
    }

    [FactThatNeeds("npm")]
    public async Task Both_speak_IPv6_and_find_a_host_by_name()
    {
        await using PeerHost host = Hosts.Start(listen: [Hosts.AnyPort6, Hosts.AnyPort]);
        await using JsPeer js = await JsPeer.StartAsync();
        Multiaddr six = js.Addresses.First(address => address.Kind == HostKind.Ip6);
        Assert.Equal(js.Peer, await host.DialAsync(six));
        host.Disconnect(js.Peer, "to dial again");
        await Eventually.HoldsAsync(() => host.Connected.Count == 0, "the connection is gone");

        Multiaddr four = js.Addresses.First(address => address.Kind == HostKind.Ip4);
        Assert.Equal(js.Peer, await host.DialAsync(four with { Kind = HostKind.Dns4, Host = "localhost" }));
        await js.TellAsync("hangup", new { peer = host.Peer.ToString() });
        await Eventually.HoldsAsync(() => host.Connected.Count == 0, "js has hung up");

        await js.TellAsync("dial", new { address = Hosts.AddressOf(host).ToString() });
        await Eventually.HoldsAsync(() => host.Connected.Count == 1, "js has dialled over IPv6");
    }

    [FactThatNeeds("npm")]
    public async Task Peer_ids_have_the_same_texts()
    {
        await using JsPeer js = await JsPeer.StartAsync();
        Assert.Equal(js.Cid, js.Peer.ToCid());
        Assert.True(PeerId.TryParse(js.Cid, out PeerId? byCid));
        Assert.Equal(js.Peer, byCid);
    }

    [FactThatNeeds("npm")]
    public async Task A_js_peer_with_another_identity_than_expected_is_refused()
    {
        using PeerKey other = PeerKey.Generate();
        await using PeerHost host = Hosts.Start();
        await using JsPeer js = await JsPeer.StartAsync();
        NetworkException refused = await Assert.ThrowsAsync<NetworkException>(
            () => host.DialAsync(js.Addresses[0] with { Peer = other.Peer }));
        Assert.Equal(NetworkFault.IdentityWrong, refused.Fault);
        Assert.Equal(js.Peer, await host.DialAsync(js.Addresses[0]));
    }

    private static async Task EverythingWorksAsync(PeerHost host, JsPeer js, TestRecord record)
    {
        string us = host.Peer.ToString();
        await DescribedAsync(host, js, us);
        Assert.Equal(Pings, (await Ping.MeasureAsync(host, js.Peer, Pings)).Count);
        await js.TellAsync("ping", new { peer = us, count = Pings });

        Assert.Equal(0, await TestProtocols.UploadAsync(host, js.Peer, Streams, StreamBytes));
        Assert.Equal(0, await TestProtocols.DownloadAsync(host, js.Peer, Streams, StreamBytes));
        object load = new { peer = us, streams = Streams, bytes = StreamBytes };
        Assert.Equal(0, (int)(await js.TellAsync("upload", load))["wrong"]!);
        Assert.Equal(0, (int)(await js.TellAsync("download", load))["wrong"]!);

        await ResetsAsync(host, js, record, us);
        await EarlyAsync(host, js, record, us);
        NetworkException unknown = await Assert.ThrowsAsync<NetworkException>(
            () => host.OpenStreamAsync(js.Peer, "/test/unknown/1"));
        Assert.Equal(NetworkFault.ProtocolUnknown, unknown.Fault);
        await Eventually.HoldsAsync(() => host.Connected is [{ Streams: 0, UnreadBytes: 0 }], "all streams are closed");
    }

    private static async Task DescribedAsync(PeerHost host, JsPeer js, string us)
    {
        await Eventually.HoldsAsync(() => host.Connected[0].Description is not null, "js has described itself");
        PeerDescription description = host.Connected[0].Description!;
        Assert.Contains("/ipfs/ping/1.0.0", description.Protocols);
        Assert.Contains("js-libp2p", description.Agent, StringComparison.Ordinal);
        Assert.Contains(description.Addresses, address => js.Addresses.Contains(address with { Peer = js.Peer }));

        JsonObject ours = await js.TellAsync("identify", new { peer = us });
        Assert.Equal("ledger", (string?)ours["agent"]);
        Assert.Equal("ledger/1", (string?)ours["protocolVersion"]);
        Assert.Contains(host.Addresses[0].ToString(), ours["addresses"]!.AsArray().Select(text => (string)text!));
        Assert.Contains(TestProtocols.Upload, ours["protocols"]!.AsArray().Select(text => (string)text!));

        // Pushed both ways, without a question.
        host.Handle("/test/late/1", (_, _) => Task.CompletedTask);
        host.PushDescription();
        await js.TellAsync("announce", new { protocol = "/test/late-js/1" });
        await Eventually.HoldsAsync(
            () => host.Connected[0].Description!.Protocols.Contains("/test/late-js/1"), "the push of js is heard");
        for (int attempt = 0; ; attempt++)
        {
            JsonObject known = await js.TellAsync("known", new { peer = us });
            if (known["protocols"]!.AsArray().Any(text => (string?)text == "/test/late/1"))
                break;
            Assert.True(attempt < 600, "js has not heard our push.");
            await Task.Delay(100);
        }
    }

    private static async Task ResetsAsync(PeerHost host, JsPeer js, TestRecord record, string us)
    {
        await using (PeerStream asks = await host.OpenStreamAsync(js.Peer, TestProtocols.Reset))
        {
            await asks.WriteAsync(new byte[] { 1 });
            NetworkException ended = await Assert.ThrowsAsync<NetworkException>(
                async () => await asks.ReadExactlyAsync(new byte[1]));
            Assert.Equal(NetworkFault.EndedByPeer, ended.Fault);
        }
        int before = (int)(await js.TellAsync("seen"))["resets"]!;
        await using (PeerStream resets = await host.OpenStreamAsync(js.Peer, TestProtocols.Reset))
        {
            await resets.WriteAsync(new byte[] { 0 });
            resets.Reset();
        }
        for (int attempt = 0; (int)(await js.TellAsync("seen"))["resets"]! <= before; attempt++)
        {
            Assert.True(attempt < 600, "js has not heard our reset.");
            await Task.Delay(100);
        }
        Assert.NotNull((await js.TellAsync("reset", new { peer = us, ask = true }))["error"]);
        Assert.NotNull((await js.TellAsync("reset", new { peer = us, ask = false }))["error"]);
        await Eventually.HoldsAsync(() => !record.Resets.IsEmpty, "the reset of js is heard");
        Assert.Equal([NetworkFault.EndedByPeer], record.Resets);
    }

    private static async Task EarlyAsync(PeerHost host, JsPeer js, TestRecord record, string us)
    {
        await using (PeerStream stream = await host.OpenStreamAsync(
            js.Peer, TestProtocols.Greeting, "early words of ours"u8.ToArray()))
        {
            byte[] greeting = new byte["first word of js".Length];
            await stream.ReadExactlyAsync(greeting);
            Assert.Equal("first word of js", Encoding.UTF8.GetString(greeting));
            stream.CloseWrite();
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
        Assert.Equal("early words of ours", (string?)(await js.TellAsync("seen"))["early"]);
        JsonObject answer = await js.TellAsync("early", new { peer = us, words = "early words of js" });
        Assert.Equal("first word of ours", (string?)answer["greeting"]);
        await Eventually.HoldsAsync(() => !record.Early.IsEmpty, "the early words of js are heard");
        Assert.Equal(["early words of js"], record.Early);
    }
}

using System.Net.Sockets;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;
using Ledger.Network.Protocols;
using Ledger.Network.Tests.TestKit;
using Xunit.Sdk;

namespace Ledger.Network.Tests.Connections;

/// <summary>Nothing else runs meanwhile: memory is measured.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>
/// One hostile peer for each limit, beside a good one that must notice nothing. Each scenario also runs with its limit
/// taken away, and must then fail: the limit is what holds.
/// </summary>
[Collection(nameof(Alone))]
[Trait("Tier", "process")]
public sealed class HostileTests
{
    private const int Mebibyte = 1024 * 1024;

    /// <summary>What one hostile peer may cost: unread bytes to their limit, buffers, noise of a run-time.</summary>
    private const long MemoryMax = 24 * Mebibyte;

    private const string Deaf = "/test/deaf/1";

    private static readonly PeerLimits Strict = Hosts.Patient with
    {
        UnreadBytesMax = 8 * Mebibyte,
        InboundStreamsMax = 64,
        LingerTimeout = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public async Task Garbage_ends_its_own_connection_alone()
    {
        await using Scene scene = await Scene.StartAsync(Strict);
        await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
        await raw.SendAsync(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff });
        Assert.Equal(GoAwayCode.ProtocolError, await raw.ReadToGoAwayAsync());
        await scene.OnlyTheGoodPeerIsLeftAsync();
    }

    [Fact]
    public Task A_peer_that_stalls_within_a_frame_is_let_go() => HoldsOnlyWithAsync(
        Strict with { KeepAliveInterval = TimeSpan.FromSeconds(1), SilenceTimeout = TimeSpan.FromSeconds(4) },
        limits => limits with { KeepAliveInterval = TimeSpan.FromHours(1), SilenceTimeout = TimeSpan.FromHours(1) },
        async scene =>
        {
            await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
            await scene.ConnectedAsync(raw);
            await raw.SendAsync(RawPeer.Opening(1, Deaf));
            await raw.SendAsync(new(YamuxType.Data, YamuxFlags.None, 1, 200_000), new byte[10]);
            await scene.OnlyTheGoodPeerIsLeftAsync();
        });

    [Fact]
    public Task A_handshake_that_stalls_is_let_go() => HoldsOnlyWithAsync(
        Strict with { NegotiationTimeout = TimeSpan.FromSeconds(3) },
        limits => limits with { NegotiationTimeout = TimeSpan.FromHours(1) },
        async scene =>
        {
            using Socket socket = await RawPeer.ConnectAsync(scene.Host);
            await Eventually.HoldsAsync(
                () => scene.Host.Refusals.FailedHandshakes == 1, "the handshake has failed", scene.Patience);
        });

    [Fact]
    public Task A_stream_that_never_says_its_protocol_is_reset() => HoldsOnlyWithAsync(
        Strict with { NegotiationTimeout = TimeSpan.FromSeconds(3) },
        limits => limits with { NegotiationTimeout = TimeSpan.FromHours(1) },
        async scene =>
        {
            await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
            await raw.SendAsync(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0));
            await scene.ConnectedAsync(raw);
            await Task.Delay(200);
            await Eventually.HoldsAsync(
                () => scene.Host.Connected.Where(peer => peer.Peer == raw.Identity.Peer).Sum(peer => peer.Streams) == 0,
                "the stream is gone",
                scene.Patience);
        });

    [Fact]
    public Task Streams_without_end_are_reset_beyond_the_limit() => HoldsOnlyWithAsync(
        Strict,
        limits => limits with { InboundStreamsMax = 100_000 },
        async scene =>
        {
            await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
            for (uint stream = 0; stream < 1_000; stream++)
                await raw.SendAsync(RawPeer.Opening(1 + (2 * stream), Deaf));
            await raw.SendAsync(new YamuxHeader(YamuxType.Ping, YamuxFlags.Syn, 0, 7));
            await Eventually.HoldsAsync(
                () => scene.Host.Refusals.Streams >= 1_000 - 64 - 1, "streams were reset", scene.Patience);
            Assert.InRange(scene.StreamsOf(raw), 1, 64 + 1);
        });

    [Fact]
    public Task Data_that_nobody_reads_is_bounded() => HoldsOnlyWithAsync(
        Strict,
        limits => limits with { UnreadBytesMax = int.MaxValue, InboundStreamsMax = 512 },
        async scene =>
        {
            await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
            await scene.ConnectedAsync(raw);
            byte[] data = new byte[YamuxLimits.FirstWindow - 100];
            try
            {
                for (uint stream = 0; stream < 256; stream++)
                {
                    uint id = 1 + (2 * stream);
                    await raw.SendAsync(RawPeer.Opening(id, Deaf));
                    await raw.SendAsync(new(YamuxType.Data, YamuxFlags.None, id, (uint)data.Length), data);
                }
            }
            catch (IOException)
            {
                // Cut off in the middle, as it should be.
            }
            await Task.Delay(500);
            scene.AssertMemory();
            await scene.OnlyTheGoodPeerIsLeftAsync();
        });

    [Fact]
    public Task A_peer_that_never_reads_is_let_go() => HoldsOnlyWithAsync(
        Strict with { SilenceTimeout = TimeSpan.FromSeconds(4) },
        limits => limits with { SilenceTimeout = TimeSpan.FromHours(1) },
        async scene =>
        {
            await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
            await scene.ConnectedAsync(raw);
            // It lets us send a gigabyte on each stream, asks for that, and takes nothing.
            for (uint id = 1; id < 100; id += 2)
            {
                await raw.SendAsync(RawPeer.Opening(id, TestProtocols.Download));
                await raw.SendAsync(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.None, id, 1 << 30));
                byte[] gigabyte = [0, 0, 0, 0, 0x40, 0, 0, 0];
                await raw.SendAsync(new(YamuxType.Data, YamuxFlags.None, id, 8), gigabyte);
            }
            scene.AssertMemory();
            await scene.OnlyTheGoodPeerIsLeftAsync();
            scene.AssertMemory();
        });

    [Fact]
    public Task A_flood_of_bytes_is_slowed_down() => HoldsOnlyWithAsync(
        Strict with { BytesPerSecond = Mebibyte, BytesBurst = Mebibyte },
        limits => limits with { BytesPerSecond = 1L << 40, BytesBurst = 1L << 40 },
        scene => FloodAsync(scene, new byte[60_000], 400));

    [Fact]
    public Task A_flood_of_frames_is_slowed_down() => HoldsOnlyWithAsync(
        Strict with { FramesPerSecond = 2_000, FramesBurst = 2_000 },
        limits => limits with { FramesPerSecond = 1L << 40, FramesBurst = 1L << 40 },
        scene => FloodAsync(scene, [], 100_000));

    [Fact]
    public Task Handshakes_of_one_address_do_not_take_every_place() => HoldsOnlyWithAsync(
        Strict with { HandshakesPerAddressMax = 4 },
        limits => limits with { HandshakesPerAddressMax = 100_000, HandshakesMax = 100_000 },
        async scene =>
        {
            List<Socket> sockets = [];
            for (int i = 0; i < 40; i++)
                sockets.Add(await RawPeer.ConnectAsync(scene.Host));
            try
            {
                await Eventually.HoldsAsync(
                    () => scene.Host.Refusals.Handshakes == 36, "36 were closed unread", scene.Patience);
                await using PeerHost late = Hosts.Start();
                await late.DialAsync(Hosts.AddressOf(scene.Host));
            }
            finally
            {
                sockets.ForEach(socket => socket.Dispose());
            }
        });

    [Fact]
    public Task Beyond_the_last_place_a_peer_is_told_so() => HoldsOnlyWithAsync(
        Strict with { ConnectionsMax = 2 },
        limits => limits with { ConnectionsMax = 100 },
        async scene =>
        {
            await using RawPeer second = await RawPeer.DialAsync(scene.Host);
            await scene.ConnectedAsync(second);
            await using RawPeer third = await RawPeer.DialAsync(scene.Host);
            await Eventually.HoldsAsync(
                () => scene.Host.Refusals.Connections == 1, "the third was refused", scene.Patience);
            Assert.Equal(GoAwayCode.ResourceLimit, await third.ReadToGoAwayAsync());
        });

    [Fact]
    public async Task An_unknown_peer_is_told_so_and_closed()
    {
        using PeerKey stranger = PeerKey.Generate();
        await using Scene scene = await Scene.StartAsync(Strict, peer => peer != stranger.Peer);
        await using (RawPeer friend = await RawPeer.DialAsync(scene.Host))
            await scene.ConnectedAsync(friend);
        await using RawPeer raw = await RawPeer.DialAsync(scene.Host, stranger);
        Assert.Equal(GoAwayCode.Gated, await raw.ReadToGoAwayAsync());
        Assert.Equal(1, scene.Host.Refusals.NotAdmitted);
        await scene.OnlyTheGoodPeerIsLeftAsync();
    }

    private static async Task FloodAsync(Scene scene, byte[] payload, int frames)
    {
        await using RawPeer raw = await RawPeer.DialAsync(scene.Host);
        await raw.SendAsync(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0));
        // Frames for a stream that was never opened: nobody reads them, and no window holds them back.
        YamuxHeader header = new(YamuxType.Data, YamuxFlags.None, 3, (uint)payload.Length);
        byte[] frame = [.. Muxing.YamuxTests.Bytes(header), .. payload];
        byte[] many = [.. Enumerable.Repeat(frame, Math.Max(1, 12_000 / frame.Length)).SelectMany(bytes => bytes)];
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(5));
        Task<long> flood = raw.FloodAsync(many, (long)frames * frame.Length, stop.Token);
        await scene.TheGoodPeerNoticesNothingAsync();
        await flood;
        await Eventually.HoldsAsync(
            () => scene.Host.Refusals.Throttled > 0, "the peer was slowed down", TimeSpan.FromSeconds(5));
        scene.AssertMemory();
    }

    /// <summary>Runs a scenario with its limit, where it must hold, and without, where it must not.</summary>
    private static async Task HoldsOnlyWithAsync(
        PeerLimits limits, Func<PeerLimits, PeerLimits> without, Func<Scene, Task> scenario)
    {
        await using (Scene scene = await Scene.StartAsync(limits))
        {
            await scenario(scene);
            await scene.TheGoodPeerNoticesNothingAsync();
        }
        await using Scene open = await Scene.StartAsync(without(limits), patience: TimeSpan.FromSeconds(6));
        await Assert.ThrowsAnyAsync<XunitException>(() => scenario(open));
    }

    /// <summary>A host and a good peer of it.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly PeerHost _good;
        private readonly long _memoryBefore;

        private Scene(PeerHost host, PeerHost good, TimeSpan patience)
        {
            Host = host;
            _good = good;
            Patience = patience;
            _memoryBefore = GC.GetTotalMemory(forceFullCollection: true);
        }

        public PeerHost Host { get; }

        /// <summary>How long what must happen may take: little where it must not.</summary>
        public TimeSpan Patience { get; }

        public static async Task<Scene> StartAsync(
            PeerLimits limits, Func<Network.Addresses.PeerId, bool>? admits = null, TimeSpan? patience = null)
        {
            PeerHost host = Hosts.Start(limits: limits, admits: admits);
            TestProtocols.Register(host, new TestRecord());
            host.Handle(Deaf, (_, stop) => Task.Delay(Timeout.Infinite, stop));
            PeerHost good = Hosts.Start(limits: Hosts.Patient);
            await good.DialAsync(Hosts.AddressOf(host));
            await Eventually.HoldsAsync(() => host.Connected.Count == 1, "the good peer is connected");
            Scene scene = new(host, good, patience ?? Eventually.Patience);
            await scene.TheGoodPeerNoticesNothingAsync();
            return scene;
        }

        public int StreamsOf(RawPeer raw) =>
            Host.Connected.Where(peer => peer.Peer == raw.Identity.Peer).Sum(peer => peer.Streams);

        public Task ConnectedAsync(RawPeer raw) => Eventually.HoldsAsync(
            () => Host.Connected.Any(peer => peer.Peer == raw.Identity.Peer), "the raw peer is connected");

        public async Task TheGoodPeerNoticesNothingAsync()
        {
            Assert.Contains(Host.Connected, peer => peer.Peer == _good.Peer);
            Assert.Equal(20, (await Ping.MeasureAsync(_good, Host.Peer, 20)).Count);
        }

        public async Task OnlyTheGoodPeerIsLeftAsync()
        {
            await Eventually.HoldsAsync(
                () => Host.Connected is [var one] && one.Peer == _good.Peer, "only the good peer is left", Patience);
            await TheGoodPeerNoticesNothingAsync();
        }

        public void AssertMemory() => Assert.InRange(
            GC.GetTotalMemory(forceFullCollection: true) - _memoryBefore, long.MinValue, MemoryMax);

        public async ValueTask DisposeAsync()
        {
            await _good.DisposeAsync();
            await Host.DisposeAsync();
            Assert.Equal(0, Host.TaskCount);
        }
    }
}

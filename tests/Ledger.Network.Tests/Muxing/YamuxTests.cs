using Ledger.Network.Connections;
using Ledger.Network.Muxing;

namespace Ledger.Network.Tests.Muxing;

/// <summary>The muxer without a socket: two sessions whose bytes are carried by hand.</summary>
public sealed class YamuxTests
{
    private static readonly YamuxHeader Syn = new(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0);

    [Fact]
    public void A_header_has_twelve_bytes_big_endian()
    {
        byte[] bytes = new byte[YamuxHeader.Bytes];
        YamuxHeader header = new(YamuxType.Data, YamuxFlags.Syn | YamuxFlags.Fin, 0x01020304, 0x0a0b0c0d);
        header.Write(bytes);
        Assert.Equal("00000005010203040a0b0c0d", Convert.ToHexStringLower(bytes));
        Assert.True(YamuxHeader.TryRead(bytes, out YamuxHeader again));
        Assert.Equal(header, again);
    }

    [Theory]
    [InlineData("01000000000000010000000")]
    [InlineData("0004000000000001000000000")]
    [InlineData("000000100000000100000000")]
    [InlineData("000000000000000000000000")]
    [InlineData("000200010000000100000000")]
    public void Another_version_type_flag_or_stream_makes_no_frame(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex.PadRight(24, '0')[..24]);
        Assert.False(YamuxHeader.TryRead(bytes, out _));
    }

    [Fact]
    public async Task Bytes_cross_both_ways_however_they_are_cut()
    {
        foreach (int cut in new[] { 1, 7, 4096 })
        {
            Pair pair = new();
            YamuxStream there = pair.Dialer.Open();
            await there.WriteAsync(new byte[] { 1, 2, 3 });
            there.CloseWrite();
            await pair.CarryAsync(cut);
            YamuxStream here = Assert.Single(pair.Accepted);
            byte[] buffer = new byte[8];
            Assert.Equal(3, await here.ReadAtLeastAsync(buffer, 3));
            Assert.Equal(0, await here.ReadAsync(buffer));
            await here.WriteAsync(new byte[] { 4 });
            here.CloseWrite();
            await pair.CarryAsync(cut);
            Assert.Equal(1, await there.ReadAsync(buffer));
            Assert.Equal(4, buffer[0]);
            Assert.Equal(0, await there.ReadAsync(buffer));
            Assert.Equal(0, pair.Dialer.StreamCount + pair.Listener.StreamCount);
        }
    }

    [Fact]
    public async Task A_writer_waits_for_the_window_and_a_reader_that_keeps_up_widens_it()
    {
        Pair pair = new(new YamuxLimits { WindowMax = 1024 * 1024, OutputRoom = 8 * 1024 * 1024 });
        YamuxStream there = pair.Dialer.Open();
        byte[] data = new byte[3 * 1024 * 1024];
        Random.Shared.NextBytes(data);
        Task writing = there.WriteAsync(data).AsTask();
        await pair.CarryAsync(65_536);
        Assert.False(writing.IsCompleted);
        YamuxStream here = Assert.Single(pair.Accepted);
        Assert.Equal(YamuxLimits.FirstWindow, here.Flow.Unread);

        byte[] heard = new byte[data.Length];
        for (int at = 0; at < heard.Length; await pair.CarryAsync(65_536))
            at += await here.ReadAsync(heard.AsMemory(at));
        await writing.WaitAsync(TestKit.Eventually.Patience);
        Assert.True(data.AsSpan().SequenceEqual(heard));
        Assert.Equal(1024 * 1024, here.Flow.WindowSize);
        Assert.Equal(0, pair.Listener.Unread);
    }

    [Fact]
    public async Task A_reset_ends_reading_and_writing_on_the_other_side()
    {
        Pair pair = new();
        YamuxStream there = pair.Dialer.Open();
        await there.WriteAsync(new byte[1]);
        await pair.CarryAsync();
        YamuxStream here = Assert.Single(pair.Accepted);
        there.Reset();
        await pair.CarryAsync();
        NetworkException read =
            await Assert.ThrowsAsync<NetworkException>(async () => await here.ReadExactlyAsync(new byte[9]));
        NetworkException write =
            await Assert.ThrowsAsync<NetworkException>(async () => await here.WriteAsync(new byte[1]));
        Assert.Equal(NetworkFault.EndedByPeer, read.Fault);
        Assert.Equal(NetworkFault.EndedByPeer, write.Fault);
        await Assert.ThrowsAsync<NetworkException>(async () => await there.WriteAsync(new byte[1]));
    }

    [Fact]
    public async Task The_end_of_a_session_ends_its_streams_and_says_why()
    {
        Pair pair = new();
        YamuxStream there = pair.Dialer.Open();
        await there.WriteAsync(new byte[1]);
        await pair.CarryAsync();
        pair.Listener.End(GoAwayCode.Gated, new(NetworkFault.NotAdmitted, "not here"));
        await pair.CarryAsync();
        Assert.Equal(NetworkFault.NotAdmitted, pair.Dialer.Ended!.Fault);
        NetworkException ended =
            await Assert.ThrowsAsync<NetworkException>(async () => await there.ReadExactlyAsync(new byte[1]));
        Assert.Equal(NetworkFault.NotAdmitted, ended.Fault);
        Assert.Throws<NetworkException>(() => pair.Dialer.Open());
    }

    [Fact]
    public void Streams_beyond_the_limit_are_reset_and_a_place_is_free_when_its_owner_is_done()
    {
        List<YamuxStream> accepted = [];
        YamuxSession session = new(isDialer: false, new YamuxLimits { InboundStreamsMax = 2 }, accepted.Add);
        for (uint id = 1; id <= 7; id += 2)
            Assert.Null(session.Receive(Bytes(Syn with { StreamId = id })));
        Assert.Equal(2, accepted.Count);
        Assert.Equal(2, session.StreamsRefused);
        // The other side resets one: its owner still serves it, and the place stays taken.
        Assert.Null(session.Receive(Bytes(new(YamuxType.WindowUpdate, YamuxFlags.Rst, 1, 0))));
        Assert.Null(session.Receive(Bytes(Syn with { StreamId = 9 })));
        Assert.Equal(3, session.StreamsRefused);
        accepted[0].Dispose();
        Assert.Null(session.Receive(Bytes(Syn with { StreamId = 11 })));
        Assert.Equal(3, accepted.Count);
    }

    public static TheoryData<string, string> Violations => new()
    {
        { "a stream with an id of this side", Hex(Syn with { StreamId = 2 }) },
        { "a stream that is open", Hex(Syn) + Hex(Syn) },
        { "more than the window holds", Hex(Syn) + Hex(new(YamuxType.Data, 0, 1, YamuxLimits.FirstWindow + 1)) },
        {
            "data behind the end",
            Hex(Syn with { Flags = YamuxFlags.Syn | YamuxFlags.Fin }) + Hex(new(YamuxType.Data, 0, 1, 1))
        },
        { "a window beyond all bounds", Hex(Syn) + Hex(new(YamuxType.WindowUpdate, 0, 1, uint.MaxValue)) },
        { "an answer to no ping", Hex(new(YamuxType.Ping, YamuxFlags.Ack, 0, 7)) },
        { "no yamux", "ff" + Hex(Syn)[2..] },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void What_breaks_the_protocol_ends_the_session(string what, string hex)
    {
        YamuxSession session = new(isDialer: false, new YamuxLimits(), _ => { });
        Assert.Null(session.Receive(Bytes(Syn with { StreamId = 101 })));
        NetworkException? ended = session.Receive(Convert.FromHexString(hex));
        Assert.True(ended?.Fault == NetworkFault.ProtocolViolation, what);
    }

    [Fact]
    public void Pings_that_are_never_read_do_not_pile_up_for_ever()
    {
        YamuxSession session = new(isDialer: false, new YamuxLimits(), _ => { });
        byte[] ping = Bytes(new(YamuxType.Ping, YamuxFlags.Syn, 0, 1));
        int answered = 0;
        while (session.Receive(ping) is null)
            Assert.True(++answered < 100_000, "The answers grow without end.");
        Assert.Equal(NetworkFault.LimitReached, session.Ended!.Fault);
        Assert.InRange(answered * YamuxHeader.Bytes, YamuxOutput.ControlBytesMax, 1024 * 1024);
    }

    [Fact]
    public async Task Silence_after_a_ping_ends_the_session_and_an_answer_does_not()
    {
        Pair pair = new();
        pair.Dialer.Tick(0, 100, 50);
        await pair.CarryAsync();
        pair.Dialer.Tick(60, 100, 50);
        Assert.Null(pair.Dialer.Ended);
        pair.Dialer.Tick(100, 100, 50);
        pair.Dialer.Tick(149, 100, 50);
        Assert.Null(pair.Dialer.Ended);
        pair.Dialer.Tick(150, 100, 50);
        Assert.Equal(NetworkFault.TimedOut, pair.Dialer.Ended!.Fault);
    }

    [Fact]
    public void A_peer_that_speaks_but_answers_no_ping_is_asked_again_and_let_go_once_it_stops()
    {
        Pair pair = new();
        pair.Dialer.Tick(0, 100, 50);
        Assert.Null(pair.Dialer.Receive(Bytes(new(YamuxType.Data, YamuxFlags.Syn, 2, 1_000))));
        pair.Dialer.Tick(99, 100, 50);
        pair.Dialer.Tick(100, 100, 50);
        pair.Dialer.Tick(149, 100, 50);
        Assert.Null(pair.Dialer.Ended);
        pair.Dialer.Tick(150, 100, 50);
        Assert.Equal(NetworkFault.TimedOut, pair.Dialer.Ended!.Fault);
    }

    [Fact]
    public void Pings_may_be_answered_late_but_each_once_and_none_that_was_not_sent()
    {
        Pair pair = new();
        pair.Dialer.Tick(0, 100, 500);
        Assert.Null(pair.Dialer.Receive(Bytes(new(YamuxType.WindowUpdate, YamuxFlags.Syn, 2, 0))));
        pair.Dialer.Tick(100, 100, 500);
        foreach (uint token in new uint[] { 1, 2 })
            Assert.Null(pair.Dialer.Receive(Bytes(new(YamuxType.Ping, YamuxFlags.Ack, 0, token))));
        Assert.NotNull(pair.Dialer.Receive(Bytes(new(YamuxType.Ping, YamuxFlags.Ack, 0, 2))));
    }

    internal static byte[] Bytes(YamuxHeader header)
    {
        byte[] bytes = new byte[YamuxHeader.Bytes];
        header.Write(bytes);
        return bytes;
    }

    private static string Hex(YamuxHeader header) => Convert.ToHexString(Bytes(header));

    /// <summary>Both ends of a connection.</summary>
    private sealed class Pair
    {
        public Pair(YamuxLimits? limits = null)
        {
            Dialer = new(isDialer: true, limits ?? new(), _ => { });
            Listener = new(isDialer: false, limits ?? new(), Accepted.Add);
        }

        public List<YamuxStream> Accepted { get; } = [];

        public YamuxSession Dialer { get; }

        public YamuxSession Listener { get; }

        /// <summary>Carries all that waits, in pieces, until nothing moves.</summary>
        public async Task CarryAsync(int cut = 4096)
        {
            for (int idle = 0; idle < 5;)
            {
                bool moved = await CarryAsync(Dialer, Listener, cut) | await CarryAsync(Listener, Dialer, cut);
                idle = moved ? 0 : idle + 1;
                // Writers that were waiting get their turn.
                await Task.Delay(moved ? 0 : 2);
            }
        }

        private static async Task<bool> CarryAsync(YamuxSession from, YamuxSession to, int cut)
        {
            using CancellationTokenSource now = new();
            ValueTask<ReadOnlyMemory<byte>> taking = from.Output.TakeAsync(now.Token);
            if (!taking.IsCompleted)
            {
                await now.CancelAsync();
                await taking.AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
                return false;
            }
            ReadOnlyMemory<byte> bytes = await taking;
            for (int at = 0; at < bytes.Length; at += cut)
                to.Receive(bytes.Span.Slice(at, Math.Min(cut, bytes.Length - at)));
            to.WakeReaders();
            return !bytes.IsEmpty;
        }
    }
}

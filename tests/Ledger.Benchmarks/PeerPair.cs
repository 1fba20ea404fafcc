using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Ledger.Network;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Protocols;

namespace Ledger.Benchmarks;

/// <summary>Two of our peers in this process, one connected to the other over loopback.</summary>
internal sealed class PeerPair : IAsyncDisposable
{
    public const int WriteBytes = 64 * 1024;

    private const string Sink = "/bench/sink/1";
    private const string Source = "/bench/source/1";
    private const int Pings = 10_000;
    private const int Streams = 100;
    private const int StreamBytes = 1024 * 1024;
    private const int StreamRounds = 20;
    private const int Handshakes = 200;

    private static readonly Multiaddr AnyPort = new(HostKind.Ip4, "127.0.0.1", 0, null);

    // What a connection can do, not what it may: the usual limits read a peer at 64 MiB/s.
    private static readonly PeerLimits Unthrottled = new()
    {
        BytesPerSecond = long.MaxValue / 10_000_000,
        BytesBurst = long.MaxValue / 10_000_000,
        FramesPerSecond = long.MaxValue / 10_000_000,
        FramesBurst = long.MaxValue / 10_000_000,
        NegotiationTimeout = TimeSpan.FromSeconds(60),
    };

    private readonly PeerKey _dials = PeerKey.Generate();
    private readonly PeerKey _listens = PeerKey.Generate();
    private readonly PeerHost _dialler;
    private readonly PeerHost _listener;

    private PeerPair()
    {
        _listener = Host(_listens, AnyPort);
        _dialler = Host(_dials);
        _listener.Handle(Sink, async (stream, stop) =>
        {
            byte[] count = new byte[8];
            long arrived = await CountAsync(stream, stop);
            BinaryPrimitives.WriteInt64BigEndian(count, arrived);
            await stream.WriteAsync(count, stop);
        });
        _listener.Handle(Source, async (stream, stop) =>
        {
            byte[] request = new byte[8];
            await stream.ReadExactlyAsync(request, stop);
            await SendAsync(stream, BinaryPrimitives.ReadInt64BigEndian(request), stop);
        });
    }

    private Multiaddr Address => _listener.Addresses[0] with { Peer = _listener.Peer };

    public static async Task<PeerPair> ConnectAsync()
    {
        PeerPair pair = new();
        await pair._dialler.DialAsync(pair.Address);
        return pair;
    }

    /// <summary>The time until the receiving side has all; there, until it has said so.</summary>
    public async Task<TimeSpan> CopyAsync(long bytes, bool there)
    {
        await using PeerStream stream = await _dialler.OpenStreamAsync(_listener.Peer, there ? Sink : Source);
        long began = Stopwatch.GetTimestamp();
        long arrived;
        byte[] number = new byte[8];
        if (there)
        {
            await SendAsync(stream, bytes, default);
            stream.CloseWrite();
            await stream.ReadExactlyAsync(number);
            arrived = BinaryPrimitives.ReadInt64BigEndian(number);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(number, bytes);
            await stream.WriteAsync(number);
            stream.CloseWrite();
            arrived = await CountAsync(stream, default);
        }

        TimeSpan time = Stopwatch.GetElapsedTime(began);
        return arrived == bytes
            ? time
            : throw new InvalidOperationException($"{arrived} of {bytes} bytes arrived.");
    }

    /// <summary>Pings, many streams at once, and handshakes.</summary>
    public async Task PrintRestAsync()
    {
        await Ping.MeasureAsync(_dialler, _listener.Peer, Pings / 10);
        double[] pings = NetworkBenchmark.Sorted(
            (await Ping.MeasureAsync(_dialler, _listener.Peer, Pings)).Select(time => time.TotalMicroseconds));
        double p50 = NetworkBenchmark.At(pings, 0.5), p99 = NetworkBenchmark.At(pings, 0.99);
        Print($"ping, {Pings:N0} one after the other: p50 {p50:F0} µs, p99 {p99:F0} µs");
        double[] many = new double[StreamRounds];
        for (int round = -1; round < StreamRounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => Task.Run(() => CopyAsync(StreamBytes, true))));
            many[Math.Max(round, 0)] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        PrintSpread($"{Streams} streams of 1 MiB at once, {StreamRounds} rounds, ms", many);
        PrintSpread("handshakes per second, one after the other", await ShakeAsync(atOnce: 1));
        PrintSpread("handshakes per second, eight at once", await ShakeAsync(atOnce: 8));
    }

    public async ValueTask DisposeAsync()
    {
        await _dialler.DisposeAsync();
        await _listener.DisposeAsync();
        _dials.Dispose();
        _listens.Dispose();
    }

    /// <summary>Connections of peers that are all new, each used once; five rates.</summary>
    private async Task<double[]> ShakeAsync(int atOnce)
    {
        double[] rates = new double[5];
        for (int round = -1; round < rates.Length; round++)
        {
            long spent = 0;
            for (int done = 0; done < Handshakes; done += atOnce)
            {
                PeerKey[] keys = [.. Enumerable.Range(0, atOnce).Select(_ => PeerKey.Generate())];
                PeerHost[] hosts = [.. keys.Select(key => Host(key))];
                long began = Stopwatch.GetTimestamp();
                await Task.WhenAll(hosts.Select(host => Task.Run(async () =>
                {
                    await host.DialAsync(Address);
                    await Ping.MeasureAsync(host, _listener.Peer, 1);
                })));
                spent += Stopwatch.GetTimestamp() - began;
                await Task.WhenAll(hosts.Select(host => host.DisposeAsync().AsTask()));
                Array.ForEach(keys, key => key.Dispose());
            }

            rates[Math.Max(round, 0)] = Handshakes / ((double)spent / Stopwatch.Frequency);
        }

        return rates;
    }

    private static PeerHost Host(PeerKey identity, params Multiaddr[] listen) => PeerHost.Start(new PeerHostOptions
    {
        Identity = identity,
        Listen = listen,
        Admits = _ => true,
        Limits = Unthrottled,
    });

    private static async Task SendAsync(PeerStream stream, long bytes, CancellationToken stop)
    {
        byte[] chunk = new byte[WriteBytes];
        for (long left = bytes; left > 0; left -= chunk.Length)
        {
            await stream.WriteAsync(chunk, stop);
        }
    }

    private static async Task<long> CountAsync(PeerStream stream, CancellationToken stop)
    {
        byte[] arriving = new byte[WriteBytes];
        long count = 0;
        while (await stream.ReadAsync(arriving, stop) is > 0 and int read)
        {
            count += read;
        }

        return count;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static void PrintSpread(string what, double[] values)
    {
        double[] sorted = NetworkBenchmark.Sorted(values);
        Print($"{what}: median {NetworkBenchmark.At(sorted, 0.5):F0}, from {sorted[0]:F0} to {sorted[^1]:F0}");
    }
}

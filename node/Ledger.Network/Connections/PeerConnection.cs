using System.Net.Security;
using System.Net.Sockets;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;

namespace Ledger.Network.Connections;

/// <summary>
/// One secured connection: carries bytes between the socket and the session, keeps it alive, and holds the peer to its
/// rates. All the rules of yamux are the session's.
/// </summary>
internal sealed class PeerConnection
{
    private const int ReadBytes = 128 * 1024;

    private readonly SslStream _stream;
    private readonly Socket _socket;
    private readonly PeerLimits _limits;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenSource _pause = new();
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _writingSinceMs = -1;

    public PeerConnection(
        SecuredStream secured, Socket socket, bool isDialer, PeerLimits limits, TimeProvider time,
        Action<PeerConnection, YamuxStream> accept)
    {
        _stream = secured.Stream;
        _socket = socket;
        _limits = limits;
        _time = time;
        RemoteKey = secured.RemoteKey;
        IsDialer = isDialer;
        RemoteAddress = Multiaddr.Of((System.Net.IPEndPoint)socket.RemoteEndPoint!);
        YamuxLimits muxing = new()
        {
            InboundStreamsMax = limits.InboundStreamsMax,
            OutboundStreamsMax = limits.OutboundStreamsMax,
            UnreadMax = limits.UnreadBytesMax,
            WindowMax = Math.Max(limits.WindowBytesMax, YamuxLimits.FirstWindow),
            OutputRoom = limits.OutputBytesMax,
        };
        Session = new(isDialer, muxing, stream => accept(this, stream));
        Over = _over.Token;
    }

    public PeerPublicKey RemoteKey { get; }

    public PeerId Peer => RemoteKey.Peer;

    public bool IsDialer { get; }

    public Multiaddr RemoteAddress { get; }

    public YamuxSession Session { get; }

    /// <summary>The work that serves this connection; drained before it is over.</summary>
    public OwnedTasks Tasks { get; } = new();

    /// <summary>Cancelled when the session has ended.</summary>
    public CancellationToken Over { get; }

    /// <summary>What the peer said of itself; null until it has.</summary>
    public PeerDescription? Description { get; set; }

    /// <summary>Times that the peer was read more slowly because it sent too fast.</summary>
    public long Throttled { get; private set; }

    private long NowMs => _time.GetTimestamp() * 1_000 / _time.TimestampFrequency;

    /// <summary>Runs until the connection is over, both the socket and whatever served it.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await using (stop.Register(() => End(GoAwayCode.Shutdown, NetworkFault.Closed, "This node is stopping.")))
        {
            Task reading = ReadAsync();
            Task ticking = TickAsync();
            await WriteAsync();
            await SayGoodbyeAsync();
            await _over.CancelAsync();
            await LingerAsync(reading);
            await ticking;
        }
        await Tasks.DrainAsync();
        _over.Dispose();
        _pause.Dispose();
    }

    /// <summary>Ends the connection and tells the other side why.</summary>
    public void End(GoAwayCode code, NetworkFault fault, string reason) => Session.End(code, new(fault, reason));

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[ReadBytes];
        TokenBucket bytes = new(_limits.BytesPerSecond, _limits.BytesBurst);
        TokenBucket frames = new(_limits.FramesPerSecond, _limits.FramesBurst);
        long framesBefore = 0;
        try
        {
            while (true)
            {
                ValueTask<int> reading = ReadAsync(buffer);
                if (!reading.IsCompleted)
                    Session.WakeReaders();
                int read = await reading;
                if (read == 0)
                {
                    End(GoAwayCode.Normal, NetworkFault.EndedByPeer, "The peer closed the connection.");
                    return;
                }
                // Behind the end everything is read and dropped, so that the last words reach the other side.
                if (Session.Receive(buffer.AsSpan(0, read)) is not null)
                    continue;
                TimeSpan byBytes = bytes.Spend(read, NowMs);
                TimeSpan byFrames = frames.Spend(Session.FramesHeard - framesBefore, NowMs);
                framesBefore = Session.FramesHeard;
                TimeSpan wait = byBytes > byFrames ? byBytes : byFrames;
                if (wait > TimeSpan.Zero)
                {
                    Throttled++;
                    Session.WakeReaders();
                    await Task.Delay(wait, _time, _pause.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        catch (Exception trouble) when (trouble is IOException or ObjectDisposedException or InvalidOperationException)
        {
            End(GoAwayCode.Normal, NetworkFault.Unreachable, "The connection broke.");
        }
        finally
        {
            _paused.TrySetResult();
        }
    }

    /// <summary>Reads what comes next, and stays out of the stream while the goodbye is said.</summary>
    private async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (_resumed.Task.IsCompleted)
            return await _stream.ReadAsync(buffer, CancellationToken.None);
        try
        {
            _pause.Token.ThrowIfCancellationRequested();
            return await _stream.ReadAsync(buffer, _pause.Token);
        }
        catch (OperationCanceledException)
        {
            _paused.TrySetResult();
            await _resumed.Task;
            return await _stream.ReadAsync(buffer, CancellationToken.None);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                ReadOnlyMemory<byte> waiting = await Session.Output.TakeAsync(CancellationToken.None);
                if (waiting.IsEmpty)
                    break;
                Volatile.Write(ref _writingSinceMs, NowMs);
                await _stream.WriteAsync(waiting, CancellationToken.None);
                Volatile.Write(ref _writingSinceMs, -1);
            }
        }
        catch (Exception trouble)
            when (trouble is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            End(GoAwayCode.Normal, NetworkFault.Unreachable, "The connection broke.");
        }
    }

    /// <summary>
    /// Ends TLS on this side. The platform guards reads and writes against each other, but not the end against a read:
    /// OpenSSL's memory is corrupted where bytes arrive at that moment. So the reader pauses.
    /// </summary>
    private async Task SayGoodbyeAsync()
    {
        await _pause.CancelAsync();
        await _paused.Task;
        Volatile.Write(ref _writingSinceMs, NowMs);
        try
        {
            await _stream.ShutdownAsync();
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception trouble) when (
            trouble is IOException or SocketException or ObjectDisposedException or InvalidOperationException
            || trouble.GetType().Name == "SslException")
        {
            // The connection broke before, which OpenSSL says with an error whose type the platform keeps to itself.
        }
        Volatile.Write(ref _writingSinceMs, -1);
        _resumed.SetResult();
    }

    private async Task TickAsync()
    {
        long intervalMs = (long)_limits.KeepAliveInterval.TotalMilliseconds;
        long timeoutMs = (long)_limits.SilenceTimeout.TotalMilliseconds;
        TimeSpan step = TimeSpan.FromMilliseconds(Math.Clamp(Math.Min(intervalMs, timeoutMs) / 4, 10, 1_000));
        while (!Over.IsCancellationRequested)
        {
            Session.Tick(NowMs, intervalMs, timeoutMs);
            long since = Volatile.Read(ref _writingSinceMs);
            bool stalled = since >= 0 && NowMs - since > timeoutMs;
            if (stalled)
                End(GoAwayCode.Normal, NetworkFault.TimedOut, "The peer does not read.");
            // A write that hangs ends with the socket only.
            if (stalled || (since >= 0 && Session.Ended is not null && NowMs - since > _limits.LingerTimeout.TotalMilliseconds))
                _socket.Dispose();
            await Task.Delay(step, _time, Over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LingerAsync(Task reading)
    {
        // To close a socket with bytes unread would take the last words from the other side.
        using CancellationTokenSource enough = new(_limits.LingerTimeout, _time);
        await Task.WhenAny(reading, Task.Delay(Timeout.Infinite, enough.Token));
        await enough.CancelAsync();
        _socket.Dispose();
        await reading;
        await _stream.DisposeAsync();
    }
}

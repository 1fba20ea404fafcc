namespace Ledger.Network.Muxing;

/// <summary>
/// One yamux session (libp2p specification, <c>yamux</c>) without a socket: bytes that came go into
/// <see cref="Receive"/>, bytes to send come out of <see cref="Output"/>. Thread-safe; one caller receives.
/// </summary>
internal sealed partial class YamuxSession
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly YamuxReader _reader = new();
    private readonly YamuxLimits _limits;
    private readonly Action<YamuxStream> _accept;
    private readonly uint _remoteParity;
    private uint _nextId;
    private int _inbound;
    private int _outbound;
    private int _unread;
    private int _growthLeft;
    private NetworkException? _ended;

    /// <param name="isDialer">Whether this side opened the connection: its streams have odd ids.</param>
    /// <param name="limits">What the session may hold.</param>
    /// <param name="accept">Gets each stream that the other side opens; it must not block.</param>
    public YamuxSession(bool isDialer, YamuxLimits limits, Action<YamuxStream> accept)
    {
        _limits = limits;
        _accept = accept;
        _nextId = isDialer ? 1u : 2u;
        _remoteParity = isDialer ? 0u : 1u;
        _growthLeft = limits.WindowGrowthMax;
        Output = new(limits.OutputRoom);
    }

    public YamuxOutput Output { get; }

    /// <summary>Frames heard; the connection limits their rate.</summary>
    public long FramesHeard { get; private set; }

    /// <summary>Streams of the other side that were reset because it had too many.</summary>
    public long StreamsRefused { get; private set; }

    /// <summary>Why the session ended; null while it goes on.</summary>
    public NetworkException? Ended
    {
        get
        {
            lock (_gate)
                return _ended;
        }
    }

    /// <summary>Bytes received and not read, of all streams.</summary>
    public int Unread
    {
        get
        {
            lock (_gate)
                return _unread;
        }
    }

    /// <summary>Streams open, both sides' together.</summary>
    public int StreamCount
    {
        get
        {
            lock (_gate)
                return _streams.Count;
        }
    }

    internal Task OutputRoom => Output.Room;

    /// <summary>Opens a stream. Nothing is sent until something is written on it or read from it.</summary>
    /// <exception cref="NetworkException">The session has ended, or has too many streams.</exception>
    public YamuxStream Open()
    {
        lock (_gate)
        {
            if (_ended is not null)
                throw Again(_ended);
            if (_outbound >= _limits.OutboundStreamsMax)
                throw new NetworkException(NetworkFault.LimitReached, "This side has too many streams open.");
            if (_nextId > uint.MaxValue - 2)
                throw new NetworkException(NetworkFault.LimitReached, "The connection has used up its stream ids.");
            YamuxStream stream = new(this, _nextId, isInbound: false);
            _nextId += 2;
            _outbound++;
            _streams.Add(stream.Id, stream);
            return stream;
        }
    }

    /// <summary>Ends the session: tells the other side why, and all streams.</summary>
    public void End(GoAwayCode code, NetworkException trouble)
    {
        YamuxStream[] streams;
        lock (_gate)
        {
            if (_ended is not null)
                return;
            _ended = trouble;
            streams = [.. _streams.Values];
            _streams.Clear();
        }
        Output.Close(new(YamuxType.GoAway, YamuxFlags.None, 0, (uint)code));
        foreach (YamuxStream stream in streams)
            EndStream(stream, trouble);
    }

    /// <summary>Sends what window and room allow, and says how much that was.</summary>
    internal int Send(YamuxStream stream, ReadOnlySpan<byte> data, out bool windowUsedUp)
    {
        lock (_gate)
        {
            ThrowIfNotWritable(stream);
            int count = (int)Math.Min(Math.Min(data.Length, YamuxStream.FrameBytesMax), stream.Flow.SendWindow);
            windowUsedUp = count == 0;
            if (windowUsedUp || !Output.HasRoom)
                return 0;
            YamuxHeader header = new(YamuxType.Data, stream.Flow.TakeFlags(), stream.Id, (uint)count);
            Output.Append(header, data[..count]);
            stream.Flow.Sent(count);
            return count;
        }
    }

    internal void Consumed(YamuxStream stream, int bytes)
    {
        lock (_gate)
        {
            _unread -= bytes;
            uint by = stream.Flow.Consumed(bytes, _limits.WindowMax, ref _growthLeft);
            if (by > 0 && IsOpen(stream))
                Control(new(YamuxType.WindowUpdate, stream.Flow.TakeFlags(), stream.Id, by));
        }
    }

    internal void Finish(YamuxStream stream)
    {
        lock (_gate)
        {
            if (!IsOpen(stream) || stream.Flow.WriteClosed)
                return;
            stream.Flow.WriteClosed = true;
            Control(new(YamuxType.WindowUpdate, stream.Flow.TakeFlags() | YamuxFlags.Fin, stream.Id, 0));
            ForgetIfClosed(stream);
        }
    }

    internal void Reset(YamuxStream stream, string reason)
    {
        lock (_gate)
        {
            if (!IsOpen(stream))
                return;
            Control(new(YamuxType.WindowUpdate, stream.Flow.TakeFlags() | YamuxFlags.Rst, stream.Id, 0));
            Forget(stream);
        }
        EndStream(stream, new NetworkException(NetworkFault.Closed, reason));
    }

    /// <summary>
    /// The stream's owner is done: resets it unless both halves are closed. Only now is its place free for another, so
    /// that streams that come and go cannot outrun those who serve them.
    /// </summary>
    internal void Dispose(YamuxStream stream)
    {
        Reset(stream, "The stream was closed on this side.");
        stream.EndInput(null);
        lock (_gate)
        {
            _unread -= stream.Flow.Drop();
            if (stream.IsInbound)
                _inbound--;
            else
                _outbound--;
        }
    }

    private static void EndStream(YamuxStream stream, NetworkException trouble)
    {
        stream.Flow.Ended ??= trouble;
        stream.EndInput(trouble);
        stream.Changed.Set();
    }

    private static NetworkException Again(NetworkException trouble) => new(trouble.Fault, trouble.Message, trouble);

    private bool IsOpen(YamuxStream stream) =>
        _streams.TryGetValue(stream.Id, out YamuxStream? known) && ReferenceEquals(known, stream);

    private void ThrowIfNotWritable(YamuxStream stream)
    {
        if (stream.Flow.Ended is { } ended)
            throw Again(ended);
        if (stream.Flow.WriteClosed)
            throw new NetworkException(NetworkFault.Closed, "This half of the stream is closed.");
        if (_ended is not null)
            throw Again(_ended);
        if (!IsOpen(stream))
            throw new NetworkException(NetworkFault.Closed, "The stream is closed.");
    }

    private void ForgetIfClosed(YamuxStream stream)
    {
        if (stream.Flow is { WriteClosed: true, RemoteClosed: true })
            Forget(stream);
    }

    private void Forget(YamuxStream stream)
    {
        if (_streams.Remove(stream.Id))
            _growthLeft += stream.Flow.WindowSize - YamuxLimits.FirstWindow;
    }

    private void Control(YamuxHeader header)
    {
        if (!Output.TryAppendControl(header))
            End(GoAwayCode.ResourceLimit, new(NetworkFault.LimitReached, "The peer does not read what it asks for."));
    }
}

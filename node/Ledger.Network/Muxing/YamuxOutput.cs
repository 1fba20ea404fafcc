namespace Ledger.Network.Muxing;

/// <summary>
/// Frames that wait for the socket. Data waits for room; the short frames of the session itself may go a little beyond,
/// and where even that is used up the other side does not read. Thread-safe; one taker.
/// </summary>
internal sealed class YamuxOutput(int roomBytes)
{
    /// <summary>What the session's own frames may take beyond the room for data.</summary>
    public const int ControlBytesMax = 64 * 1024;

    private const int FirstBytes = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly Pulse _room = new();
    private readonly Pulse _waiting = new();
    private byte[] _filling = new byte[FirstBytes];
    private byte[] _leaving = new byte[FirstBytes];
    private int _length;
    private bool _closed;

    /// <summary>Completes when there may be room again, or the output has closed.</summary>
    public Task Room => _room.Next;

    /// <summary>Whether a data frame may be added.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
                return _length < roomBytes;
        }
    }

    /// <summary>Adds a data frame; the caller saw that there is room.</summary>
    public void Append(YamuxHeader header, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            Add(header, payload);
        }
        _waiting.Set();
    }

    /// <summary>Adds a frame of the session's own; false when the other side has left too many of them unread.</summary>
    public bool TryAppendControl(YamuxHeader header)
    {
        lock (_gate)
        {
            if (_closed)
                return true;
            if (_length + YamuxHeader.Bytes > roomBytes + YamuxStream.FrameBytesMax + ControlBytesMax)
                return false;
            Add(header, default);
        }
        _waiting.Set();
        return true;
    }

    /// <summary>Adds the last frame and takes no more.</summary>
    public void Close(YamuxHeader last)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            Add(last, default);
            _closed = true;
        }
        _waiting.Set();
        _room.Set();
    }

    /// <summary>All that waits, valid until the next call; empty when the output has closed and is drained.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(CancellationToken stop)
    {
        while (true)
        {
            Task waiting = _waiting.Next;
            lock (_gate)
            {
                if (_length > 0 || _closed)
                    return Swap();
            }
            await waiting.WaitAsync(stop);
        }
    }

    private ReadOnlyMemory<byte> Swap()
    {
        (_filling, _leaving) = (_leaving, _filling);
        ReadOnlyMemory<byte> taken = _leaving.AsMemory(0, _length);
        _length = 0;
        _room.Set();
        return taken;
    }

    private void Add(YamuxHeader header, ReadOnlySpan<byte> payload)
    {
        int needed = _length + YamuxHeader.Bytes + payload.Length;
        if (needed > _filling.Length)
            Array.Resize(ref _filling, Math.Max(needed, _filling.Length * 2));
        header.Write(_filling.AsSpan(_length));
        payload.CopyTo(_filling.AsSpan(_length + YamuxHeader.Bytes));
        _length = needed;
    }
}

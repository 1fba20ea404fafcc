namespace Ledger.Network.Muxing;

/// <summary>The state of one stream: which halves are open, and how many bytes each side may send. Not thread-safe.</summary>
internal sealed class YamuxFlow(YamuxFlags firstFlags)
{
    private YamuxFlags _firstFlags = firstFlags;

    /// <summary>Bytes that this side may send.</summary>
    public long SendWindow { get; private set; } = YamuxLimits.FirstWindow;

    /// <summary>Bytes that the other side may send.</summary>
    public long ReceiveWindow { get; private set; } = YamuxLimits.FirstWindow;

    /// <summary>The window that the reader's progress restores.</summary>
    public int WindowSize { get; private set; } = YamuxLimits.FirstWindow;

    /// <summary>Bytes received and not read.</summary>
    public int Unread { get; private set; }

    public bool WriteClosed { get; set; }

    public bool RemoteClosed { get; set; }

    /// <summary>Why the stream ended at once; null while it goes on.</summary>
    public NetworkException? Ended { get; set; }

    private long _toReturn;

    /// <summary>SYN or ACK with the first frame that is sent, nothing with the others.</summary>
    public YamuxFlags TakeFlags()
    {
        YamuxFlags flags = _firstFlags;
        _firstFlags = YamuxFlags.None;
        return flags;
    }

    /// <summary>The other side lets this one send more; false when that makes no sense.</summary>
    public bool TryWiden(uint by)
    {
        SendWindow += by;
        return SendWindow <= uint.MaxValue;
    }

    public void Sent(int bytes) => SendWindow -= bytes;

    /// <summary>The other side announces data; false when its window is too small for it.</summary>
    public bool TryReceive(uint bytes)
    {
        if (bytes > ReceiveWindow)
            return false;
        ReceiveWindow -= bytes;
        return true;
    }

    public void Arrived(int bytes) => Unread += bytes;

    /// <summary>
    /// The reader took bytes; says by how much the other side may be told to widen: nothing until half of the window is
    /// read, then all of it, and, while there is an allowance, twice that.
    /// </summary>
    public uint Consumed(int bytes, int windowMax, ref int growthLeft)
    {
        Unread -= bytes;
        _toReturn += bytes;
        if (_toReturn < WindowSize / 2 || RemoteClosed)
            return 0;
        int growth = Math.Min(Math.Min(WindowSize, windowMax - WindowSize), growthLeft);
        if (growth > 0)
        {
            WindowSize += growth;
            growthLeft -= growth;
            _toReturn += growth;
        }
        uint by = (uint)_toReturn;
        ReceiveWindow += _toReturn;
        _toReturn = 0;
        return by;
    }

    /// <summary>Nobody will read the rest; says how many bytes were unread.</summary>
    public int Drop()
    {
        int dropped = Unread;
        Unread = 0;
        return dropped;
    }
}

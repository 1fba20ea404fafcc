namespace Ledger.Network.Muxing;

/// <content>What the other side sends, and what time brings.</content>
internal sealed partial class YamuxSession
{
    // To wake a reader costs more than to copy a TLS record: they are woken for several at once.
    private const int WakeBytes = 64 * 1024;

    private YamuxStream? _receiving;
    private YamuxStream? _toWake;
    private int _toWakeBytes;
    private bool _finishing;
    private bool _heardSincePing;
    private uint _pingsSent;
    private uint _pingsAnswered;
    private long _pingAtMs;

    /// <summary>
    /// Takes bytes that came; says why the session ended, or null while it goes on. Readers learn of the last of these
    /// bytes from <see cref="WakeReaders"/>.
    /// </summary>
    public NetworkException? Receive(ReadOnlySpan<byte> bytes)
    {
        _heardSincePing = true;
        while (true)
        {
            string? violation = null;
            switch (_reader.Next(ref bytes, out YamuxHeader header, out ReadOnlySpan<byte> payload))
            {
                case YamuxStep.NeedMore:
                    return Ended;
                case YamuxStep.Header:
                    FramesHeard++;
                    violation = Heard(header);
                    break;
                case YamuxStep.Payload:
                    violation = Arrived(payload);
                    break;
                case YamuxStep.Invalid:
                    violation = "The peer sent what is no yamux frame.";
                    break;
            }
            if (violation is not null)
                End(GoAwayCode.ProtocolError, new(NetworkFault.ProtocolViolation, violation));
            if (Ended is { } ended)
                return ended;
        }
    }

    /// <summary>Lets readers have what came. To be called before more bytes are waited for.</summary>
    public void WakeReaders()
    {
        _toWake?.WakeReader();
        _toWake = null;
        _toWakeBytes = 0;
    }

    /// <summary>Keeps the session alive, or ends it where nothing was heard since a ping long ago.</summary>
    /// <param name="nowMs">Milliseconds on a clock that never goes back.</param>
    /// <param name="intervalMs">Time between pings.</param>
    /// <param name="timeoutMs">How long after a ping the silence may last.</param>
    public void Tick(long nowMs, long intervalMs, long timeoutMs)
    {
        lock (_gate)
        {
            if (_ended is not null)
                return;
            if (_pingsSent > 0 && !_heardSincePing)
            {
                if (nowMs - _pingAtMs >= timeoutMs)
                    End(GoAwayCode.Normal, new(NetworkFault.TimedOut, "The peer fell silent."));
                return;
            }
            // Whether or not the last one was answered: who spoke since then may have stopped in the middle of a frame.
            if (_pingsSent > 0 && nowMs - _pingAtMs < intervalMs)
                return;
            _pingAtMs = nowMs;
            _heardSincePing = false;
            Control(new(YamuxType.Ping, YamuxFlags.Syn, 0, ++_pingsSent));
        }
    }

    private string? Heard(YamuxHeader header) => header.Type switch
    {
        YamuxType.Ping => HeardPing(header),
        YamuxType.GoAway => HeardGoAway(header),
        _ => HeardOnStream(header),
    };

    private string? HeardPing(YamuxHeader header)
    {
        lock (_gate)
        {
            switch (header.Flags)
            {
                case YamuxFlags.Syn:
                    Control(header with { Flags = YamuxFlags.Ack });
                    return null;
                case YamuxFlags.Ack when header.Value > _pingsAnswered && header.Value <= _pingsSent:
                    _pingsAnswered = header.Value;
                    return null;
                default:
                    return "The peer answered a ping that was not sent.";
            }
        }
    }

    private string? HeardGoAway(YamuxHeader header)
    {
        NetworkException trouble = (GoAwayCode)header.Value switch
        {
            GoAwayCode.Gated => new(NetworkFault.NotAdmitted, "The peer does not admit this one: ask its operator."),
            GoAwayCode.ResourceLimit or GoAwayCode.RateLimited =>
                new(NetworkFault.LimitReached, "The peer says that this side is beyond a limit of its own."),
            GoAwayCode.ProtocolError =>
                new(NetworkFault.ProtocolViolation, "The peer says that this side broke the protocol."),
            _ => new(NetworkFault.EndedByPeer, $"The peer ended the connection (code {header.Value})."),
        };
        End(GoAwayCode.Normal, trouble);
        return null;
    }

    private string? HeardOnStream(YamuxHeader header)
    {
        YamuxStream? opened = null;
        _receiving = null;
        _finishing = false;
        lock (_gate)
        {
            if ((header.Flags & YamuxFlags.Syn) != 0 && HeardSyn(header.StreamId, ref opened) is { } violation)
                return violation;
            // What was just closed on this side may still be under way on the other.
            if (!_streams.TryGetValue(header.StreamId, out YamuxStream? stream))
                return null;
            if ((header.Flags & YamuxFlags.Rst) != 0)
                HeardReset(stream);
            else if (header.Type == YamuxType.WindowUpdate)
            {
                if (!stream.Flow.TryWiden(header.Value))
                    return "The peer opened a window beyond all bounds.";
                stream.Changed.Set();
            }
            else if (header.Value > 0 && stream.Flow.RemoteClosed)
                return "The peer sent data behind the end of a stream.";
            else if (!stream.Flow.TryReceive(header.Value))
                return "The peer sent more than the stream's window holds.";
            else
                _receiving = stream;
            _finishing = (header.Flags & YamuxFlags.Fin) != 0;
            if (_finishing && (header.Type == YamuxType.WindowUpdate || header.Value == 0))
                HeardFin(stream);
        }
        if (opened is not null)
            _accept(opened);
        return null;
    }

    private string? HeardSyn(uint id, ref YamuxStream? opened)
    {
        if (id % 2 != _remoteParity)
            return "The peer opened a stream with an id of this side.";
        if (_streams.ContainsKey(id))
            return "The peer opened a stream that is open.";
        if (_inbound >= _limits.InboundStreamsMax)
        {
            StreamsRefused++;
            Control(new(YamuxType.WindowUpdate, YamuxFlags.Rst, id, 0));
            return null;
        }
        opened = new(this, id, isInbound: true);
        _inbound++;
        _streams.Add(id, opened);
        return null;
    }

    private void HeardReset(YamuxStream stream)
    {
        Forget(stream);
        EndStream(stream, new(NetworkFault.EndedByPeer, "The peer reset the stream."));
    }

    private void HeardFin(YamuxStream stream)
    {
        _finishing = false;
        if (stream.Flow.RemoteClosed)
            return;
        stream.Flow.RemoteClosed = true;
        stream.EndInput(null);
        ForgetIfClosed(stream);
    }

    private string? Arrived(ReadOnlySpan<byte> payload)
    {
        if (_receiving is not { } stream)
            return null;
        lock (_gate)
        {
            // A stream whose owner is gone holds nothing any more.
            if (!IsOpen(stream))
                return null;
            stream.Flow.Arrived(payload.Length);
            _unread += payload.Length;
            if (_unread > _limits.UnreadMax)
            {
                End(GoAwayCode.ResourceLimit, new(
                    NetworkFault.LimitReached, $"More than {_limits.UnreadMax} bytes of the peer lie unread."));
                return null;
            }
        }
        if (_toWake != stream)
            WakeReaders();
        stream.Deliver(payload);
        _toWake = stream;
        _toWakeBytes += payload.Length;
        if (_toWakeBytes >= WakeBytes)
            WakeReaders();
        if (_finishing && _reader.PayloadLeft == 0)
        {
            lock (_gate)
                HeardFin(stream);
        }
        return null;
    }
}

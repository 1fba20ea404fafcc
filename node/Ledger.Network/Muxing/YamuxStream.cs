using System.Buffers;
using System.IO.Pipelines;
using Ledger.Network.Connections;

namespace Ledger.Network.Muxing;

/// <summary>
/// One stream of a session. Reading and writing may go on at once, each by one caller. Writing waits for the other side's
/// window and for room before the socket; reading gives window back. Disposing resets whatever is not closed yet.
/// </summary>
internal sealed class YamuxStream : PeerStream
{
    /// <summary>Most payload that is sent in one frame, so that streams take turns.</summary>
    public const int FrameBytesMax = 64 * 1024;

    private static readonly PipeOptions Unbounded = new(
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: 16 * 1024,
        useSynchronizationContext: false);

    private readonly YamuxSession _session;
    private readonly Pipe _input = new(Unbounded);
    private readonly Lock _delivering = new();
    private bool _inputEnded;
    private bool _readerGone;

    internal YamuxStream(YamuxSession session, uint id, bool isInbound)
    {
        _session = session;
        Id = id;
        IsInbound = isInbound;
        Flow = new(isInbound ? YamuxFlags.Ack : YamuxFlags.Syn);
    }

    public uint Id { get; }

    public bool IsInbound { get; }

    /// <summary>Windows and what is open; guarded by the session.</summary>
    internal YamuxFlow Flow { get; }

    /// <summary>Set when the window has grown or the stream has ended.</summary>
    internal Pulse Changed { get; } = new();

    /// <summary>Waits for bytes; 0 once the other side has closed its half.</summary>
    /// <exception cref="NetworkException">The stream was reset, or the connection ended.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        ReadResult result = await _input.Reader.ReadAsync(cancellationToken);
        ReadOnlySequence<byte> taken = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
        taken.CopyTo(buffer.Span);
        int count = (int)taken.Length;
        _input.Reader.AdvanceTo(taken.End);
        if (count > 0)
            _session.Consumed(this, count);
        return count;
    }

    /// <summary>Completes when all bytes are on their way to the socket.</summary>
    /// <exception cref="NetworkException">The stream was reset, this half is closed, or the connection ended.</exception>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            Task changed = Changed.Next;
            Task room = _session.OutputRoom;
            int sent = _session.Send(this, buffer.Span, out bool windowUsedUp);
            buffer = buffer[sent..];
            if (sent == 0)
                await (windowUsedUp ? changed : room).WaitAsync(cancellationToken);
        }
    }

    public override void CloseWrite() => _session.Finish(this);

    public override void Reset() => _session.Reset(this, "The stream was reset on this side.");

    /// <summary>Takes bytes that the other side sent; they wait for <see cref="WakeReader"/>.</summary>
    internal void Deliver(ReadOnlySpan<byte> payload)
    {
        lock (_delivering)
        {
            if (!_inputEnded)
                _input.Writer.Write(payload);
        }
    }

    /// <summary>Lets the reader have what was delivered.</summary>
    internal void WakeReader()
    {
        lock (_delivering)
        {
            // Never waits: the window bounds what lies here.
            if (!_inputEnded)
                _ = _input.Writer.FlushAsync(CancellationToken.None).IsCompleted;
        }
    }

    /// <summary>No more bytes come: the end, or the trouble that ended it.</summary>
    internal void EndInput(NetworkException? trouble)
    {
        lock (_delivering)
        {
            if (_inputEnded)
                return;
            _inputEnded = true;
            _input.Writer.Complete(trouble);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !Interlocked.Exchange(ref _readerGone, true))
        {
            _session.Dispose(this);
            _input.Reader.Complete();
        }
        base.Dispose(disposing);
    }
}

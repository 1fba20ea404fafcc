using Ledger.Network.Addresses;

namespace Ledger.Network.Connections;

/// <summary>
/// A stream to a peer: bytes both ways, each half closed by itself. One caller may read while one writes; both wait for
/// the other side, and take a token to give up. There is no synchronous reading or writing.
/// </summary>
public abstract class PeerStream : Stream
{
    /// <summary>Who is at the other end.</summary>
    public PeerId Peer { get; internal set; } = null!;

    /// <summary>The protocol that both sides agreed on.</summary>
    public string Protocol { get; internal set; } = "";

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Closes this half: the other side reads to the end and may go on sending.</summary>
    public abstract void CloseWrite();

    /// <summary>Ends both halves at once; what is unread is dropped.</summary>
    public abstract void Reset();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Nothing to do: what was written is on its way.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Chains;

/// <summary>
/// Cuts the bytes of a CBOR sequence into items of at most 60,000 bytes as they arrive, whatever the pieces.
/// Holds at most one item and one piece of input. Not thread-safe.
/// </summary>
public sealed class RecordSplitter
{
    private byte[] _buffer = new byte[2 * Limits.RecordBytes];
    private int _start;
    private int _end;

    /// <summary>Offset in the sequence of the next item.</summary>
    public long Offset { get; private set; }

    /// <summary>Why no further item can be found; null while one can.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>Bytes at hand that belong to no whole item yet.</summary>
    public int Pending => _end - _start;

    /// <summary>Adds bytes behind those at hand. Take every whole item out before adding more.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
        {
            byte[] target = Pending + bytes.Length <= _buffer.Length ? _buffer : new byte[Pending + bytes.Length];
            _buffer.AsSpan(_start, Pending).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, Pending);
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>
    /// The next whole item, as a copy of its own. False if more bytes are needed or <see cref="Fault"/> is set.
    /// </summary>
    /// <param name="offset">Where it began in the sequence.</param>
    public bool TryTake(out ReadOnlyMemory<byte> item, out long offset)
    {
        item = default;
        offset = Offset;
        if (Fault is not null || Pending == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, Pending);
        switch (CborSequence.Next(rest, Limits.RecordBytes, out int length, out CborError error))
        {
            case CborItem.Whole:
                item = rest[..length].ToArray();
                _start += length;
                Offset += length;
                return true;
            case CborItem.Unreadable:
                Fault = error.Fault == CborFault.TooLong
                    ? new Fault(Layer.Encoding, "a record has at most 60,000 bytes", error.Offset)
                    : new Fault(Layer.Encoding, $"no record begins here: {error.Reason}", error.Offset);
                return false;
            default:
                return false;
        }
    }

    /// <summary>No more bytes come. Null if they ended where an item ended.</summary>
    public Fault? Finish()
    {
        if (Fault is null && Pending > 0)
        {
            Fault = new Fault(Layer.Encoding, "the bytes end inside a record", Pending);
        }

        return Fault;
    }
}

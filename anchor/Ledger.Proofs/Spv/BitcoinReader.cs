using System.Buffers.Binary;

namespace Ledger.Proofs.Spv;

/// <summary>
/// Forward-only reader of Bitcoin's serialization over a span: little-endian integers, compact sizes, byte strings.
/// Every <c>TryRead…</c> returns false at the first fault and from then on; <see cref="Error"/> says which and where.
/// </summary>
public ref struct BitcoinReader
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;
    private SpvError _error;

    /// <param name="data">The whole document.</param>
    /// <param name="position">Where to begin; offsets in errors count from the document's start.</param>
    public BitcoinReader(ReadOnlySpan<byte> data, int position = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)data.Length);
        _data = data;
        _position = position;
    }

    /// <summary>Offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _data.Length - _position;

    public readonly bool AtEnd => Remaining == 0;

    public readonly SpvError Error => _error;

    /// <summary>Records a fault unless one stands already; returns false, so that parsers can return it.</summary>
    public bool Fail(SpvFault fault, int offset)
    {
        if (_error.Fault == SpvFault.None)
        {
            _error = new SpvError(fault, offset);
        }

        return false;
    }

    public bool TryRead(int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_error.Fault != SpvFault.None)
        {
            return false;
        }

        if (length > Remaining)
        {
            return Fail(SpvFault.TransactionTruncated, _data.Length);
        }

        bytes = _data.Slice(_position, length);
        _position += length;
        return true;
    }

    public bool TryReadByte(out byte value)
    {
        bool read = TryRead(1, out ReadOnlySpan<byte> bytes);
        value = read ? bytes[0] : default;
        return read;
    }

    public bool TryReadUInt32(out uint value)
    {
        bool read = TryRead(sizeof(uint), out ReadOnlySpan<byte> bytes);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : default;
        return read;
    }

    public bool TryReadUInt64(out ulong value)
    {
        bool read = TryRead(sizeof(ulong), out ReadOnlySpan<byte> bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : default;
        return read;
    }

    /// <summary>Bitcoin's variable-length count (1, 3, 5 or 9 bytes); only the shortest form is accepted.</summary>
    public bool TryReadCompactSize(out ulong value)
    {
        int start = _position;
        value = 0;
        if (!TryReadByte(out byte head))
        {
            return false;
        }

        if (head < 0xfd)
        {
            value = head;
            return true;
        }

        int length = 1 << (head - 0xfc);
        if (!TryRead(length, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        value = head switch
        {
            0xfd => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            0xfe => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };
        ulong least = head switch { 0xfd => 0xfd, 0xfe => 0x1_0000, _ => 0x1_0000_0000 };
        return value >= least || Fail(SpvFault.SizeNotShortest, start);
    }

    /// <summary>
    /// A count of items that take at least <paramref name="leastBytes"/> each, so that none is a promise.
    /// </summary>
    public bool TryReadCount(int leastBytes, SpvFault tooMany, out int count)
    {
        int start = _position;
        count = 0;
        if (!TryReadCompactSize(out ulong stated))
        {
            return false;
        }

        if (stated > (ulong)(Remaining / leastBytes))
        {
            return Fail(tooMany, start);
        }

        count = (int)stated;
        return true;
    }

    /// <summary>A byte string after its compact size.</summary>
    public bool TryReadString(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return TryReadCount(1, SpvFault.ScriptTooLong, out int length) && TryRead(length, out bytes);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ledger.Core;

/// <summary>SHA3-512 of the tagged COSE_Sign1 bytes of a record: 64 bytes.</summary>
public readonly struct RecordId : IEquatable<RecordId>, IComparable<RecordId>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 64;

    private readonly Block _bytes;

    /// <param name="bytes">Exactly 64 bytes.</param>
    public RecordId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A record id has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>64 zero bytes: the <c>prev</c> of a stream's first record.</summary>
    public static RecordId Zero => default;

    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    public bool IsZero => Equals(Zero);

    /// <summary>Reads 128 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> hex, out RecordId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool read = Hex.TryDecode(hex, bytes);
        id = read ? new RecordId(bytes) : default;
        return read;
    }

    public byte[] ToArray() => Span.ToArray();

    public bool Equals(RecordId other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is RecordId other && Equals(other);

    public override int GetHashCode() => MemoryMarshal.Read<int>(Span);

    public int CompareTo(RecordId other) => Span.SequenceCompareTo(other.Span);

    /// <summary>128 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    public static bool operator ==(RecordId left, RecordId right) => left.Equals(right);

    public static bool operator !=(RecordId left, RecordId right) => !left.Equals(right);

    public static bool operator <(RecordId left, RecordId right) => left.CompareTo(right) < 0;

    public static bool operator >(RecordId left, RecordId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RecordId left, RecordId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RecordId left, RecordId right) => left.CompareTo(right) >= 0;

    [InlineArray(Size)]
    private struct Block
    {
        private byte _first;
    }
}

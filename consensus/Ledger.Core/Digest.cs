using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Ledger.Core;

/// <summary>32 bytes, in nearly every case a SHA-256. A value: equal bytes are equal, order is bytewise.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Digest : IEquatable<Digest>, IComparable<Digest>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly Block _bytes;

    /// <param name="bytes">Exactly 32 bytes.</param>
    public Digest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A digest has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>32 zero bytes: "none before" and "empty subtree".</summary>
    public static Digest Zero => default;

    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    public bool IsZero => Equals(Zero);

    /// <summary>SHA-256 of <paramref name="data"/> (FIPS 180-4).</summary>
    public static Digest Of(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(data, hash);
        return new Digest(hash);
    }

    /// <summary>Reads 64 hexadecimal digits of either case.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> hex, out Digest digest)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool read = Hex.TryDecode(hex, bytes);
        digest = read ? new Digest(bytes) : default;
        return read;
    }

    public static Digest ParseHex(string hex) =>
        TryParseHex(hex, out Digest digest) ? digest : throw new FormatException("Expected 64 hexadecimal digits.");

    public byte[] ToArray() => Span.ToArray();

    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>Bit <paramref name="index"/>, 0 being the most significant bit of the first byte.</summary>
    public bool Bit(int index) => (_bytes[index >> 3] >> (7 - (index & 7)) & 1) != 0;

    public bool Equals(Digest other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    public override int GetHashCode() => MemoryMarshal.Read<int>(Span);

    public int CompareTo(Digest other) => Span.SequenceCompareTo(other.Span);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    [InlineArray(Size)]
    private struct Block
    {
        private byte _first;
    }
}

using System.Security.Cryptography;
using Ledger.Core;

namespace Ledger.Proofs.Spv;

/// <summary>
/// Double SHA-256 of a transaction without its witness. Held in the order in which it was hashed;
/// <see cref="ToString"/> gives the reversed hexadecimal form that Bitcoin's tools show.
/// </summary>
public readonly record struct BitcoinTransactionId(Digest Value) : IComparable<BitcoinTransactionId>
{
    public static BitcoinTransactionId Of(ReadOnlySpan<byte> strippedTransaction) =>
        new(BitcoinHash.Twice(strippedTransaction));

    /// <summary>Reads the form that Bitcoin's tools show: 64 hexadecimal digits, last byte first.</summary>
    public static bool TryParse(ReadOnlySpan<char> shown, out BitcoinTransactionId id)
    {
        bool read = BitcoinHash.TryParse(shown, out Digest value);
        id = new BitcoinTransactionId(value);
        return read;
    }

    public int CompareTo(BitcoinTransactionId other) => Value.CompareTo(other.Value);

    public override string ToString() => BitcoinHash.Show(Value);
}

/// <summary>
/// Double SHA-256 of an 80-byte header. Held in the order in which it was hashed;
/// <see cref="ToString"/> gives the reversed hexadecimal form that Bitcoin's tools show.
/// </summary>
public readonly record struct BitcoinBlockHash(Digest Value) : IComparable<BitcoinBlockHash>
{
    public static BitcoinBlockHash Of(ReadOnlySpan<byte> header) => new(BitcoinHash.Twice(header));

    /// <summary>Reads the form that Bitcoin's tools show: 64 hexadecimal digits, last byte first.</summary>
    public static bool TryParse(ReadOnlySpan<char> shown, out BitcoinBlockHash hash)
    {
        bool read = BitcoinHash.TryParse(shown, out Digest value);
        hash = new BitcoinBlockHash(value);
        return read;
    }

    public int CompareTo(BitcoinBlockHash other) => Value.CompareTo(other.Value);

    public override string ToString() => BitcoinHash.Show(Value);
}

/// <summary>
/// Number of a Bitcoin block; the genesis block is 0. Always somebody's claim: a header does not hold it.
/// </summary>
public readonly record struct BitcoinHeight(uint Value) : IComparable<BitcoinHeight>
{
    public int CompareTo(BitcoinHeight other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(BitcoinHeight left, BitcoinHeight right) => left.Value < right.Value;

    public static bool operator >(BitcoinHeight left, BitcoinHeight right) => left.Value > right.Value;

    public static bool operator <=(BitcoinHeight left, BitcoinHeight right) => left.Value <= right.Value;

    public static bool operator >=(BitcoinHeight left, BitcoinHeight right) => left.Value >= right.Value;
}

/// <summary>Bitcoin's hash and the order in which its tools write one.</summary>
public static class BitcoinHash
{
    /// <summary>SHA-256 of the SHA-256 of <paramref name="data"/>.</summary>
    public static Digest Twice(ReadOnlySpan<byte> data)
    {
        Span<byte> first = stackalloc byte[Digest.Size];
        SHA256.HashData(data, first);
        return Digest.Of(first);
    }

    /// <summary>A node of the Merkle tree over its two children.</summary>
    public static Digest Node(in Digest left, in Digest right)
    {
        Span<byte> both = stackalloc byte[2 * Digest.Size];
        left.CopyTo(both);
        right.CopyTo(both[Digest.Size..]);
        return Twice(both);
    }

    /// <summary>64 lower-case hexadecimal digits, last byte first.</summary>
    public static string Show(in Digest digest)
    {
        Span<byte> reversed = stackalloc byte[Digest.Size];
        digest.CopyTo(reversed);
        reversed.Reverse();
        return Convert.ToHexStringLower(reversed);
    }

    /// <summary>The way back from <see cref="Show"/>; either case.</summary>
    public static bool TryParse(ReadOnlySpan<char> shown, out Digest digest)
    {
        Span<byte> bytes = stackalloc byte[Digest.Size];
        bool read = Hex.TryDecode(shown, bytes);
        bytes.Reverse();
        digest = read ? new Digest(bytes) : default;
        return read;
    }
}

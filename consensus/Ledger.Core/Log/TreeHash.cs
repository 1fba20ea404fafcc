using System.Security.Cryptography;

namespace Ledger.Core.Log;

/// <summary>SHA-256(0x00 ‖ data): what the lowest layer of the tree holds (RFC 9162 §2.1.1).</summary>
public readonly record struct LeafHash(Digest Value)
{
    /// <summary>The log's own leaves: their data is the 32-byte entry hash.</summary>
    public static LeafHash Of(EntryHash entry)
    {
        Span<byte> input = stackalloc byte[1 + Digest.Size];
        input[0] = TreeHash.LeafPrefix;
        entry.Value.CopyTo(input[1..]);
        return new LeafHash(Digest.Of(input));
    }

    /// <summary>Leaves of other RFC 9162 trees, whose data is of any length.</summary>
    public static LeafHash Of(ReadOnlySpan<byte> data)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([TreeHash.LeafPrefix]);
        hash.AppendData(data);
        Span<byte> value = stackalloc byte[Digest.Size];
        hash.GetHashAndReset(value);
        return new LeafHash(new Digest(value));
    }

    public override string ToString() => Value.ToString();
}

/// <summary>
/// The two hash rules above the leaves (RFC 9162 §2.1.1). The prefixes keep a leaf from passing as a node.
/// </summary>
public static class TreeHash
{
    internal const byte LeafPrefix = 0x00;
    internal const byte NodePrefix = 0x01;

    /// <summary>Root of the tree without entries: SHA-256 of nothing.</summary>
    public static Digest Empty { get; } = Digest.Of([]);

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Digest Node(in Digest left, in Digest right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Digest.Size)];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Digest.Size)..]);
        return Digest.Of(input);
    }

    /// <summary>Root of a complete subtree over 2^k hashes that lie end to end.</summary>
    internal static Digest Complete(ReadOnlySpan<byte> hashes)
    {
        if (hashes.Length == Digest.Size)
        {
            return new Digest(hashes);
        }

        int half = hashes.Length / 2;
        return Node(Complete(hashes[..half]), Complete(hashes[half..]));
    }
}

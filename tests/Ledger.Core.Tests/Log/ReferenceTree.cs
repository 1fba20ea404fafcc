using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

/// <summary>
/// RFC 9162 §2.1 written down as it stands there, over all leaves each time. Slow, and hard to get wrong.
/// </summary>
internal static class ReferenceTree
{
    internal static EntryHash Entry(ulong index) =>
        EntryHash.Of(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"entry {index}")));

    internal static EntryHash[] Entries(int count, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(i => Entry((ulong)i))];

    internal static Digest Leaf(ReadOnlySpan<byte> data) => new(SHA256.HashData([0x00, .. data]));

    internal static Digest Node(Digest left, Digest right) => new(SHA256.HashData([0x01, .. left.Span, .. right.Span]));

    internal static Digest[] Leaves(int count) => [.. Entries(count).Select(entry => Leaf(entry.Value.Span))];

    /// <summary>MTH, §2.1.1.</summary>
    internal static Digest Root(ReadOnlySpan<Digest> leaves)
    {
        if (leaves.Length <= 1)
        {
            return leaves.IsEmpty ? new Digest(SHA256.HashData([])) : leaves[0];
        }

        int k = Split(leaves.Length);
        return Node(Root(leaves[..k]), Root(leaves[k..]));
    }

    /// <summary>PATH, §2.1.3.1.</summary>
    internal static Digest[] Path(int index, ReadOnlySpan<Digest> leaves)
    {
        if (leaves.Length == 1)
        {
            return [];
        }

        int k = Split(leaves.Length);
        return index < k
            ? [.. Path(index, leaves[..k]), Root(leaves[k..])]
            : [.. Path(index - k, leaves[k..]), Root(leaves[..k])];
    }

    /// <summary>PROOF, §2.1.4.1.</summary>
    internal static Digest[] Proof(int from, ReadOnlySpan<Digest> leaves) => SubProof(from, leaves, true);

    private static Digest[] SubProof(int m, ReadOnlySpan<Digest> leaves, bool whole)
    {
        if (m == leaves.Length)
        {
            return whole ? [] : [Root(leaves)];
        }

        int k = Split(leaves.Length);
        return m <= k
            ? [.. SubProof(m, leaves[..k], whole), Root(leaves[k..])]
            : [.. SubProof(m - k, leaves[k..], false), Root(leaves[..k])];
    }

    /// <summary>The largest power of two smaller than n.</summary>
    private static int Split(int n)
    {
        int k = 1;
        while (k * 2 < n)
        {
            k *= 2;
        }

        return k;
    }

    /// <summary>The log with this many entries, appended in batches of this size.</summary>
    internal static (LogFrontier Frontier, MemoryTiles Tiles) Grow(int count, int batch)
    {
        LogFrontier frontier = LogFrontier.Empty;
        MemoryTiles tiles = new();
        for (int start = 0; start < count; start += batch)
        {
            LogAppend append = frontier.Append(Entries(Math.Min(batch, count - start), start));
            tiles.Save(append);
            frontier = append.Frontier;
        }

        return (frontier, tiles);
    }
}

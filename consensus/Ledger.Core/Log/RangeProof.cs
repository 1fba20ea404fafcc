using System.Collections.Immutable;

namespace Ledger.Core.Log;

/// <summary>
/// That consecutive entries stand at consecutive places of the log. The siblings are the complement of the range: for
/// each layer from the leaves upwards the left neighbour of the range, if one is needed, then the right one. So a
/// thousand entries cost little more than one, and for a single entry the path is that of its inclusion proof (RFC 9162
/// §2.1.3.1).
/// </summary>
/// <param name="Count">Entries proven, at least 1.</param>
/// <param name="Path">At most 2 × 52.</param>
public sealed record RangeProof(LogIndex First, int Count, TreeSize Size, ImmutableArray<Digest> Path)
{
    /// <summary>The entries must be exactly <see cref="Count"/>.</summary>
    public bool Verify(ReadOnlySpan<EntryHash> entries, in Digest root) =>
        entries.Length == Count && Verify(entries, First, Size, Path.AsSpan(), root);

    /// <summary>
    /// False for no entries, for places that the tree does not have, and for a path with one sibling too many or too
    /// few.
    /// </summary>
    public static bool Verify(
        ReadOnlySpan<EntryHash> entries, LogIndex first, TreeSize size, ReadOnlySpan<Digest> path, in Digest root) =>
        TryComputeRoot(entries, first, size, path, out Digest computed) && computed == root;

    /// <summary>The root that entries and path lead to. False if the path does not fit the places.</summary>
    public static bool TryComputeRoot(
        ReadOnlySpan<EntryHash> entries, LogIndex first, TreeSize size, ReadOnlySpan<Digest> path, out Digest root)
    {
        root = default;
        if (!Fits(first, entries.Length, size, path.Length))
        {
            return false;
        }

        Digest[] layer = new Digest[entries.Length];
        for (int i = 0; i < layer.Length; i++)
        {
            layer[i] = LeafHash.Of(entries[i]).Value;
        }

        root = Climb(layer, first.Value, size.Value - 1, path);
        return true;
    }

    /// <summary>Number of siblings that a proof for these places has; 0 where there are no such places.</summary>
    public static int PathLength(LogIndex first, int count, TreeSize size)
    {
        if (!Exists(first, count, size))
        {
            return 0;
        }

        int length = 0;
        ulong left = first.Value;
        ulong right = left + (ulong)count - 1;
        for (ulong end = size.Value - 1; end > 0; end >>= 1, left >>= 1, right >>= 1)
        {
            length += (left & 1) != 0 ? 1 : 0;
            length += (right & 1) == 0 && right < end ? 1 : 0;
        }

        return length;
    }

    private static bool Exists(LogIndex first, int count, TreeSize size) =>
        size.Value <= Limits.Integer
        && count >= 1
        && first.Value < size.Value
        && (ulong)count <= size.Value - first.Value;

    private static bool Fits(LogIndex first, int count, TreeSize size, int siblings) =>
        Exists(first, count, size) && siblings == PathLength(first, count, size);

    /// <summary>Halves the layer in place until the root is left: a node without a sibling rises unchanged.</summary>
    private static Digest Climb(Span<Digest> layer, ulong left, ulong end, ReadOnlySpan<Digest> path)
    {
        for (; end > 0; end >>= 1, left >>= 1)
        {
            int read = 0;
            int written = 0;
            if ((left & 1) != 0)
            {
                layer[written++] = TreeHash.Node(path[0], layer[read++]);
                path = path[1..];
            }

            for (; layer.Length - read >= 2; read += 2)
            {
                layer[written++] = TreeHash.Node(layer[read], layer[read + 1]);
            }

            if (read < layer.Length)
            {
                ulong place = left + (ulong)read;
                bool alone = place == end;
                layer[written++] = alone ? layer[read] : TreeHash.Node(layer[read], path[0]);
                path = alone ? path : path[1..];
            }

            layer = layer[..written];
        }

        return layer[0];
    }
}

using System.Collections.Immutable;
using System.Numerics;

namespace Ledger.Core.Log;

/// <summary>
/// Makes roots and proofs from tiles, for the newest size as for any earlier one. A tile that is not there is a fault,
/// not an exception: it may have been pruned, or not fetched yet. A call reads a handful of tiles for each level,
/// whatever the size.
/// </summary>
public static class LogProofs
{
    /// <summary>Root of the tree over the first <paramref name="size"/> entries.</summary>
    public static bool TryRoot(ITileReader tiles, TreeSize size, out Digest root, out LogFault fault)
    {
        bool loaded = LogFrontier.TryLoad(tiles, size, out LogFrontier frontier, out fault);
        root = loaded ? frontier.Root : default;
        return loaded;
    }

    /// <summary>
    /// That the entry at <paramref name="index"/> is in the tree of <paramref name="size"/> (RFC 9162 §2.1.3.1).
    /// </summary>
    public static bool TryInclusion(
        ITileReader tiles, LogIndex index, TreeSize size, out InclusionProof proof, out LogFault fault)
    {
        proof = new InclusionProof(index, size, []);
        if (!TryRange(tiles, index, 1, size, out RangeProof range, out fault))
        {
            return false;
        }

        proof = proof with { Path = range.Path };
        return true;
    }

    /// <summary>
    /// That <paramref name="count"/> entries from <paramref name="first"/> on are in the tree of
    /// <paramref name="size"/>.
    /// </summary>
    public static bool TryRange(
        ITileReader tiles, LogIndex first, int count, TreeSize size, out RangeProof proof, out LogFault fault)
    {
        proof = new RangeProof(first, count, size, []);
        if (!InRange(size, out fault))
        {
            return false;
        }

        if (count < 1 || first.Value >= size.Value || (ulong)count > size.Value - first.Value)
        {
            fault = new LogFault(LogFaultKind.IndexOutOfRange, default);
            return false;
        }

        TileWalk walk = new(tiles, size);
        ImmutableArray<Digest>.Builder path = ImmutableArray.CreateBuilder<Digest>();
        if (!TryComplement(ref walk, 0, first.Value, first.Value + (ulong)count - 1, size, path))
        {
            fault = walk.Fault;
            return false;
        }

        proof = proof with { Path = path.DrainToImmutable() };
        return true;
    }

    /// <summary>
    /// That the tree of <paramref name="from"/> entries is the beginning of that of <paramref name="to"/> (RFC 9162
    /// §2.1.4.1). Like there, the older tree has at least one entry; between equal sizes the path is empty.
    /// </summary>
    public static bool TryConsistency(
        ITileReader tiles, TreeSize from, TreeSize to, out ConsistencyProof proof, out LogFault fault)
    {
        proof = new ConsistencyProof(from, to, []);
        if (!InRange(from, out fault) || !InRange(to, out fault) || from.Value > to.Value)
        {
            fault = new LogFault(LogFaultKind.SizeOutOfRange, default);
            return false;
        }

        if (from == to)
        {
            return true;
        }

        // The last complete subtree of the older tree, and from there the way to the newer root. Where that subtree is
        // the whole older tree, the verifier has its hash already.
        TileWalk walk = new(tiles, to);
        ImmutableArray<Digest>.Builder path = ImmutableArray.CreateBuilder<Digest>();
        int height = BitOperations.TrailingZeroCount(from.Value);
        ulong index = (from.Value - 1) >> height;
        bool found = true;
        if (index != 0)
        {
            found = walk.TryNode(height, index, out Digest seed);
            path.Add(seed);
        }

        if (!found || !TryComplement(ref walk, height, index, index, to, path))
        {
            fault = walk.Fault;
            return false;
        }

        proof = proof with { Path = path.DrainToImmutable() };
        return true;
    }

    /// <summary>
    /// What is missing beside nodes <paramref name="first"/> to <paramref name="last"/> of one layer to reach the root:
    /// for each layer upwards the left neighbour, if the range begins with a right child, then the right one, if it
    /// ends with a left child and is not the end of the layer. For one leaf this is the path of RFC 9162 §2.1.3.1.
    /// </summary>
    private static bool TryComplement(
        ref TileWalk walk, int height, ulong first, ulong last, TreeSize size, ImmutableArray<Digest>.Builder path)
    {
        for (ulong end = (size.Value - 1) >> height; end > 0; height++, first >>= 1, last >>= 1, end >>= 1)
        {
            if ((first & 1) != 0)
            {
                if (!walk.TryNode(height, first - 1, out Digest left))
                {
                    return false;
                }

                path.Add(left);
            }

            if ((last & 1) == 0 && last < end)
            {
                if (!walk.TryNode(height, last + 1, out Digest right))
                {
                    return false;
                }

                path.Add(right);
            }
        }

        return true;
    }

    private static bool InRange(TreeSize size, out LogFault fault)
    {
        bool inRange = size.Value is >= 1 and <= Limits.Integer;
        fault = inRange ? LogFault.None : new LogFault(LogFaultKind.SizeOutOfRange, default);
        return inRange;
    }
}

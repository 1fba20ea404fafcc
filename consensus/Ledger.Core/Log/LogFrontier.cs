using System.Numerics;

namespace Ledger.Core.Log;

/// <summary>
/// All that appending needs to know of a log: its size, its root and its right edge, which is the partial tile of each
/// level (at most 7 × 255 hashes). A value: appending makes another one, and two blocks may be tried on the same
/// frontier.
/// </summary>
public sealed class LogFrontier
{
    private readonly ReadOnlyMemory<byte>[] _edge;

    /// <summary>For each bit set in the size, the root of the complete subtree of that many entries.</summary>
    private readonly Digest[] _peaks;

    internal LogFrontier(TreeSize size, ReadOnlyMemory<byte>[] edge, Digest[] peaks)
    {
        Size = size;
        _edge = edge;
        _peaks = peaks;
        Root = FoldPeaks(size.Value, peaks);
    }

    /// <summary>The log before its first entry.</summary>
    public static LogFrontier Empty { get; } =
        new(TreeSize.Zero, new ReadOnlyMemory<byte>[TileId.Levels], new Digest[PeakCount(0)]);

    public TreeSize Size { get; }

    public Digest Root { get; }

    internal ReadOnlySpan<Digest> Peaks => _peaks;

    /// <summary>Hashes of the partial tile at this level, empty if the level ends with a full one.</summary>
    public ReadOnlyMemory<byte> Edge(byte level) => _edge[level];

    /// <summary>
    /// Adds entries at the end. Costs two hashes for each entry, whatever the size of the log. Nothing is stored: the
    /// caller writes the tiles returned in one batch.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The log would pass 2^53 - 1 entries.</exception>
    public LogAppend Append(ReadOnlySpan<EntryHash> entries)
    {
        LogAppender appender = new(this, entries.Length);
        foreach (EntryHash entry in entries)
        {
            appender.Add(LeafHash.Of(entry));
        }

        return appender.Finish();
    }

    /// <summary><see cref="Append"/> for trees whose data are not entry hashes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree would pass 2^53 - 1 leaves.</exception>
    public LogAppend AppendLeaves(ReadOnlySpan<LeafHash> leaves)
    {
        LogAppender appender = new(this, leaves.Length);
        foreach (LeafHash leaf in leaves)
        {
            appender.Add(leaf);
        }

        return appender.Finish();
    }

    /// <summary>
    /// Reads the right edge of a stored log. The tiles are believed: compare <see cref="Root"/> with the header's
    /// before building on it.
    /// </summary>
    public static bool TryLoad(ITileReader tiles, TreeSize size, out LogFrontier frontier, out LogFault fault)
    {
        frontier = Empty;
        if (size.Value > Limits.Integer)
        {
            fault = new LogFault(LogFaultKind.SizeOutOfRange, default);
            return false;
        }

        TileWalk walk = new(tiles, size);
        ReadOnlyMemory<byte>[] edge = new ReadOnlyMemory<byte>[TileId.Levels];
        Digest[] peaks = new Digest[PeakCount(size.Value)];
        for (int bit = 0; bit < peaks.Length; bit++)
        {
            ulong index = size.Value >> bit;
            if ((index & 1) != 0 && !walk.TryComplete(bit, index - 1, out peaks[bit]))
            {
                fault = walk.Fault;
                return false;
            }
        }

        for (byte level = 0; level < TileId.Levels; level++)
        {
            TileId tile = TileId.In(size, level, size.Value >> (TileId.Height * (level + 1)));
            if (tile.Width > 0 && !walk.TryTile(tile, out edge[level]))
            {
                fault = walk.Fault;
                return false;
            }
        }

        frontier = new LogFrontier(size, edge, peaks);
        fault = LogFault.None;
        return true;
    }

    internal static int PeakCount(ulong size) => 64 - BitOperations.LeadingZeroCount(size);

    private static Digest FoldPeaks(ulong size, Digest[] peaks)
    {
        if (size == 0)
        {
            return TreeHash.Empty;
        }

        int lowest = BitOperations.TrailingZeroCount(size);
        Digest root = peaks[lowest];
        for (int bit = lowest + 1; bit < peaks.Length; bit++)
        {
            if ((size >> bit & 1) != 0)
            {
                root = TreeHash.Node(peaks[bit], root);
            }
        }

        return root;
    }
}

/// <summary>What an append comes to.</summary>
/// <param name="Frontier">The log afterwards: its size, its root, and where to append next.</param>
/// <param name="Tiles">Every tile that is new or wider, in order of level and index. Write them in one batch.</param>
public sealed record LogAppend(LogFrontier Frontier, IReadOnlyList<TileUpdate> Tiles);

/// <summary>
/// One append under way. The size it ends at is known from the start, so each tile is allocated once, at its final
/// width.
/// </summary>
internal sealed class LogAppender
{
    private readonly LogFrontier _before;
    private readonly TreeSize _after;
    private readonly Digest[] _peaks;
    private readonly byte[]?[] _open = new byte[]?[TileId.Levels];
    private readonly List<TileUpdate> _updates = [];
    private ulong _size;

    internal LogAppender(LogFrontier before, int count)
    {
        ulong after = before.Size.Value + (ulong)count;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(after, Limits.Integer, nameof(count));
        _before = before;
        _after = new TreeSize(after);
        _size = before.Size.Value;
        _peaks = new Digest[LogFrontier.PeakCount(after)];
        before.Peaks.CopyTo(_peaks);
    }

    internal void Add(LeafHash leaf)
    {
        Digest hash = leaf.Value;
        Put(0, hash);
        int bit = 0;
        for (ulong rest = _size; (rest & 1) != 0; rest >>= 1)
        {
            hash = TreeHash.Node(_peaks[bit], hash);
            bit++;
            if (bit % TileId.Height == 0)
            {
                Put(bit / TileId.Height, hash);
            }
        }

        _peaks[bit] = hash;
        _size++;
    }

    internal LogAppend Finish()
    {
        if (_size != _after.Value)
        {
            throw new InvalidOperationException($"{_after} entries were announced, and {_size} are there.");
        }

        ReadOnlyMemory<byte>[] edge = new ReadOnlyMemory<byte>[TileId.Levels];
        for (byte level = 0; level < TileId.Levels; level++)
        {
            if (_open[level] is { } open)
            {
                edge[level] = open;
                _updates.Add(new TileUpdate(TileId.In(_after, level, _size >> (TileId.Height * (level + 1))), open));
            }
            else if ((_size >> (TileId.Height * level)) % TileId.WidthMax != 0)
            {
                edge[level] = _before.Edge(level);
            }
        }

        _updates.Sort((left, right) => left.Tile.CompareTo(right.Tile));
        return new LogAppend(new LogFrontier(_after, edge, _peaks), _updates);
    }

    /// <summary>
    /// Writes the next hash of a level, the root of a complete subtree of 256^level entries that ends with the entry
    /// being added.
    /// </summary>
    private void Put(int level, in Digest hash)
    {
        ulong place = _size >> (TileId.Height * level);
        int slot = (int)(place % TileId.WidthMax);
        TileId tile = TileId.In(_after, (byte)level, place / TileId.WidthMax);
        byte[] open = _open[level] ??= Open(tile, slot);
        hash.CopyTo(open.AsSpan(slot * Digest.Size));
        if (slot == TileId.WidthMax - 1)
        {
            _updates.Add(new TileUpdate(tile, open));
            _open[level] = null;
        }
    }

    /// <summary>A copy, because the frontier before stays as it is.</summary>
    private byte[] Open(in TileId tile, int held)
    {
        byte[] hashes = new byte[tile.ByteCount];
        if (held > 0)
        {
            _before.Edge(tile.Level).CopyTo(hashes);
        }

        return hashes;
    }
}

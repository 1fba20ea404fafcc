namespace Ledger.Core.Log;

/// <summary>
/// Names one tile (C2SP tlog-tiles): hashes <c>256·Index … 256·Index + Width - 1</c> of those at its level, where each
/// hash at level L is the root of a complete subtree of 256^L entries.
/// </summary>
/// <param name="Level">0 to 63; a log within <see cref="Limits.Integer"/> uses 0 to <see cref="LevelMax"/>.</param>
/// <param name="Index">Position of the tile within its level, from 0.</param>
/// <param name="Width">Hashes in the tile, 1 to <see cref="WidthMax"/>; fewer than that is a partial tile.</param>
public readonly record struct TileId(byte Level, ulong Index, int Width) : IComparable<TileId>
{
    /// <summary>Hashes in a full tile: a subtree of height 8.</summary>
    public const int WidthMax = 256;

    /// <summary>Highest level at which a log of at most 2^53 - 1 entries has a tile.</summary>
    public const byte LevelMax = 6;

    internal const int Height = 8;
    internal const int Levels = LevelMax + 1;

    public bool IsPartial => Width < WidthMax;

    /// <summary>Bytes of the tile's hashes laid end to end.</summary>
    public int ByteCount => Width * Digest.Size;

    /// <summary>
    /// The tile at this place as a tree of <paramref name="size"/> has it; width 0 means that it has none.
    /// </summary>
    public static TileId In(TreeSize size, byte level, ulong index)
    {
        ulong hashes = level > LevelMax ? 0 : size.Value >> (Height * level);
        ulong before = index > hashes / WidthMax ? hashes : index * WidthMax;
        return new TileId(level, index, (int)Math.Min(WidthMax, hashes - before));
    }

    public int CompareTo(TileId other)
    {
        int order = Level.CompareTo(other.Level);
        order = order != 0 ? order : Index.CompareTo(other.Index);
        return order != 0 ? order : Width.CompareTo(other.Width);
    }

    /// <summary>The C2SP path, which is unique for each tile.</summary>
    public override string ToString() => TilePath.Format(this);
}

/// <summary>
/// A tile to be written. A wider tile replaces the narrower one at the same level and index, of which it is a
/// continuation.
/// </summary>
/// <param name="Hashes">Exactly <see cref="TileId.ByteCount"/> bytes.</param>
public readonly record struct TileUpdate(TileId Tile, ReadOnlyMemory<byte> Hashes);

/// <summary>Where tiles are read from.</summary>
public interface ITileReader
{
    /// <summary>
    /// Reads one tile. Tiles only ever grow to the right, so a store may keep the widest one for each level and index
    /// and answer any narrower width from its beginning.
    /// </summary>
    /// <param name="hashes">At least <see cref="TileId.ByteCount"/> bytes, of which the first count; they must not
    /// change afterwards.</param>
    /// <returns>False if this tile is not held at this width.</returns>
    bool TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes);
}

/// <summary>
/// Tiles in memory: for small trees that are kept whole (a block's digests, statements), and for tests.
/// </summary>
public sealed class MemoryTiles : ITileReader
{
    private readonly SortedDictionary<TileId, ReadOnlyMemory<byte>> _tiles = [];

    /// <summary>All tiles of the tree over these leaves.</summary>
    public static MemoryTiles Of(ReadOnlySpan<LeafHash> leaves)
    {
        MemoryTiles tiles = new();
        tiles.Save(LogFrontier.Empty.AppendLeaves(leaves));
        return tiles;
    }

    public void Save(LogAppend append)
    {
        foreach (TileUpdate update in append.Tiles)
        {
            _tiles[Place(update.Tile)] = update.Hashes;
        }
    }

    public bool TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes) =>
        _tiles.TryGetValue(Place(tile), out hashes) && hashes.Length >= tile.ByteCount;

    private static TileId Place(in TileId tile) => tile with { Width = TileId.WidthMax };
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ledger.Core.Log;

/// <summary>
/// Hashes of the tree of one size, from tiles. A node is (height, index): the root over entries
/// <c>index·2^height</c> up to <c>(index + 1)·2^height</c>, or up to the end of the log. Keeps the last tile of each
/// level, because a path takes up to eight hashes from the same one.
/// </summary>
internal struct TileWalk
{
    private readonly ITileReader _tiles;
    private readonly TreeSize _size;
    private LastTiles _last;

    internal TileWalk(ITileReader tiles, TreeSize size)
    {
        _tiles = tiles;
        _size = size;
    }

    /// <summary>Why the last call returned false.</summary>
    internal LogFault Fault { get; private set; }

    internal bool TryNode(int height, ulong index, out Digest hash)
    {
        ulong start = index << height;
        ulong count = _size.Value - start;
        if (count >> height != 0)
        {
            return TryComplete(height, index, out hash);
        }

        // The log ends inside: complete subtrees of falling size, joined from the right (RFC 9162 §2.1.1).
        int bit = BitOperations.TrailingZeroCount(count);
        if (!TryComplete(bit, (start + count >> bit) - 1, out hash))
        {
            return false;
        }

        for (bit++; count >> bit != 0; bit++)
        {
            if ((count >> bit & 1) != 0)
            {
                if (!TryComplete(bit, (start + count >> bit) - 1, out Digest left))
                {
                    return false;
                }

                hash = TreeHash.Node(left, hash);
            }
        }

        return true;
    }

    /// <summary>A node whose entries are all there.</summary>
    internal bool TryComplete(int height, ulong index, out Digest hash)
    {
        byte level = (byte)(height / TileId.Height);
        int within = height % TileId.Height;
        ulong first = index << within;
        hash = default;
        if (!TryTile(TileId.In(_size, level, first / TileId.WidthMax), out ReadOnlyMemory<byte> hashes))
        {
            return false;
        }

        int slot = (int)(first % TileId.WidthMax);
        hash = TreeHash.Complete(hashes.Span.Slice(slot * Digest.Size, Digest.Size << within));
        return true;
    }

    internal bool TryTile(in TileId tile, out ReadOnlyMemory<byte> hashes)
    {
        ref LastTile last = ref _last[tile.Level];
        if (last.Tile == tile)
        {
            hashes = last.Hashes;
            return true;
        }

        if (!_tiles.TryRead(tile, out hashes))
        {
            Fault = new LogFault(LogFaultKind.MissingTile, tile);
            return false;
        }

        if (hashes.Length < tile.ByteCount)
        {
            Fault = new LogFault(LogFaultKind.DamagedTile, tile);
            return false;
        }

        hashes = hashes[..tile.ByteCount];
        last = new LastTile(tile, hashes);
        return true;
    }

    private readonly record struct LastTile(TileId Tile, ReadOnlyMemory<byte> Hashes);

    [InlineArray(TileId.Levels)]
    private struct LastTiles
    {
        private LastTile _first;
    }
}

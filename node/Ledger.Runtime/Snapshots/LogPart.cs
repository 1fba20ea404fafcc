using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// The log's tiles (N6). The right edge comes first and must have the root that the header names; every full tile is
/// then checked by itself, against the hash that stands for it one level up.
/// </summary>
internal sealed class LogPart : ISnapshotPart
{
    private readonly ChainStore _store;
    private readonly Header _block;
    private readonly SnapshotRules _rules;
    private readonly Queue<TileId> _wanted = new();

    /// <summary>Tiles above the lowest level that came in this life: what those below are checked against.</summary>
    private readonly Dictionary<(byte Level, ulong Index), ReadOnlyMemory<byte>> _upper = [];

    private readonly ImmutableArray<TileId> _edge;
    private bool _hasEdge;
    private int _asked;

    public LogPart(ChainStore store, Header block, SnapshotRules rules)
    {
        _store = store;
        _block = block;
        _rules = rules;
        _edge = [.. Enumerable.Range(0, TileId.LevelMax + 1).Select(level => Last((byte)level)).Where(tile => tile.IsPartial && tile.Width > 0)];
        _hasEdge = _edge.All(IsHeld);
        for (int level = TileId.LevelMax; level >= 0; level--)
        {
            ulong full = Last((byte)level).Index;
            for (ulong index = 0; index < full; index++)
            {
                TileId tile = TileId.In(_block.Size, (byte)level, index);
                if (!IsHeld(tile))
                {
                    _wanted.Enqueue(tile);
                }
            }
        }
    }

    public bool IsComplete => _hasEdge && _wanted.Count == 0 && _asked == 0;

    public SnapshotQuestion? Next()
    {
        if (!_hasEdge)
        {
            return _asked++ == 0 ? new SnapshotQuestion.Tiles(_block.Size, _edge) : Unask();
        }

        ImmutableArray<TileId>.Builder tiles = ImmutableArray.CreateBuilder<TileId>();
        while (tiles.Count < SnapshotQuestion.TilesMax && _wanted.TryPeek(out TileId tile) && Above(tile) is not null)
        {
            tiles.Add(_wanted.Dequeue());
        }

        if (tiles.Count == 0)
        {
            return null;
        }

        _asked++;
        return new SnapshotQuestion.Tiles(_block.Size, tiles.ToImmutable());
    }

    public void Again(SnapshotQuestion question)
    {
        _asked--;
        foreach (TileId tile in ((SnapshotQuestion.Tiles)question).Ids.Where(tile => !tile.IsPartial))
        {
            _wanted.Enqueue(tile);
        }
    }

    public string? Take(SnapshotQuestion question, ReadOnlyMemory<byte> answer, StoreBatch batch)
    {
        ImmutableArray<TileId> asked = ((SnapshotQuestion.Tiles)question).Ids;
        if (!PeerCodec.TryReadList(answer.Span, asked.Length, out ImmutableArray<ReadOnlyMemory<byte>> tiles)
            || tiles.Length != asked.Length
            || asked.Where((tile, i) => tiles[i].Length != tile.ByteCount).Any())
        {
            return "tiles of another number or length than were asked for";
        }

        string? fault = _hasEdge ? FaultOfFull(asked, tiles) : FaultOfEdge(tiles);
        if (fault is null)
        {
            _asked--;
            _hasEdge = true;
            for (int i = 0; i < asked.Length; i++)
            {
                Keep(asked[i], tiles[i], batch);
            }
        }

        return fault;
    }

    private SnapshotQuestion? Unask()
    {
        _asked--;
        return null;
    }

    private void Keep(TileId tile, ReadOnlyMemory<byte> hashes, StoreBatch batch)
    {
        batch.Put(Table.Tiles, StoreKeys.Tile(tile.Level, tile.Index), hashes.Span);
        if (tile.Level > 0)
        {
            _upper[(tile.Level, tile.Index)] = hashes;
        }
    }

    private string? FaultOfEdge(ImmutableArray<ReadOnlyMemory<byte>> tiles)
    {
        Edge edge = new(_edge, tiles);
        return LogFrontier.TryLoad(edge, _block.Size, out LogFrontier log, out _) && _rules.IsLog(log.Root, _block.Root)
            ? null
            : "the right edge of the log has another root than the header";
    }

    private string? FaultOfFull(ImmutableArray<TileId> asked, ImmutableArray<ReadOnlyMemory<byte>> tiles)
    {
        for (int i = 0; i < asked.Length; i++)
        {
            if (!_rules.IsTile(RootOf(tiles[i].Span), Above(asked[i])!.Value))
            {
                return $"tile {asked[i]} is not the one that the log's root holds";
            }
        }

        return null;
    }

    /// <summary>Root of a full tile: that of a tree whose leaves are its hashes.</summary>
    private static Digest RootOf(ReadOnlySpan<byte> hashes)
    {
        LeafHash[] leaves = new LeafHash[hashes.Length / Digest.Size];
        for (int i = 0; i < leaves.Length; i++)
        {
            leaves[i] = new LeafHash(new Digest(hashes.Slice(i * Digest.Size, Digest.Size)));
        }

        return LogFrontier.Empty.AppendLeaves(leaves).Frontier.Root;
    }

    /// <summary>The hash that stands for a full tile one level up; null while that tile is not here.</summary>
    private Digest? Above(TileId tile)
    {
        TileId above = TileId.In(_block.Size, (byte)(tile.Level + 1), tile.Index / TileId.WidthMax);
        int at = (int)(tile.Index % TileId.WidthMax) * Digest.Size;
        return _upper.TryGetValue((above.Level, above.Index), out ReadOnlyMemory<byte> hashes)
            || ((ITileReader)_store).TryRead(above, out hashes)
            ? new Digest(hashes.Span.Slice(at, Digest.Size))
            : null;
    }

    /// <summary>Behind the last full tile of a level: the partial one, of width 0 where there is none.</summary>
    private TileId Last(byte level) =>
        TileId.In(_block.Size, level, (_block.Size.Value >> (8 * level)) / TileId.WidthMax);

    private bool IsHeld(TileId tile) => ((ITileReader)_store).TryRead(tile, out _);

    private sealed class Edge(ImmutableArray<TileId> ids, ImmutableArray<ReadOnlyMemory<byte>> tiles) : ITileReader
    {
        public bool TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes)
        {
            int at = ids.IndexOf(tile);
            hashes = at < 0 ? default : tiles[at];
            return at >= 0;
        }
    }
}

using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

public sealed class LogFrontierTests
{
    [Fact]
    public void The_root_of_every_size_up_to_300_is_that_of_the_definition()
    {
        Digest[] leaves = ReferenceTree.Leaves(300);
        LogFrontier frontier = LogFrontier.Empty;
        Assert.Equal(ReferenceTree.Root([]), frontier.Root);
        for (int size = 1; size <= leaves.Length; size++)
        {
            frontier = frontier.Append([ReferenceTree.Entry((ulong)size - 1)]).Frontier;
            Assert.Equal(new TreeSize((ulong)size), frontier.Size);
            Assert.Equal(ReferenceTree.Root(leaves.AsSpan(0, size)), frontier.Root);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(257)]
    [InlineData(70_000)]
    public void The_size_of_the_batches_changes_neither_root_nor_tiles(int batch)
    {
        int count = batch < 100 ? 2_000 : 70_000;
        Digest[] leaves = ReferenceTree.Leaves(count);
        (LogFrontier frontier, MemoryTiles tiles) = ReferenceTree.Grow(count, batch);
        Assert.Equal(ReferenceTree.Root(leaves), frontier.Root);
        TreeSize size = new((ulong)count);
        int seen = 0;
        for (byte level = 0; level <= TileId.LevelMax; level++)
        {
            int span = level switch { 0 => 1, 1 => 256, 2 => 65_536, _ => int.MaxValue };
            for (int place = 0; place < count / span; place++)
            {
                TileId tile = TileId.In(size, level, (ulong)place / 256);
                Assert.True(tiles.TryRead(tile, out ReadOnlyMemory<byte> hashes));
                Digest expected = ReferenceTree.Root(leaves.AsSpan(place * span, span));
                Assert.Equal(expected, new Digest(hashes.Span.Slice(place % 256 * 32, 32)));
                seen++;
            }
        }

        Assert.Equal(count + (count / 256) + (count / 65_536), seen);
    }

    [Fact]
    public void An_append_returns_exactly_the_tiles_that_changed_in_order()
    {
        (LogFrontier frontier, _) = ReferenceTree.Grow(250, 250);
        LogAppend append = frontier.Append(ReferenceTree.Entries(520, 250));
        TileId[] expected = [new(0, 0, 256), new(0, 1, 256), new(0, 2, 256), new(0, 3, 2), new(1, 0, 3)];
        Assert.Equal(expected, append.Tiles.Select(update => update.Tile));
        Assert.All(append.Tiles, update => Assert.Equal(update.Tile.ByteCount, update.Hashes.Length));

        LogAppend next = append.Frontier.Append(ReferenceTree.Entries(1, 770));
        Assert.Equal([new TileId(0, 3, 3)], next.Tiles.Select(update => update.Tile));
        Assert.Empty(next.Frontier.Append([]).Tiles);
        Assert.Equal(next.Frontier.Root, next.Frontier.Append([]).Frontier.Root);
    }

    [Fact]
    public void Two_blocks_tried_on_one_frontier_do_not_disturb_each_other()
    {
        (LogFrontier frontier, _) = ReferenceTree.Grow(300, 300);
        Digest before = frontier.Root;
        LogAppend left = frontier.Append(ReferenceTree.Entries(10, 300));
        byte[] leftTile = left.Tiles[0].Hashes.ToArray();
        LogAppend right = frontier.Append(ReferenceTree.Entries(10, 5_000));
        Assert.NotEqual(left.Frontier.Root, right.Frontier.Root);
        Assert.Equal(leftTile, left.Tiles[0].Hashes.ToArray());
        Assert.Equal(before, frontier.Root);
        Assert.Equal(left.Frontier.Root, frontier.Append(ReferenceTree.Entries(10, 300)).Frontier.Root);
    }

    [Fact]
    public void A_frontier_loaded_from_tiles_goes_on_like_the_one_that_was_kept()
    {
        (_, MemoryTiles tiles) = ReferenceTree.Grow(1_100, 1_100);
        Digest[] leaves = ReferenceTree.Leaves(1_100);
        foreach (int size in (int[])[0, 1, 2, 3, 255, 256, 257, 511, 512, 700, 1_023, 1_024, 1_099, 1_100])
        {
            Assert.True(LogFrontier.TryLoad(tiles, new TreeSize((ulong)size), out LogFrontier loaded, out _));
            Assert.Equal(ReferenceTree.Root(leaves.AsSpan(0, size)), loaded.Root);
            LogAppend append = loaded.Append(ReferenceTree.Entries(600, size));
            Assert.Equal(ReferenceTree.Grow(size + 600, 600).Frontier.Root, append.Frontier.Root);
        }
    }

    [Fact]
    public void Loading_without_a_tile_of_the_edge_names_the_tile()
    {
        (_, MemoryTiles tiles) = ReferenceTree.Grow(300, 300);
        Assert.True(LogFrontier.TryLoad(tiles, new TreeSize(300), out _, out _));
        Assert.False(LogFrontier.TryLoad(tiles, new TreeSize(301), out _, out LogFault fault));
        Assert.Equal(new LogFault(LogFaultKind.MissingTile, new TileId(0, 1, 45)), fault);
        Assert.False(LogFrontier.TryLoad(tiles, new TreeSize(1UL << 53), out _, out fault));
        Assert.Equal(LogFaultKind.SizeOutOfRange, fault.Kind);
    }

    [Fact]
    public void A_log_does_not_grow_past_2_to_the_53_less_1()
    {
        // No such log can be built here, so its tiles are made up: every hash is the same.
        Assert.True(LogFrontier.TryLoad(new SameHash(), new TreeSize(Limits.Integer - 1), out LogFrontier last, out _));
        LogFrontier full = last.Append([ReferenceTree.Entry(0)]).Frontier;
        Assert.Equal(Limits.Integer, full.Size.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => full.Append([ReferenceTree.Entry(1)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => last.Append(ReferenceTree.Entries(2)));
    }

    internal sealed class SameHash : ITileReader
    {
        public bool TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes)
        {
            hashes = new byte[tile.ByteCount];
            return tile.Width > 0;
        }
    }
}

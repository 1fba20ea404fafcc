using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

public sealed class TilePathTests
{
    [Theory]
    [InlineData("tile/0/000", 0, 0UL, 256)]
    [InlineData("tile/0/000.p/1", 0, 0UL, 1)]
    [InlineData("tile/1/x001/x234/067", 1, 1_234_067UL, 256)]
    [InlineData("tile/63/x001/000.p/255", 63, 1_000UL, 255)]
    [InlineData("tile/0/x009/x007/x199/x254/x740/991", 0, 9_007_199_254_740_991UL, 256)]
    public void A_path_names_one_tile_and_the_tile_that_path(string path, int level, ulong index, int width)
    {
        TileId tile = new((byte)level, index, width);
        Assert.True(TilePath.TryParse(path, out TileKind kind, out TileId parsed));
        Assert.Equal(TileKind.Hashes, kind);
        Assert.Equal(tile, parsed);
        Assert.Equal(path, tile.ToString());
    }

    [Theory]
    [InlineData("tile/entries/000", 0UL, 256)]
    [InlineData("tile/entries/x273/112.p/112", 273_112UL, 112)]
    public void A_path_of_entries_is_a_kind_of_its_own(string path, ulong index, int width)
    {
        Assert.True(TilePath.TryParse(path, out TileKind kind, out TileId parsed));
        Assert.Equal((TileKind.Entries, new TileId(0, index, width)), (kind, parsed));
        Assert.Equal(path, TilePath.FormatEntries(parsed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("tile//000")]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/000/")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/x000/x001/234")]
    [InlineData("tile/0/001/234")]
    [InlineData("tile/0/x001/x234")]
    [InlineData("tile/0/X001/234")]
    [InlineData("tile/0/x001/234/567")]
    [InlineData("tile/00/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/100/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/+1/000")]
    [InlineData("tile/0/-01")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/1/2")]
    [InlineData("tile/0/000.p/1.p/1")]
    [InlineData("tile/data/000")]
    [InlineData("tile/entries")]
    [InlineData("tile/entries/0")]
    [InlineData("tile/0/٠٠٠")]
    [InlineData("tile/0/x009/x007/x199/x254/x740/992")]
    [InlineData("tile/0/x001/x000/x000/x000/x000/x000/000")]
    public void Anything_else_is_no_path(string path) => Assert.False(TilePath.TryParse(path, out _, out _));

    [Fact]
    public void A_tree_has_the_tiles_that_the_specification_lists()
    {
        // The example of C2SP tlog-tiles: 70,000 entries.
        TreeSize size = new(70_000);
        Assert.Equal(256, TileId.In(size, 0, 272).Width);
        Assert.Equal(112, TileId.In(size, 0, 273).Width);
        Assert.Equal(0, TileId.In(size, 0, 274).Width);
        Assert.Equal(256, TileId.In(size, 1, 0).Width);
        Assert.Equal(17, TileId.In(size, 1, 1).Width);
        Assert.Equal(1, TileId.In(size, 2, 0).Width);
        Assert.Equal(0, TileId.In(size, 2, 1).Width);
        Assert.Equal(0, TileId.In(size, 3, 0).Width);
        Assert.Equal(0, TileId.In(size, 0, ulong.MaxValue).Width);
        Assert.Equal(31, TileId.In(new TreeSize(Limits.Integer), 6, 0).Width);
        Assert.Equal(0, TileId.In(new TreeSize(Limits.Integer), 7, 0).Width);
    }

    [Fact]
    public void A_bundle_is_read_back_and_with_any_length_changed_it_is_not()
    {
        EntryHash[] entries = ReferenceTree.Entries(5);
        byte[] bundle = EntryBundle.Encode(entries);
        Assert.Equal(5 * EntryBundle.EntryBytes, bundle.Length);
        EntryHash[] read = new EntryHash[5];
        Assert.True(EntryBundle.TryDecode(bundle, read));
        Assert.Equal(entries, read);
        Assert.False(EntryBundle.TryDecode(bundle, new EntryHash[4]));
        Assert.False(EntryBundle.TryDecode(bundle, new EntryHash[6]));
        Assert.False(EntryBundle.TryDecode(bundle.AsSpan(1), read));
        Assert.False(EntryBundle.TryDecode([.. bundle, 0], read));
        Assert.False(EntryBundle.TryDecode([], []));
        for (int i = 0; i < 5; i++)
        {
            foreach (int offset in (int[])[0, 1])
            {
                byte[] changed = [.. bundle];
                changed[(i * EntryBundle.EntryBytes) + offset] ^= 1;
                Assert.False(EntryBundle.TryDecode(changed, read));
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => EntryBundle.Encode([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => EntryBundle.Encode(new EntryHash[257]));
    }
}

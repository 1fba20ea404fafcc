using FsCheck;
using FsCheck.Fluent;
using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

public sealed class LogProperties
{
    private const int SizeMax = 1_500;
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(200);
    private static readonly MemoryTiles Tiles = ReferenceTree.Grow(SizeMax, 400).Tiles;
    private static readonly EntryHash[] Entries = ReferenceTree.Entries(SizeMax);
    private static readonly Digest[] Leaves = ReferenceTree.Leaves(SizeMax);

    private static readonly Gen<(int First, int Count, int Size)> Ranges =
        from size in Gen.Choose(1, SizeMax)
        from first in Gen.Choose(0, size - 1)
        from count in Gen.Choose(1, size - first)
        select (first, count, size);

    [Fact]
    public void Any_batches_give_the_root_of_the_definition()
    {
        Prop.ForAll(Gen.Choose(0, 300).ListOf().ToArbitrary(), batches =>
        {
            LogFrontier frontier = LogFrontier.Empty;
            MemoryTiles tiles = new();
            int size = 0;
            foreach (int batch in batches)
            {
                int count = Math.Min(batch, SizeMax - size);
                LogAppend append = frontier.Append(Entries.AsSpan(size, count));
                tiles.Save(append);
                frontier = append.Frontier;
                size += count;
            }

            Assert.Equal(ReferenceTree.Root(Leaves.AsSpan(0, size)), frontier.Root);
            Assert.True(LogFrontier.TryLoad(tiles, frontier.Size, out LogFrontier loaded, out _));
            Assert.Equal(frontier.Root, loaded.Root);
            for (byte level = 0; level <= TileId.LevelMax; level++)
            {
                Assert.Equal(frontier.Edge(level).ToArray(), loaded.Edge(level).ToArray());
            }
        }).Check(Config);
    }

    [Fact]
    public void Any_range_is_proven_and_any_entry_in_it_is_bound()
    {
        Prop.ForAll(Ranges.ToArbitrary(), range =>
        {
            TreeSize size = new((ulong)range.Size);
            Digest root = ReferenceTree.Root(Leaves.AsSpan(0, range.Size));
            LogIndex first = new((ulong)range.First);
            Assert.True(LogProofs.TryRange(Tiles, first, range.Count, size, out RangeProof proof, out _));
            EntryHash[] entries = Entries[range.First..(range.First + range.Count)];
            Assert.True(proof.Verify(entries, root));
            Assert.Equal(RangeProof.PathLength(proof.First, range.Count, size), proof.Path.Length);
            entries[range.Size % range.Count] = default;
            Assert.False(proof.Verify(entries, root));
        }).Check(Config);
    }

    [Fact]
    public void Inclusion_and_consistency_hold_between_any_two_sizes()
    {
        Prop.ForAll(Ranges.ToArbitrary(), range =>
        {
            (TreeSize from, TreeSize to) = (new((ulong)range.First + 1), new((ulong)range.Size));
            Assert.True(LogProofs.TryConsistency(Tiles, from, to, out ConsistencyProof consistency, out _));
            Digest older = ReferenceTree.Root(Leaves.AsSpan(0, range.First + 1));
            Digest newer = ReferenceTree.Root(Leaves.AsSpan(0, range.Size));
            Assert.True(consistency.Verify(older, newer));
            LogIndex index = new((ulong)range.First);
            Assert.True(LogProofs.TryInclusion(Tiles, index, to, out InclusionProof inclusion, out _));
            Assert.True(inclusion.Verify(Entries[range.First], newer));
            Assert.Equal(from == to, inclusion.Verify(Entries[range.First], older));
        }).Check(Config);
    }
}

using System.Collections.Immutable;
using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

public sealed class LogProofsTests
{
    private const int SizeMax = 70;
    private static readonly MemoryTiles Tiles = ReferenceTree.Grow(2_000, 2_000).Tiles;
    private static readonly EntryHash[] Entries = ReferenceTree.Entries(2_000);
    private static readonly Digest[] Leaves = ReferenceTree.Leaves(2_000);

    [Fact]
    public void Every_inclusion_proof_up_to_size_70_is_that_of_the_definition_and_verifies()
    {
        for (int size = 1; size <= SizeMax; size++)
        {
            Digest root = ReferenceTree.Root(Leaves.AsSpan(0, size));
            for (int index = 0; index < size; index++)
            {
                InclusionProof proof = Inclusion(index, size);
                Assert.Equal(ReferenceTree.Path(index, Leaves.AsSpan(0, size)), proof.Path);
                Assert.Equal(InclusionProof.PathLength(proof.Index, proof.Size), proof.Path.Length);
                Assert.True(proof.Verify(ReferenceTree.Entry((ulong)index), root));
            }
        }
    }

    [Fact]
    public void Every_consistency_proof_up_to_size_70_is_that_of_the_definition_and_verifies()
    {
        for (int to = 1; to <= SizeMax; to++)
        {
            Digest toRoot = ReferenceTree.Root(Leaves.AsSpan(0, to));
            for (int from = 1; from <= to; from++)
            {
                Assert.True(LogProofs.TryConsistency(Tiles, Size(from), Size(to), out ConsistencyProof proof, out _));
                Assert.Equal(ReferenceTree.Proof(from, Leaves.AsSpan(0, to)), proof.Path);
                Assert.True(proof.Verify(ReferenceTree.Root(Leaves.AsSpan(0, from)), toRoot));
            }
        }
    }

    [Fact]
    public void Every_range_up_to_size_70_verifies_and_a_range_of_one_is_the_inclusion_path()
    {
        for (int size = 1; size <= SizeMax; size++)
        {
            Digest root = ReferenceTree.Root(Leaves.AsSpan(0, size));
            for (int first = 0; first < size; first++)
            {
                Assert.Equal(Inclusion(first, size).Path.AsEnumerable(), Range(first, 1, size).Path);
                for (int count = 1; count <= size - first; count++)
                {
                    Assert.True(Range(first, count, size).Verify(Entries.AsSpan(first, count), root));
                }
            }
        }
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(513)]
    [InlineData(1_999)]
    [InlineData(2_000)]
    public void Proofs_across_tiles_are_those_of_the_definition(int size)
    {
        Digest[] leaves = Leaves[..size];
        Assert.True(LogProofs.TryRoot(Tiles, Size(size), out Digest root, out _));
        Assert.Equal(ReferenceTree.Root(leaves), root);
        foreach (int place in (int[])[0, 1, 127, 128, 254, 255, 256, 511, 512, 1_023, 1_024, size - 2, size - 1])
        {
            if (place < size)
            {
                Assert.Equal(ReferenceTree.Path(place, leaves), Inclusion(place, size).Path);
                Assert.True(LogProofs.TryConsistency(Tiles, Size(place + 1), Size(size), out var proof, out _));
                Assert.Equal(ReferenceTree.Proof(place + 1, leaves), proof.Path);
                RangeProof range = Range(place / 2, place - (place / 2) + 1, size);
                Assert.True(range.Verify(ReferenceTree.Entries(range.Count, place / 2), root));
            }
        }
    }

    [Fact]
    public void A_thousand_entries_cost_few_siblings()
    {
        Assert.InRange(Range(333, 1_000, 2_000).Path.Length, 1, 20);
        Assert.Empty(Range(0, 2_000, 2_000).Path);
    }

    [Fact]
    public void Places_and_sizes_out_of_range_are_faults()
    {
        Assert.Equal(LogFaultKind.IndexOutOfRange, InclusionFault(5, 5));
        Assert.Equal(LogFaultKind.IndexOutOfRange, InclusionFault(ulong.MaxValue, 5));
        Assert.Equal(LogFaultKind.SizeOutOfRange, InclusionFault(0, 0));
        Assert.Equal(LogFaultKind.SizeOutOfRange, InclusionFault(0, 1UL << 53));
        Assert.Equal(LogFaultKind.SizeOutOfRange, ConsistencyFault(0, 5));
        Assert.Equal(LogFaultKind.SizeOutOfRange, ConsistencyFault(6, 5));
        Assert.Equal(LogFaultKind.SizeOutOfRange, ConsistencyFault(6, 1UL << 53));
        Assert.Equal(LogFaultKind.IndexOutOfRange, RangeFault(3, 0));
        Assert.Equal(LogFaultKind.IndexOutOfRange, RangeFault(3, 3));
        Assert.Equal(LogFaultKind.IndexOutOfRange, RangeFault(3, -1));
        Assert.Equal(LogFaultKind.None, RangeFault(3, 2));

        static LogFaultKind InclusionFault(ulong index, ulong size)
        {
            LogProofs.TryInclusion(Tiles, new LogIndex(index), new TreeSize(size), out _, out LogFault fault);
            return fault.Kind;
        }

        static LogFaultKind ConsistencyFault(ulong from, ulong to)
        {
            LogProofs.TryConsistency(Tiles, new TreeSize(from), new TreeSize(to), out _, out LogFault fault);
            return fault.Kind;
        }

        static LogFaultKind RangeFault(ulong first, int count)
        {
            LogProofs.TryRange(Tiles, new LogIndex(first), count, new TreeSize(5), out _, out LogFault fault);
            return fault.Kind;
        }
    }

    [Fact]
    public void A_missing_or_short_tile_is_a_fault_that_names_it()
    {
        TileId gone = new(0, 3, 256);
        Holes holes = new(Tiles);
        Assert.True(LogProofs.TryInclusion(holes, new LogIndex(800), Size(2_000), out _, out LogFault fault));
        Assert.Equal(LogFault.None, fault);
        holes.Gone = gone;
        Assert.False(LogProofs.TryInclusion(holes, new LogIndex(800), Size(2_000), out var proof, out fault));
        Assert.Equal(new LogFault(LogFaultKind.MissingTile, gone), fault);
        Assert.Empty(proof.Path);
        Assert.False(LogProofs.TryConsistency(holes, Size(801), Size(2_000), out _, out fault));
        Assert.Equal(new LogFault(LogFaultKind.MissingTile, gone), fault);
        Assert.False(LogProofs.TryRange(holes, new LogIndex(801), 3, Size(2_000), out _, out fault));
        Assert.Equal(new LogFault(LogFaultKind.MissingTile, gone), fault);
        holes.Short = true;
        Assert.False(LogProofs.TryInclusion(holes, new LogIndex(800), Size(2_000), out _, out fault));
        Assert.Equal(new LogFault(LogFaultKind.DamagedTile, gone), fault);
        Assert.True(LogProofs.TryInclusion(holes, new LogIndex(700), Size(2_000), out _, out _));
    }

    [Fact]
    public void Proofs_at_the_largest_size_have_the_length_that_is_expected_of_them()
    {
        LogFrontierTests.SameHash tiles = new();
        TreeSize size = new(Limits.Integer);
        foreach (ulong index in (ulong[])[0, 1, Limits.Integer / 2, Limits.Integer - 2, Limits.Integer - 1])
        {
            Assert.True(LogProofs.TryInclusion(tiles, new LogIndex(index), size, out InclusionProof proof, out _));
            Assert.Equal(InclusionProof.PathLength(proof.Index, size), proof.Path.Length);
            Assert.InRange(proof.Path.Length, 52, 53);
            Assert.True(InclusionProof.TryComputeRoot(default, proof.Index, size, proof.Path.AsSpan(), out _));
            TreeSize older = new(index + 1);
            Assert.True(LogProofs.TryConsistency(tiles, older, size, out ConsistencyProof consistency, out _));
            Assert.InRange(consistency.Path.Length, index == Limits.Integer - 1 ? 0 : 1, 54);
        }
    }

    private static TreeSize Size(int size) => new((ulong)size);

    private static InclusionProof Inclusion(int index, int size)
    {
        LogIndex place = new((ulong)index);
        bool made = LogProofs.TryInclusion(Tiles, place, Size(size), out InclusionProof proof, out LogFault fault);
        Assert.True(made);
        Assert.Equal(LogFault.None, fault);
        return proof;
    }

    private static RangeProof Range(int first, int count, int size)
    {
        LogIndex place = new((ulong)first);
        bool made = LogProofs.TryRange(Tiles, place, count, Size(size), out RangeProof proof, out LogFault fault);
        Assert.True(made);
        Assert.Equal(LogFault.None, fault);
        return proof;
    }

    private sealed class Holes(ITileReader tiles) : ITileReader
    {
        internal TileId Gone { get; set; }

        internal bool Short { get; set; }

        public bool TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes)
        {
            bool read = tiles.TryRead(tile, out hashes) && (tile != Gone || Short);
            hashes = tile == Gone ? hashes[..^1] : hashes;
            return read;
        }
    }
}

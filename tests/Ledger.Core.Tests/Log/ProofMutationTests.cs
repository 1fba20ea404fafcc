using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

/// <summary>Every proof is accepted untouched, and refused once anything about it is changed.</summary>
public sealed class ProofMutationTests
{
    private const int SizeMax = 33;
    private static readonly MemoryTiles Tiles = ReferenceTree.Grow(64, 64).Tiles;
    private static readonly EntryHash[] Entries = ReferenceTree.Entries(64);
    private static readonly Digest[] Leaves = ReferenceTree.Leaves(64);

    [Fact]
    public void An_inclusion_proof_with_any_byte_changed_is_refused()
    {
        (int, int)[] places = [(0, 1), (0, 7), (4, 7), (6, 7), (11, 21), (31, 32), (32, 33)];
        foreach ((int index, int size) in places)
        {
            LogProofs.TryInclusion(Tiles, At(index), Size(size), out InclusionProof proof, out _);
            Digest root = Root(size);
            Assert.True(proof.Verify(Entries[index], root));
            foreach (Digest[] path in EachByteChanged(proof.Path))
            {
                Assert.False(InclusionProof.Verify(Entries[index], At(index), Size(size), path, root));
            }

            foreach (Digest[] changed in EachByteChanged([root, Entries[index].Value]))
            {
                Assert.False(proof.Verify(Entries[index], changed[0]) && proof.Verify(new EntryHash(changed[1]), root));
            }

            foreach (Digest[] path in OtherLengthsAndOrders(proof.Path))
            {
                Assert.False(InclusionProof.Verify(Entries[index], At(index), Size(size), path, root));
                bool fits = path.Length == proof.Path.Length;
                Assert.Equal(fits, InclusionProof.TrySteps(At(index), Size(size), path, out _));
                LeafHash leaf = new(Leaves[index]);
                Assert.Equal(fits, InclusionProof.TryComputeRoot(leaf, At(index), Size(size), path, out _));
            }
        }
    }

    [Fact]
    public void An_inclusion_proof_holds_for_its_own_place_only()
    {
        for (int size = 1; size <= SizeMax; size++)
        {
            for (int index = 0; index < size; index++)
            {
                LogProofs.TryInclusion(Tiles, At(index), Size(size), out InclusionProof proof, out _);
                Digest root = Root(size);
                for (int other = 0; other <= SizeMax; other++)
                {
                    InclusionProof moved = proof with { Index = At(other) };
                    Assert.Equal(other == index, moved.Verify(Entries[index], root));
                    Assert.Equal(other == index, proof.Verify(Entries[other], root));
                }
            }
        }
    }

    [Fact]
    public void A_consistency_proof_with_any_byte_changed_is_refused()
    {
        (int, int)[] sizes = [(1, 1), (1, 2), (3, 7), (4, 7), (6, 8), (13, 21), (16, 33), (32, 33)];
        foreach ((int from, int to) in sizes)
        {
            LogProofs.TryConsistency(Tiles, Size(from), Size(to), out ConsistencyProof proof, out _);
            (Digest older, Digest newer) = (Root(from), Root(to));
            Assert.True(proof.Verify(older, newer));
            foreach (Digest[] path in EachByteChanged(proof.Path).Concat(OtherLengthsAndOrders(proof.Path)))
            {
                Assert.False(ConsistencyProof.Verify(Size(from), Size(to), path, older, newer));
            }

            foreach (Digest[] changed in EachByteChanged([older, newer]))
            {
                Assert.False(proof.Verify(changed[0], changed[1]));
            }
        }
    }

    [Fact]
    public void A_consistency_proof_never_joins_two_different_histories()
    {
        for (int to = 2; to <= SizeMax; to++)
        {
            for (int from = 1; from < to; from++)
            {
                LogProofs.TryConsistency(Tiles, Size(from), Size(to), out ConsistencyProof proof, out _);
                Assert.True(proof.Verify(Root(from), Root(to)));

                // The same hashes as a proof for a higher tree than they reach the top of.
                ConsistencyProof higher = proof with { To = Size(to + 64) };
                Assert.False(higher.Verify(Root(from), Root(to)));

                // The same newer log over an older one whose last entry was replaced.
                Digest[] rewritten = Leaves[..from];
                rewritten[^1] = Leaves[^1];
                Assert.False(proof.Verify(ReferenceTree.Root(rewritten), Root(to)));
                Assert.False(ConsistencyProof.Verify(Size(to), Size(from), proof.Path.AsSpan(), Root(to), Root(from)));
            }
        }
    }

    [Fact]
    public void Consistency_with_the_empty_log_is_not_a_proof()
    {
        Assert.True(ConsistencyProof.Verify(Size(1), Size(1), [], Root(1), Root(1)));
        Assert.False(ConsistencyProof.Verify(Size(0), Size(0), [], TreeHash.Empty, TreeHash.Empty));
        Assert.False(ConsistencyProof.Verify(Size(0), Size(1), [], TreeHash.Empty, Root(1)));
        Assert.False(ConsistencyProof.Verify(Size(0), Size(1), [Root(1)], TreeHash.Empty, Root(1)));
    }

    [Fact]
    public void A_range_proof_with_any_byte_changed_is_refused()
    {
        (int, int, int)[] ranges = [(0, 1, 1), (3, 4, 7), (2, 3, 7), (5, 9, 21), (0, 21, 21), (17, 16, 33)];
        foreach ((int first, int count, int size) in ranges)
        {
            LogProofs.TryRange(Tiles, At(first), count, Size(size), out RangeProof proof, out _);
            Digest root = Root(size);
            EntryHash[] entries = Entries[first..(first + count)];
            Assert.True(proof.Verify(entries, root));
            foreach (Digest[] path in EachByteChanged(proof.Path).Concat(OtherLengthsAndOrders(proof.Path)))
            {
                Assert.False(RangeProof.Verify(entries, At(first), Size(size), path, root));
            }

            foreach (Digest[] changed in EachByteChanged([.. entries.Select(entry => entry.Value)]))
            {
                Assert.False(proof.Verify([.. changed.Select(digest => new EntryHash(digest))], root));
            }

            Assert.False(proof.Verify(entries.AsSpan(1), root));
            Assert.False(proof.Verify([.. entries, Entries[40]], root));
            Assert.False(proof.Verify([], root));
        }
    }

    [Fact]
    public void A_range_proof_holds_for_its_own_places_only()
    {
        const int Size = 13;
        Digest root = Root(Size);
        for (int first = 0; first < Size; first++)
        {
            for (int count = 1; count <= Size - first; count++)
            {
                LogProofs.TryRange(Tiles, At(first), count, new TreeSize(Size), out RangeProof proof, out _);
                for (int other = 0; other <= Size; other++)
                {
                    RangeProof moved = proof with { First = At(other) };
                    Assert.Equal(other == first, moved.Verify(Entries.AsSpan(first, count), root));
                }
            }
        }
    }

    [Fact]
    public void Sizes_past_2_to_the_53_less_1_are_refused_before_anything_is_hashed()
    {
        Digest[] path = new Digest[53];
        Assert.True(InclusionProof.TryComputeRoot(default, At(0), new TreeSize(Limits.Integer), path, out _));
        Assert.False(InclusionProof.TryComputeRoot(default, At(0), new TreeSize(Limits.Integer + 1), path, out _));
        TreeSize largest = new(ulong.MaxValue);
        Assert.False(InclusionProof.TryComputeRoot(default, At(0), largest, new Digest[64], out _));
        Assert.False(InclusionProof.TrySteps(At(0), new TreeSize(Limits.Integer + 1), path, out _));
        Assert.True(RangeProof.TryComputeRoot([default], At(0), new TreeSize(Limits.Integer), path, out _));
        Assert.False(RangeProof.TryComputeRoot([default], At(0), new TreeSize(Limits.Integer + 1), path, out _));
        Assert.False(ConsistencyProof.Verify(new TreeSize(1), new TreeSize(ulong.MaxValue), path, default, default));
    }

    [Fact]
    public void The_steps_lead_from_the_leaf_to_the_root()
    {
        for (int size = 1; size <= SizeMax; size++)
        {
            for (int index = 0; index < size; index++)
            {
                LogProofs.TryInclusion(Tiles, At(index), Size(size), out InclusionProof proof, out _);
                Assert.True(proof.TrySteps(out var steps));
                Digest running = Leaves[index];
                foreach (ProofStep step in steps)
                {
                    running = step.Apply(running);
                }

                Assert.Equal(Root(size), running);
            }
        }
    }

    /// <summary>Without the two prefixes an inner node passes as an entry: what they are for.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_inner_node_never_passes_as_an_entry_unless_the_prefixes_are_taken_away(bool prefixes)
    {
        byte[] leafPrefix = prefixes ? [0x00] : [];
        byte[] nodePrefix = prefixes ? [0x01] : [];
        Digest Leaf(byte[] data) => Digest.Of([.. leafPrefix, .. data]);
        Digest Node(Digest left, Digest right) => Digest.Of([.. nodePrefix, .. left.Span, .. right.Span]);

        Digest[] leaves = [.. Enumerable.Range(0, 4).Select(i => Leaf([(byte)i]))];
        Digest right = Node(leaves[2], leaves[3]);
        Digest root = Node(Node(leaves[0], leaves[1]), right);
        byte[] forged = [.. leaves[0].Span, .. leaves[1].Span];
        Assert.Equal(root, Node(Node(Leaf([0]), leaves[1]), right));
        Assert.Equal(!prefixes, Node(Leaf(forged), right) == root);
    }

    private static TreeSize Size(int size) => new((ulong)size);

    private static LogIndex At(int index) => new((ulong)index);

    private static Digest Root(int size) => ReferenceTree.Root(Leaves.AsSpan(0, size));

    private static IEnumerable<Digest[]> EachByteChanged(IReadOnlyList<Digest> hashes)
    {
        for (int i = 0; i < hashes.Count * Digest.Size; i++)
        {
            byte[] bytes = hashes[i / Digest.Size].ToArray();
            bytes[i % Digest.Size] ^= (byte)(1 << (i % 8));
            Digest[] changed = [.. hashes];
            changed[i / Digest.Size] = new Digest(bytes);
            yield return changed;
        }
    }

    private static IEnumerable<Digest[]> OtherLengthsAndOrders(IReadOnlyList<Digest> path)
    {
        yield return [.. path, Digest.Zero];
        yield return [Digest.Zero, .. path];
        for (int i = 0; i < path.Count; i++)
        {
            yield return [.. path.Where((_, place) => place != i)];
            yield return [.. path.Take(i), path[i], .. path.Skip(i)];
            if (i > 0)
            {
                Digest[] exchanged = [.. path];
                (exchanged[i - 1], exchanged[i]) = (exchanged[i], exchanged[i - 1]);
                yield return exchanged;
            }
        }
    }
}

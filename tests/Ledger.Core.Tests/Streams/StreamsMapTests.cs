using Ledger.Core.Streams;

namespace Ledger.Core.Tests.Streams;

public sealed class StreamsMapTests
{
    [Fact]
    public void The_root_after_each_change_is_that_of_the_definition()
    {
        MemoryNodes nodes = new();
        SortedDictionary<StreamId, Digest> map = [];
        Digest root = StreamsMap.EmptyRoot;
        for (int i = 0; i < 200; i++)
        {
            KeyValuePair<StreamId, Digest> change = new(ReferenceMap.Key(i % 150), ReferenceMap.Value(i));
            map[change.Key] = change.Value;
            root = nodes.Apply(root, [change]).Root;
            Assert.Equal(ReferenceMap.Root(map), root);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(500)]
    public void The_size_of_the_batches_does_not_change_the_root(int batch)
    {
        MemoryNodes nodes = new();
        Digest root = StreamsMap.EmptyRoot;
        foreach (int[] numbers in Enumerable.Range(0, 500).Chunk(batch))
        {
            root = nodes.Apply(root, ReferenceMap.Of(numbers)).Root;
        }

        Assert.Equal(ReferenceMap.Root(ReferenceMap.Of(Enumerable.Range(0, 500))), root);
    }

    [Fact]
    public void Every_past_root_stays_provable()
    {
        MemoryNodes nodes = new();
        List<(Digest Root, int Count)> past = [(StreamsMap.EmptyRoot, 0)];
        for (int count = 10; count <= 100; count += 10)
        {
            past.Add((nodes.Apply(past[^1].Root, ReferenceMap.Of(Enumerable.Range(count - 10, 10))).Root, count));
        }

        foreach ((Digest root, int count) in past)
        {
            for (int i = 0; i < 110; i++)
            {
                MapVerdict verdict = nodes.Prove(root, ReferenceMap.Key(i)).Verify(root, ReferenceMap.Key(i));
                Assert.Equal(i < count ? MapVerdict.Present(ReferenceMap.Value(i)) : MapVerdict.Absent, verdict);
            }
        }
    }

    [Fact]
    public void Keys_that_differ_in_the_last_bit_only_stand_at_depth_256()
    {
        StreamId even = KeyOf("00000000000000000000000000000000000000000000000000000000000000f0");
        StreamId odd = KeyOf("00000000000000000000000000000000000000000000000000000000000000f1");
        SortedDictionary<StreamId, Digest> map = new()
        {
            [even] = ReferenceMap.Value(1),
            [odd] = ReferenceMap.Value(2),
        };
        MemoryNodes nodes = new();
        MapUpdate update = nodes.Apply(StreamsMap.EmptyRoot, map);
        Assert.Equal(ReferenceMap.Root(map), update.Root);
        Assert.Equal(2 + 256, update.Created.Count);
        MapProof proof = nodes.Prove(update.Root, odd);
        Assert.Equal(256, proof.Siblings.Length);
        Assert.Equal(MapVerdict.Present(ReferenceMap.Value(2)), proof.Verify(update.Root, odd));
        Assert.True(MapProof.TryDecode(proof.Encode(), out MapProof decoded, out _));
        Assert.Equal(MapVerdict.Present(ReferenceMap.Value(2)), decoded.Verify(update.Root, odd));

        map[even] = ReferenceMap.Value(3);
        Assert.Equal(ReferenceMap.Root(map), nodes.Apply(update.Root, [new(even, ReferenceMap.Value(3))]).Root);
    }

    [Fact]
    public void Created_and_replaced_are_exactly_the_difference_between_the_two_trees()
    {
        MemoryNodes nodes = new();
        SortedDictionary<StreamId, Digest> map = ReferenceMap.Of(Enumerable.Range(0, 60));
        Digest root = nodes.Apply(StreamsMap.EmptyRoot, map).Root;
        SortedSet<Digest> before = Reachable(nodes, root);
        SortedDictionary<StreamId, Digest> changes = new()
        {
            [ReferenceMap.Key(3)] = ReferenceMap.Value(1_000),
            [ReferenceMap.Key(4)] = ReferenceMap.Value(4),
            [ReferenceMap.Key(77)] = ReferenceMap.Value(77),
            [ReferenceMap.Key(78)] = ReferenceMap.Value(78),
        };
        MapUpdate update = nodes.Apply(root, changes);
        SortedSet<Digest> after = Reachable(nodes, update.Root);
        Assert.Equal(after.Except(before).Order(), update.Created.Select(node => node.Hash).Order());
        Assert.Equal(before.Except(after).Order(), update.Replaced.Order());

        foreach (Digest hash in update.Replaced)
        {
            nodes.Remove(hash);
        }

        foreach ((StreamId key, Digest value) in map.Where(pair => !changes.ContainsKey(pair.Key)).Concat(changes))
        {
            Assert.Equal(MapVerdict.Present(value), nodes.Prove(update.Root, key).Verify(update.Root, key));
        }
    }

    [Fact]
    public void Children_are_created_before_their_parents()
    {
        MapUpdate update = new MemoryNodes().Apply(StreamsMap.EmptyRoot, ReferenceMap.Of(Enumerable.Range(0, 50)));
        HashSet<Digest> written = [Digest.Zero];
        foreach (StoredNode node in update.Created)
        {
            Assert.True(node.Node.IsLeaf || (written.Contains(node.Node.Left) && written.Contains(node.Node.Right)));
            Assert.True(written.Add(node.Hash));
        }

        Assert.Equal(update.Root, update.Created[^1].Hash);
    }

    [Fact]
    public void A_change_to_the_same_value_changes_and_writes_nothing()
    {
        MemoryNodes nodes = new();
        Digest root = nodes.Apply(StreamsMap.EmptyRoot, ReferenceMap.Of(Enumerable.Range(0, 20))).Root;
        MapUpdate update = nodes.Apply(root, ReferenceMap.Of([5, 9]));
        Assert.Equal(root, update.Root);
        Assert.Empty(update.Created);
        Assert.Empty(update.Replaced);
        Assert.Equal(root, nodes.Apply(root, []).Root);
    }

    [Fact]
    public void Changes_out_of_order_or_twice_are_our_own_mistake()
    {
        MapChange[] sorted = [.. ReferenceMap.Of([1, 2]).Select(pair => new MapChange(pair.Key, pair.Value))];
        Assert.True(Apply(sorted[0], sorted[1]));
        Assert.Throws<ArgumentException>(() => Apply(sorted[1], sorted[0]));
        Assert.Throws<ArgumentException>(() => Apply(sorted[0], sorted[0]));

        static bool Apply(params MapChange[] changes) =>
            StreamsMap.TryApply(new MemoryNodes(), StreamsMap.EmptyRoot, changes, out _, out _);
    }

    [Fact]
    public void A_missing_or_damaged_node_is_a_fault_that_names_it()
    {
        MemoryNodes nodes = new();
        Digest root = nodes.Apply(StreamsMap.EmptyRoot, ReferenceMap.Of(Enumerable.Range(0, 40))).Root;
        StreamId key = ReferenceMap.Key(7);
        Assert.True(StreamsMap.TryFind(nodes, root, key, out Digest? value, out _));
        Assert.Equal(ReferenceMap.Value(7), value);
        MapChange[] change = [new MapChange(key, ReferenceMap.Value(99))];
        foreach (Digest hash in Way(nodes, root, key))
        {
            MapNode kept = nodes[hash];
            nodes.Remove(hash);
            Refused(hash, MapFaultKind.MissingNode);
            nodes[hash] = kept.IsLeaf
                ? MapNode.Leaf(key, ReferenceMap.Value(99))
                : MapNode.Inner(kept.Right, kept.Left);
            Refused(hash, MapFaultKind.DamagedNode);
            nodes[hash] = MapNode.Leaf(ReferenceMap.Key(8), ReferenceMap.Value(8));
            Refused(hash, MapFaultKind.DamagedNode);
            nodes[hash] = kept;
        }

        Assert.True(StreamsMap.TryApply(nodes, root, change, out _, out _));

        void Refused(Digest hash, MapFaultKind kind)
        {
            Assert.False(StreamsMap.TryProve(nodes, root, key, out _, out MapFault fault));
            Assert.Equal(new MapFault(kind, hash), fault);
            Assert.False(StreamsMap.TryApply(nodes, root, change, out MapUpdate update, out fault));
            Assert.Equal(new MapFault(kind, hash), fault);
            Assert.Equal(root, update.Root);
            Assert.Empty(update.Created);
        }
    }

    [Fact]
    public void A_tree_of_another_shape_is_damaged_though_its_hashes_fit()
    {
        // A leaf that did not collapse, an inner node over nothing, and a leaf off its way: each under a root of its
        // own.
        StreamId key = KeyOf("4000000000000000000000000000000000000000000000000000000000000001");
        MapNode leaf = MapNode.Leaf(key, ReferenceMap.Value(1));
        MapNode[] tops =
        [
            MapNode.Inner(leaf.Hash, Digest.Zero),
            MapNode.Inner(Digest.Zero, Digest.Zero),
            MapNode.Inner(Digest.Zero, leaf.Hash),
        ];
        foreach (MapNode top in tops)
        {
            MemoryNodes nodes = new() { [leaf.Hash] = leaf, [top.Hash] = top };
            foreach (StreamId asked in (StreamId[])[key, KeyOf("c" + key.ToString()[1..])])
            {
                bool proven = StreamsMap.TryProve(nodes, top.Hash, asked, out MapProof proof, out MapFault fault);
                Assert.Equal(!proven, fault.Kind == MapFaultKind.DamagedNode);
                Assert.True(!proven || proof.Verify(top.Hash, asked).Kind == MapVerdictKind.Absent);
            }
        }
    }

    [Fact]
    public void A_leaf_stored_off_its_way_is_damaged_though_its_hash_fits()
    {
        MapNode low = MapNode.Leaf(KeyOf("10" + new string('0', 62)), ReferenceMap.Value(1));
        MapNode high = MapNode.Leaf(KeyOf("90" + new string('0', 62)), ReferenceMap.Value(2));
        foreach (bool sound in (bool[])[true, false])
        {
            (MapNode left, MapNode right) = sound ? (low, high) : (high, low);
            MapNode top = MapNode.Inner(left.Hash, right.Hash);
            MemoryNodes nodes = new() { [low.Hash] = low, [high.Hash] = high, [top.Hash] = top };
            Assert.Equal(sound, StreamsMap.TryProve(nodes, top.Hash, low.Key, out _, out MapFault fault));
            Assert.Equal(sound ? MapFaultKind.None : MapFaultKind.DamagedNode, fault.Kind);
            MapChange[] changes = [new MapChange(low.Key, ReferenceMap.Value(3))];
            Assert.Equal(sound, StreamsMap.TryApply(nodes, top.Hash, changes, out _, out fault));
            Assert.Equal(sound ? MapFaultKind.None : MapFaultKind.DamagedNode, fault.Kind);
        }
    }

    private static StreamId KeyOf(string hex) => new(Digest.ParseHex(hex));

    private static List<Digest> Way(MemoryNodes nodes, Digest root, StreamId key)
    {
        List<Digest> way = [];
        for (Digest hash = root; !hash.IsZero;)
        {
            MapNode node = nodes[hash];
            bool right = key.Value.Bit(way.Count);
            way.Add(hash);
            hash = node.IsLeaf ? Digest.Zero : right ? node.Right : node.Left;
        }

        return way;
    }

    private static SortedSet<Digest> Reachable(MemoryNodes nodes, Digest root)
    {
        SortedSet<Digest> seen = [];
        Stack<Digest> open = new([root]);
        while (open.TryPop(out Digest hash))
        {
            if (!hash.IsZero && seen.Add(hash) && !nodes[hash].IsLeaf)
            {
                open.Push(nodes[hash].Left);
                open.Push(nodes[hash].Right);
            }
        }

        return seen;
    }
}

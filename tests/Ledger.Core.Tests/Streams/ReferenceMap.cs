using System.Security.Cryptography;
using System.Text;
using Ledger.Core.Streams;

namespace Ledger.Core.Tests.Streams;

/// <summary>The streams map written down as the design has it, over all keys each time.</summary>
internal static class ReferenceMap
{
    internal static StreamId Key(int number) => new(Digest.Of(Encoding.ASCII.GetBytes($"key {number}")));

    internal static Digest Value(int number) => Digest.Of(Encoding.ASCII.GetBytes($"value {number}"));

    internal static SortedDictionary<StreamId, Digest> Of(IEnumerable<int> numbers)
    {
        SortedDictionary<StreamId, Digest> map = [];
        foreach (int number in numbers)
        {
            map[Key(number)] = Value(number);
        }

        return map;
    }

    internal static Digest Root(IEnumerable<KeyValuePair<StreamId, Digest>> leaves) => Subtree([.. leaves], 0);

    internal static Digest Leaf(StreamId key, Digest value) =>
        new(SHA256.HashData([0x02, .. key.Value.Span, .. value.Span]));

    internal static Digest Inner(Digest left, Digest right) =>
        new(SHA256.HashData([0x03, .. left.Span, .. right.Span]));

    private static Digest Subtree(List<KeyValuePair<StreamId, Digest>> leaves, int depth)
    {
        if (leaves.Count <= 1)
        {
            return leaves.Count == 0 ? Digest.Zero : Leaf(leaves[0].Key, leaves[0].Value);
        }

        return Inner(
            Subtree([.. leaves.Where(leaf => !leaf.Key.Value.Bit(depth))], depth + 1),
            Subtree([.. leaves.Where(leaf => leaf.Key.Value.Bit(depth))], depth + 1));
    }
}

/// <summary>Nodes in memory, with what a test needs to take away or spoil some.</summary>
internal sealed class MemoryNodes : IMapNodes
{
    private readonly Dictionary<Digest, MapNode> _nodes = [];

    internal int Count => _nodes.Count;

    internal int Reads { get; private set; }

    internal IEnumerable<Digest> Hashes => _nodes.Keys;

    internal MapNode this[Digest hash]
    {
        get => _nodes[hash];
        set => _nodes[hash] = value;
    }

    internal void Remove(Digest hash) => _nodes.Remove(hash);

    public bool TryGet(in Digest hash, out MapNode node)
    {
        Reads++;
        return _nodes.TryGetValue(hash, out node);
    }

    internal MapUpdate Apply(Digest root, IEnumerable<KeyValuePair<StreamId, Digest>> changes)
    {
        MapChange[] sorted =
            [.. changes.Select(pair => new MapChange(pair.Key, pair.Value)).OrderBy(change => change.Key)];
        bool applied = StreamsMap.TryApply(this, root, sorted, out MapUpdate update, out MapFault fault);
        Assert.True(applied, fault.ToString());
        foreach (StoredNode node in update.Created)
        {
            // Stored as bytes and read back, as a database would.
            byte[] encoded = new byte[MapNode.EncodedBytes];
            node.Node.Encode(encoded);
            Assert.Equal(node.Hash, Digest.Of(encoded));
            Assert.True(MapNode.TryDecode(encoded, out MapNode decoded));
            Assert.Equal(node.Node, decoded);
            _nodes[node.Hash] = decoded;
        }

        return update;
    }

    internal MapProof Prove(Digest root, StreamId key)
    {
        Assert.True(StreamsMap.TryProve(this, root, key, out MapProof proof, out MapFault fault), fault.ToString());
        return proof;
    }
}

using System.Collections.Immutable;

namespace Ledger.Core.Streams;

/// <summary>
/// The sparse Merkle map from stream to state. Leaf = SHA-256(0x02 ‖ key ‖ value), inner node = SHA-256(0x03 ‖ left ‖
/// right), a subtree without leaves = 32 zero bytes, and a subtree with one leaf is that leaf, at whatever depth. Keys
/// are followed from their most significant bit on. The root depends on the contents alone, never on the order in which
/// they came.
/// </summary>
public static class StreamsMap
{
    /// <summary>Depth of the deepest leaves: two keys that differ in the last bit only.</summary>
    public const int DepthMax = 8 * Digest.Size;

    /// <summary>Root of the map without keys.</summary>
    public static Digest EmptyRoot => Digest.Zero;

    /// <summary>
    /// Sets keys to values. Costs some log2(keys) node reads and hashes for each change, fewer where paths are shared.
    /// </summary>
    /// <param name="changes">In strictly ascending order of their keys.</param>
    /// <exception cref="ArgumentException">The changes are not in order, or name a key twice.</exception>
    public static bool TryApply(
        IMapNodes nodes, in Digest root, ReadOnlySpan<MapChange> changes, out MapUpdate update, out MapFault fault)
    {
        for (int i = 1; i < changes.Length; i++)
        {
            if (changes[i - 1].Key.CompareTo(changes[i].Key) >= 0)
            {
                throw new ArgumentException("Changes stand in ascending order, each key once.", nameof(changes));
            }
        }

        MapUpdater updater = new(nodes);
        bool applied = updater.TryUpdate(root, 0, changes, out Digest after);
        fault = updater.Fault;
        update = applied ? updater.Finish(after) : new MapUpdate(root, [], []);
        return applied;
    }

    /// <summary>The way from the root to where the key is, or would be. Proves its value or its absence.</summary>
    public static bool TryProve(IMapNodes nodes, in Digest root, StreamId key, out MapProof proof, out MapFault fault)
    {
        proof = MapProof.Empty;
        ImmutableArray<Digest>.Builder siblings = ImmutableArray.CreateBuilder<Digest>();
        Digest parent = root;
        Digest hash = root;
        MapNode node = default;
        while (!hash.IsZero)
        {
            if (!TryFetch(nodes, hash, siblings.Count, key, out node, out fault))
            {
                return false;
            }

            if (node.IsLeaf)
            {
                break;
            }

            bool right = key.Value.Bit(siblings.Count);
            siblings.Add(right ? node.Left : node.Right);
            parent = hash;
            hash = right ? node.Right : node.Left;
        }

        MapProofEnd end = hash.IsZero ? MapProofEnd.Nothing
            : node.Key == key ? MapProofEnd.Value
            : MapProofEnd.OtherLeaf;
        bool sound = MapProof.IsForm(siblings.ToArray(), end);
        fault = sound ? MapFault.None : new MapFault(MapFaultKind.DamagedNode, parent);
        proof = !sound ? MapProof.Empty
            : end == MapProofEnd.Nothing ? MapProof.OfNothing(siblings.ToImmutable())
            : end == MapProofEnd.Value ? MapProof.OfValue(siblings.ToImmutable(), node.Value)
            : MapProof.OfOtherLeaf(siblings.ToImmutable(), node.Key, node.Value);
        return sound;
    }

    /// <summary>Value of a key at one root; null if it has none.</summary>
    public static bool TryFind(IMapNodes nodes, in Digest root, StreamId key, out Digest? value, out MapFault fault)
    {
        bool found = TryProve(nodes, root, key, out MapProof proof, out fault);
        value = found && proof.End == MapProofEnd.Value ? proof.Value : null;
        return found;
    }

    /// <summary>Number of leading bits that two keys share.</summary>
    internal static int SharedBits(StreamId left, StreamId right)
    {
        ReadOnlySpan<byte> a = left.Value.Span;
        ReadOnlySpan<byte> b = right.Value.Span;
        int bytes = a.CommonPrefixLength(b);
        return bytes == Digest.Size
            ? DepthMax
            : (8 * bytes) + System.Numerics.BitOperations.LeadingZeroCount((uint)(a[bytes] ^ b[bytes])) - 24;
    }

    /// <summary>
    /// One node, checked against its hash and its place: at depth d an inner node is above d = 256, and a leaf shares
    /// the d bits that lead to it.
    /// </summary>
    internal static bool TryFetch(
        IMapNodes nodes, in Digest hash, int depth, StreamId way, out MapNode node, out MapFault fault)
    {
        if (!nodes.TryGet(hash, out node))
        {
            fault = new MapFault(MapFaultKind.MissingNode, hash);
            return false;
        }

        bool sound = node.Hash == hash && (node.IsLeaf ? SharedBits(node.Key, way) >= depth : depth < DepthMax);
        fault = sound ? MapFault.None : new MapFault(MapFaultKind.DamagedNode, hash);
        return sound;
    }
}

/// <summary>One set of changes on its way down the map and up again.</summary>
internal sealed class MapUpdater(IMapNodes nodes)
{
    private readonly List<StoredNode> _created = [];
    private readonly List<Digest> _replaced = [];
    private MapFault _fault;

    internal MapFault Fault => _fault;

    internal MapUpdate Finish(in Digest root) => new(root, _created, _replaced);

    /// <param name="changes">Ascending, and all below this place.</param>
    internal bool TryUpdate(in Digest before, int depth, ReadOnlySpan<MapChange> changes, out Digest after)
    {
        after = before;
        if (changes.IsEmpty)
        {
            return true;
        }

        if (before.IsZero)
        {
            after = Build(depth, changes, Digest.Zero);
            return true;
        }

        if (!StreamsMap.TryFetch(nodes, before, depth, changes[0].Key, out MapNode node, out _fault))
        {
            return false;
        }

        if (node.IsLeaf)
        {
            after = GrowLeaf(before, node, depth, changes);
            return true;
        }

        int split = Split(changes, depth);
        if (!TryUpdate(node.Left, depth + 1, changes[..split], out Digest left)
            || !TryUpdate(node.Right, depth + 1, changes[split..], out Digest right))
        {
            return false;
        }

        if (left != node.Left || right != node.Right)
        {
            _replaced.Add(before);
            after = Create(MapNode.Inner(left, right));
        }

        return true;
    }

    /// <summary>
    /// A subtree of one leaf gets more, or another value. The leaf itself, if it stays, is stored already.
    /// </summary>
    private Digest GrowLeaf(in Digest before, in MapNode leaf, int depth, ReadOnlySpan<MapChange> changes)
    {
        MapChange old = new(leaf.Key, leaf.Value);
        int place = 0;
        while (place < changes.Length && changes[place].Key.CompareTo(old.Key) < 0)
        {
            place++;
        }

        bool changed = place < changes.Length && changes[place].Key == old.Key;
        if (changed)
        {
            if (changes[place].Value != old.Value)
            {
                _replaced.Add(before);
            }

            return Build(depth, changes, before);
        }

        MapChange[] all = new MapChange[changes.Length + 1];
        changes[..place].CopyTo(all);
        all[place] = old;
        changes[place..].CopyTo(all.AsSpan(place + 1));
        return Build(depth, all, before);
    }

    /// <summary>A whole subtree from its leaves.</summary>
    /// <param name="held">Hash of a leaf that need not be stored again, or zero.</param>
    private Digest Build(int depth, ReadOnlySpan<MapChange> leaves, in Digest held)
    {
        if (leaves.IsEmpty)
        {
            return Digest.Zero;
        }

        if (leaves.Length == 1)
        {
            MapNode leaf = MapNode.Leaf(leaves[0].Key, leaves[0].Value);
            Digest hash = leaf.Hash;
            return hash == held ? hash : Create(leaf, hash);
        }

        int split = Split(leaves, depth);
        Digest left = Build(depth + 1, leaves[..split], held);
        Digest right = Build(depth + 1, leaves[split..], held);
        return Create(MapNode.Inner(left, right));
    }

    /// <summary>How many of the keys, which agree in all bits before, have a 0 at this depth.</summary>
    private static int Split(ReadOnlySpan<MapChange> changes, int depth)
    {
        int low = 0;
        int high = changes.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (changes[middle].Key.Value.Bit(depth))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private Digest Create(in MapNode node) => Create(node, node.Hash);

    private Digest Create(in MapNode node, in Digest hash)
    {
        _created.Add(new StoredNode(hash, node));
        return hash;
    }
}

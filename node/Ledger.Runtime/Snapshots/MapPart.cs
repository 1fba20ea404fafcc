using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Streams;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// The streams map with the state and the keys of every stream (N7). Each node is asked for by its hash, from the root
/// down, so a node that is not the one asked for is seen at once, and so is one that is left out.
/// </summary>
internal sealed class MapPart : ISnapshotPart
{
    private readonly ChainStore _store;
    private readonly SnapshotRules _rules;

    /// <summary>Last in, first out: the way goes down first, so that little waits at a time.</summary>
    private readonly Stack<Digest> _wanted = new();

    private int _asked;

    public MapPart(ChainStore store, Digest root, SnapshotRules rules)
    {
        _store = store;
        _rules = rules;
        Want(root);
    }

    public bool IsComplete => _wanted.Count == 0 && _asked == 0;

    public SnapshotQuestion? Next()
    {
        if (_wanted.Count == 0)
        {
            return null;
        }

        ImmutableArray<Digest>.Builder hashes = ImmutableArray.CreateBuilder<Digest>();
        while (hashes.Count < SnapshotQuestion.NodesMax && _wanted.TryPop(out Digest hash))
        {
            hashes.Add(hash);
        }

        _asked++;
        return new SnapshotQuestion.Nodes(hashes.ToImmutable());
    }

    public void Again(SnapshotQuestion question)
    {
        _asked--;
        foreach (Digest hash in ((SnapshotQuestion.Nodes)question).Hashes)
        {
            _wanted.Push(hash);
        }
    }

    public string? Take(SnapshotQuestion question, ReadOnlyMemory<byte> answer, StoreBatch batch)
    {
        ImmutableArray<Digest> asked = ((SnapshotQuestion.Nodes)question).Hashes;
        if (!PeerCodec.TryReadList(answer.Span, asked.Length, out ImmutableArray<ReadOnlyMemory<byte>> items) || items.IsEmpty)
        {
            return "an answer about the streams map that cannot be read";
        }

        List<Leaf> leaves = [];
        List<MapNode> nodes = [];
        for (int i = 0; i < items.Length; i++)
        {
            if (FaultOf(items[i].Span, asked[i], nodes, leaves) is { } fault)
            {
                return fault;
            }
        }

        _asked--;
        foreach (Digest rest in asked[items.Length..])
        {
            _wanted.Push(rest);
        }

        Keep(asked, nodes, leaves, batch);
        return null;
    }

    private string? FaultOf(ReadOnlySpan<byte> item, Digest asked, List<MapNode> nodes, List<Leaf> leaves)
    {
        CborReader reader = new(item);
        ReadOnlySpan<byte> state = default;
        if (!reader.TryReadArray(3)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> encoded)
            || !MapNode.TryDecode(encoded, out MapNode node)
            || !(node.IsLeaf ? reader.TryReadBytes(out state) : reader.SkipIfNull())
            || !reader.TryReadArray(out int keyCount)
            || keyCount > (node.IsLeaf ? Limits.StreamKeys : 0))
        {
            return "a node of the streams map that cannot be read";
        }

        if (!_rules.IsNode(node.Hash, asked))
        {
            return $"the node of the streams map is not {asked}, which was asked for";
        }

        nodes.Add(node);
        return node.IsLeaf ? FaultOfLeaf(ref reader, node, state, keyCount, leaves) : FaultOfEnd(ref reader);
    }

    private string? FaultOfLeaf(
        ref CborReader reader, MapNode node, ReadOnlySpan<byte> encoded, int keyCount, List<Leaf> leaves)
    {
        if (!StreamState.TryDecode(encoded, out StreamState? state, out _)
            || state.Stream != node.Key
            || !_rules.IsState(Digest.Of(encoded), node.Value))
        {
            return $"the state of stream {node.Key} is not the one that the map holds";
        }

        if (keyCount != state.Keys.Length)
        {
            return $"not all keys of stream {node.Key} are there";
        }

        Leaf leaf = new(node.Value, encoded.ToArray(), []);
        foreach (StreamKey key in state.Keys)
        {
            if (!reader.TryReadBytes(Limits.PublicKeyBytes, out ReadOnlySpan<byte> bytes)
                || !_rules.IsKey(KeyId.Of(bytes), key.Kid))
            {
                return $"a key of stream {node.Key} is not {key.Kid}, which its state names";
            }

            leaf.Keys.Add((key.Kid, bytes.ToArray()));
        }

        leaves.Add(leaf);
        return FaultOfEnd(ref reader);
    }

    private static string? FaultOfEnd(ref CborReader reader) =>
        reader.EndArray() && reader.EndArray() && reader.TryFinish() ? null : "a node of the streams map that cannot be read";

    private void Keep(ImmutableArray<Digest> asked, List<MapNode> nodes, List<Leaf> leaves, StoreBatch batch)
    {
        Span<byte> encoded = stackalloc byte[MapNode.EncodedBytes];
        for (int i = 0; i < nodes.Count; i++)
        {
            nodes[i].Encode(encoded);
            batch.Put(Table.MapNodes, asked[i].Span, encoded);
            if (!nodes[i].IsLeaf)
            {
                Want(nodes[i].Left);
                Want(nodes[i].Right);
            }
        }

        foreach (Leaf leaf in leaves)
        {
            batch.Put(Table.StreamStates, leaf.Value.Span, leaf.State);
            foreach ((KeyId id, byte[] key) in leaf.Keys)
            {
                batch.Put(Table.PublicKeys, id.Value.Span, key);
            }
        }
    }

    /// <summary>What is not held below and with this node; a leaf is held together with its state and keys.</summary>
    private void Want(Digest from)
    {
        Stack<Digest> way = new([from]);
        while (way.TryPop(out Digest hash))
        {
            if (hash.IsZero)
            {
                continue;
            }

            if (!((IMapNodes)_store).TryGet(hash, out MapNode node))
            {
                _wanted.Push(hash);
            }
            else if (!node.IsLeaf)
            {
                way.Push(node.Left);
                way.Push(node.Right);
            }
        }
    }

    private sealed record Leaf(Digest Value, byte[] State, List<(KeyId Id, byte[] Key)> Keys);
}

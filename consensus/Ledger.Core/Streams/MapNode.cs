namespace Ledger.Core.Streams;

/// <summary>
/// A stored node of the streams map: a leaf with key and value, or an inner node with the hashes of its two subtrees.
/// Its encoding, <see cref="EncodedBytes"/> bytes, is what is hashed: the tag 0x02 or 0x03, then the two digests. So a
/// node is found under the SHA-256 of its own bytes. A subtree without leaves is no node; its hash is 32 zero bytes.
/// </summary>
public readonly record struct MapNode
{
    /// <summary>Bytes of every encoded node.</summary>
    public const int EncodedBytes = 1 + (2 * Digest.Size);

    internal const byte LeafTag = 0x02;
    internal const byte InnerTag = 0x03;

    private readonly Digest _first;
    private readonly Digest _second;

    private MapNode(bool isLeaf, in Digest first, in Digest second)
    {
        IsLeaf = isLeaf;
        _first = first;
        _second = second;
    }

    public bool IsLeaf { get; }

    /// <summary>Of a leaf.</summary>
    public StreamId Key => new(Of(leaf: true, _first));

    /// <summary>Of a leaf.</summary>
    public Digest Value => Of(leaf: true, _second);

    /// <summary>Of an inner node: the subtree of keys whose next bit is 0.</summary>
    public Digest Left => Of(leaf: false, _first);

    /// <summary>Of an inner node: the subtree of keys whose next bit is 1.</summary>
    public Digest Right => Of(leaf: false, _second);

    /// <summary>SHA-256 of the encoding.</summary>
    public Digest Hash
    {
        get
        {
            Span<byte> encoded = stackalloc byte[EncodedBytes];
            Encode(encoded);
            return Digest.Of(encoded);
        }
    }

    public static MapNode Leaf(StreamId key, in Digest value) => new(true, key.Value, value);

    /// <summary>At most one of the two is empty.</summary>
    public static MapNode Inner(in Digest left, in Digest right) => new(false, left, right);

    public void Encode(Span<byte> destination)
    {
        destination[0] = IsLeaf ? LeafTag : InnerTag;
        _first.CopyTo(destination[1..]);
        _second.CopyTo(destination[(1 + Digest.Size)..]);
    }

    /// <summary>False for another length, another tag, or an inner node over nothing.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out MapNode node)
    {
        node = default;
        if (encoded.Length != EncodedBytes || encoded[0] is not (LeafTag or InnerTag))
        {
            return false;
        }

        node = new MapNode(
            encoded[0] == LeafTag, new Digest(encoded[1..(1 + Digest.Size)]), new Digest(encoded[(1 + Digest.Size)..]));
        return node.IsLeaf || !(node.Left.IsZero && node.Right.IsZero);
    }

    private Digest Of(bool leaf, in Digest part) =>
        IsLeaf == leaf ? part : throw new InvalidOperationException(leaf ? "An inner node." : "A leaf.");
}

/// <summary>
/// Where nodes are read from, by hash. What they return is checked against the hash, so a store need not.
/// </summary>
public interface IMapNodes
{
    /// <returns>False if no node is held under this hash.</returns>
    bool TryGet(in Digest hash, out MapNode node);
}

/// <summary>A change: this key has this value from now on. Nothing is ever deleted.</summary>
public readonly record struct MapChange(StreamId Key, Digest Value);

/// <summary>A node to be written under its hash.</summary>
public readonly record struct StoredNode(Digest Hash, MapNode Node);

/// <summary>What a set of changes comes to.</summary>
/// <param name="Root">Of the map afterwards.</param>
/// <param name="Created">
/// Nodes that the new root needs and the old one does not, children before parents. While they are kept together with
/// the nodes before, the old root stays provable too.
/// </param>
/// <param name="Replaced">Hashes of nodes that the old root needs and the new one does not: what pruning the old root
/// may remove.</param>
public sealed record MapUpdate(Digest Root, IReadOnlyList<StoredNode> Created, IReadOnlyList<Digest> Replaced);

/// <summary>Why the map could not be read.</summary>
public enum MapFaultKind
{
    None,

    /// <summary>The store does not hold a node that the root needs.</summary>
    MissingNode,

    /// <summary>
    /// The store returned a node that does not hash to its name, or that cannot stand where it stands.
    /// </summary>
    DamagedNode,
}

/// <param name="Hash">Name of the node concerned.</param>
public readonly record struct MapFault(MapFaultKind Kind, Digest Hash)
{
    public static MapFault None => default;

    public override string ToString() => Kind switch
    {
        MapFaultKind.None => "no fault",
        MapFaultKind.MissingNode => $"map node {Hash} is missing",
        MapFaultKind.DamagedNode => $"map node {Hash} is damaged",
        _ => throw new InvalidOperationException($"Unnamed fault {Kind}."),
    };
}

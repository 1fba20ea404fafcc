using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Streams;

/// <summary>What stands at the end of the way that a key leads.</summary>
public enum MapProofEnd
{
    /// <summary>No leaf.</summary>
    Nothing,

    /// <summary>The leaf of the key itself.</summary>
    Value,

    /// <summary>The only leaf of that subtree, of another key.</summary>
    OtherLeaf,
}

/// <summary>What a proof shows about a key.</summary>
public enum MapVerdictKind
{
    /// <summary>The proof does not lead to this root.</summary>
    Invalid,

    Present,
    Absent,
}

/// <param name="Value">Of the key where it is present, else zero.</param>
public readonly record struct MapVerdict(MapVerdictKind Kind, Digest Value)
{
    public static MapVerdict Invalid => default;

    public static MapVerdict Absent => new(MapVerdictKind.Absent, default);

    public static MapVerdict Present(in Digest value) => new(MapVerdictKind.Present, value);
}

/// <summary>
/// That a key has a value in the streams map, or that it has none. Holds the siblings from the root downwards and what
/// stands at the end. The key itself is the verifier's. Its deterministic CBOR:
/// <code>
/// map-proof = { "end": null / value / [key, value],      ; nothing / the key's own leaf / another leaf
///               "mask": bstr .size (0..32),              ; bit i, most significant first: sibling i is not empty
///               "path": [* digest] }                     ; those siblings, from the root downwards
/// </code>
/// Of a subtree with several leaves the two halves may not both be missing, and with one leaf it would have been that
/// leaf: so the last sibling is never empty, the mask ends with a byte that is not zero, and its last bit set gives the
/// depth.
/// </summary>
public sealed class MapProof
{
    private readonly Digest _otherKey;
    private readonly Digest _value;

    private MapProof(ImmutableArray<Digest> siblings, MapProofEnd end, in Digest otherKey, in Digest value)
    {
        Siblings = siblings;
        End = end;
        _otherKey = otherKey;
        _value = value;
    }

    /// <summary>Absence of every key from the empty map.</summary>
    public static MapProof Empty { get; } = OfNothing([]);

    /// <summary>The other half at each depth, from the root downwards; zero where it is empty. At most 256.</summary>
    public ImmutableArray<Digest> Siblings { get; }

    public MapProofEnd End { get; }

    /// <summary>Value of the leaf at the end, if there is one.</summary>
    public Digest Value => End != MapProofEnd.Nothing ? _value : throw new InvalidOperationException("No leaf.");

    /// <summary>Key of the leaf at the end, if it is another one.</summary>
    public StreamId OtherKey =>
        End == MapProofEnd.OtherLeaf ? new StreamId(_otherKey) : throw new InvalidOperationException("No other leaf.");

    public static MapProof OfNothing(ImmutableArray<Digest> siblings) =>
        Made(siblings, MapProofEnd.Nothing, default, default);

    public static MapProof OfValue(ImmutableArray<Digest> siblings, in Digest value) =>
        Made(siblings, MapProofEnd.Value, default, value);

    public static MapProof OfOtherLeaf(ImmutableArray<Digest> siblings, StreamId key, in Digest value) =>
        Made(siblings, MapProofEnd.OtherLeaf, key.Value, value);

    /// <summary>What this proof shows about the key under a root that is trusted.</summary>
    public MapVerdict Verify(in Digest root, StreamId key)
    {
        Digest hash = Digest.Zero;
        if (End == MapProofEnd.Value)
        {
            hash = MapNode.Leaf(key, _value).Hash;
        }
        else if (End == MapProofEnd.OtherLeaf)
        {
            // Only another leaf, and one that shares all the bits that lead here, shows that this place is not the
            // key's: under a false root a leaf could stand off its own way.
            StreamId other = new(_otherKey);
            if (other == key || StreamsMap.SharedBits(other, key) < Siblings.Length)
            {
                return MapVerdict.Invalid;
            }

            hash = MapNode.Leaf(other, _value).Hash;
        }

        for (int depth = Siblings.Length - 1; depth >= 0; depth--)
        {
            Digest sibling = Siblings[depth];
            hash = (key.Value.Bit(depth) ? MapNode.Inner(sibling, hash) : MapNode.Inner(hash, sibling)).Hash;
        }

        return hash != root ? MapVerdict.Invalid
            : End == MapProofEnd.Value ? MapVerdict.Present(_value)
            : MapVerdict.Absent;
    }

    public byte[] Encode()
    {
        CborWriter writer = new(128 + (Siblings.Length * (Digest.Size + 2)));
        WriteTo(writer);
        return writer.ToArray();
    }

    /// <summary>Writes the proof as one item of a larger document.</summary>
    public void WriteTo(CborWriter writer)
    {
        Span<byte> mask = stackalloc byte[Digest.Size];
        mask.Clear();
        int present = 0;
        for (int i = 0; i < Siblings.Length; i++)
        {
            if (!Siblings[i].IsZero)
            {
                mask[i / 8] |= (byte)(0x80 >> (i % 8));
                present++;
            }
        }

        writer.Map(3).Text("end"u8);
        switch (End)
        {
            case MapProofEnd.Value:
                writer.Bytes(_value);
                break;
            case MapProofEnd.OtherLeaf:
                writer.Array(2).Bytes(_otherKey).Bytes(_value);
                break;
            default:
                writer.Null();
                break;
        }

        writer.Text("mask"u8).Bytes(mask[..((Siblings.Length + 7) / 8)]).Text("path"u8).Array(present);
        foreach (Digest sibling in Siblings)
        {
            if (!sibling.IsZero)
            {
                writer.Bytes(sibling);
            }
        }
    }

    /// <summary>Reads a whole document. Every proof has exactly one encoding.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out MapProof proof, out CborError error)
    {
        CborReader reader = new(encoded);
        bool read = TryRead(ref reader, out proof) && reader.TryFinish();
        proof = read ? proof : Empty;
        error = reader.Error;
        return read;
    }

    /// <summary>Reads the proof as one item of a larger document; the reader holds the error.</summary>
    public static bool TryRead(ref CborReader reader, out MapProof proof)
    {
        proof = Empty;
        int start = reader.Position;
        if (!reader.TryReadMap(out CborMapScope scope)
            || !TryReadEnd(ref reader, ref scope, out MapProofEnd end, out Digest otherKey, out Digest value)
            || !reader.TryReadKey(ref scope, "mask"u8))
        {
            return false;
        }

        int maskStart = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> mask))
        {
            return false;
        }

        if (mask.Length > Digest.Size)
        {
            return reader.Fail(CborFault.WrongLength, maskStart);
        }

        if (mask.Length > 0 && mask[^1] == 0)
        {
            return reader.Fail(CborFault.WrongValue, maskStart);
        }

        if (!TryReadPath(ref reader, ref scope, mask, out ImmutableArray<Digest> siblings) || !reader.EndMap(scope))
        {
            return false;
        }

        if (!IsForm(siblings.AsSpan(), end))
        {
            return reader.Fail(CborFault.WrongValue, start);
        }

        proof = new MapProof(siblings, end, otherKey, value);
        return true;
    }

    private static bool TryReadEnd(
        ref CborReader reader, ref CborMapScope scope, out MapProofEnd end, out Digest otherKey, out Digest value)
    {
        end = MapProofEnd.Nothing;
        otherKey = default;
        value = default;
        if (!reader.TryReadKey(ref scope, "end"u8))
        {
            return false;
        }

        switch (reader.Peek())
        {
            case CborType.Null:
                return reader.TryReadNull();
            case CborType.Array:
                end = MapProofEnd.OtherLeaf;
                return reader.TryReadArray(2)
                    && reader.TryReadDigest(out otherKey)
                    && reader.TryReadDigest(out value)
                    && reader.EndArray();
            default:
                end = MapProofEnd.Value;
                return reader.TryReadDigest(out value);
        }
    }

    private static bool TryReadPath(
        ref CborReader reader, ref CborMapScope scope, ReadOnlySpan<byte> mask, out ImmutableArray<Digest> siblings)
    {
        siblings = [];
        int present = 0;
        foreach (byte bits in mask)
        {
            present += System.Numerics.BitOperations.PopCount(bits);
        }

        if (!reader.TryReadKey(ref scope, "path"u8) || !reader.TryReadArray(present))
        {
            return false;
        }

        int depth = mask.IsEmpty ? 0 : (8 * mask.Length) - System.Numerics.BitOperations.TrailingZeroCount(mask[^1]);
        ImmutableArray<Digest>.Builder read = ImmutableArray.CreateBuilder<Digest>(depth);
        for (int i = 0; i < depth; i++)
        {
            Digest sibling = Digest.Zero;
            if ((mask[i / 8] & (0x80 >> (i % 8))) != 0)
            {
                int start = reader.Position;
                if (!reader.TryReadDigest(out sibling))
                {
                    return false;
                }

                // An empty sibling is said by the mask, and by nothing else.
                if (sibling.IsZero)
                {
                    return reader.Fail(CborFault.WrongValue, start);
                }
            }

            read.Add(sibling);
        }

        siblings = read.MoveToImmutable();
        return reader.EndArray();
    }

    /// <summary>
    /// What every way down a real map looks like. An empty last sibling would mean a subtree that should have
    /// collapsed; at depth 256 there is no room for anything but the key's own leaf.
    /// </summary>
    internal static bool IsForm(ReadOnlySpan<Digest> siblings, MapProofEnd end) =>
        siblings.Length <= (end == MapProofEnd.Value ? StreamsMap.DepthMax : StreamsMap.DepthMax - 1)
        && (siblings.IsEmpty || !siblings[^1].IsZero);

    private static MapProof Made(
        ImmutableArray<Digest> siblings, MapProofEnd end, in Digest otherKey, in Digest value) =>
        IsForm(siblings.AsSpan(), end)
            ? new MapProof(siblings, end, otherKey, value)
            : throw new ArgumentException("No way down a map ends like this.", nameof(siblings));
}

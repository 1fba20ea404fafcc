using System.Collections.Immutable;

namespace Ledger.Core.Log;

/// <summary>On which side of the running hash a sibling stands.</summary>
public enum ProofSide
{
    Left,
    Right,
}

/// <summary>
/// One step towards the root: SHA-256(0x01 ‖ sibling ‖ running) where the sibling is left, SHA-256(0x01 ‖ running ‖
/// sibling) where it is right.
/// </summary>
public readonly record struct ProofStep(ProofSide Side, Digest Sibling)
{
    public Digest Apply(in Digest running) =>
        Side == ProofSide.Left ? TreeHash.Node(Sibling, running) : TreeHash.Node(running, Sibling);
}

/// <summary>
/// That one entry stands at one place of the log (RFC 9162 §2.1.3). The size steers the path but is hashed nowhere: take
/// it from where the root comes from, a header or a checkpoint, never from whoever brings the proof.
/// </summary>
/// <param name="Path">Siblings from the leaf upwards; at most 53.</param>
public sealed record InclusionProof(LogIndex Index, TreeSize Size, ImmutableArray<Digest> Path)
{
    public bool Verify(EntryHash entry, in Digest root) => Verify(entry, Index, Size, Path.AsSpan(), root);

    /// <summary>
    /// RFC 9162 §2.1.3.2. False for sizes over 2^53 - 1 and paths of any other length than this place has.
    /// </summary>
    public static bool Verify(
        EntryHash entry, LogIndex index, TreeSize size, ReadOnlySpan<Digest> path, in Digest root) =>
        Verify(LeafHash.Of(entry), index, size, path, root);

    /// <summary>The same for trees whose data are not entry hashes.</summary>
    public static bool Verify(
        LeafHash leaf, LogIndex index, TreeSize size, ReadOnlySpan<Digest> path, in Digest root) =>
        TryComputeRoot(leaf, index, size, path, out Digest computed) && computed == root;

    /// <summary>
    /// The root that leaf and path lead to, to be compared with one that is trusted. False if the path does not fit the
    /// place.
    /// </summary>
    public static bool TryComputeRoot(
        LeafHash leaf, LogIndex index, TreeSize size, ReadOnlySpan<Digest> path, out Digest root)
    {
        root = default;
        if (size.Value > Limits.Integer || index.Value >= size.Value)
        {
            return false;
        }

        // The names and the steps are those of RFC 9162 §2.1.3.2.
        ulong fn = index.Value;
        ulong sn = size.Value - 1;
        Digest r = leaf.Value;
        foreach (ref readonly Digest p in path)
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) != 0 || fn == sn)
            {
                r = TreeHash.Node(p, r);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                r = TreeHash.Node(r, p);
            }

            fn >>= 1;
            sn >>= 1;
        }

        root = r;
        return sn == 0;
    }

    /// <summary>Number of siblings that a proof for this place has; 0 where there is no such place.</summary>
    public static int PathLength(LogIndex index, TreeSize size)
    {
        if (index.Value >= size.Value)
        {
            return 0;
        }

        int length = 0;
        ulong place = index.Value;
        for (ulong end = size.Value - 1; end > 0; end >>= 1, place >>= 1)
        {
            length += (place & 1) != 0 || place < end ? 1 : 0;
        }

        return length;
    }

    /// <summary>
    /// The path as steps from the leaf hash to the root, each with its side: what is needed to write it in another
    /// notation, such as OpenTimestamps operations. False if the path does not fit the place.
    /// </summary>
    public static bool TrySteps(
        LogIndex index, TreeSize size, ReadOnlySpan<Digest> path, out ImmutableArray<ProofStep> steps)
    {
        steps = [];
        if (size.Value > Limits.Integer || index.Value >= size.Value || path.Length != PathLength(index, size))
        {
            return false;
        }

        ImmutableArray<ProofStep>.Builder made = ImmutableArray.CreateBuilder<ProofStep>(path.Length);
        ulong place = index.Value;
        for (ulong end = size.Value - 1; end > 0; end >>= 1, place >>= 1)
        {
            if ((place & 1) != 0 || place < end)
            {
                made.Add(new ProofStep((place & 1) != 0 ? ProofSide.Left : ProofSide.Right, path[made.Count]));
            }
        }

        steps = made.MoveToImmutable();
        return true;
    }

    /// <inheritdoc cref="TrySteps(LogIndex, TreeSize, ReadOnlySpan{Digest}, out ImmutableArray{ProofStep})"/>
    public bool TrySteps(out ImmutableArray<ProofStep> steps) => TrySteps(Index, Size, Path.AsSpan(), out steps);
}

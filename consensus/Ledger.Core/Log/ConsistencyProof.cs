using System.Collections.Immutable;
using System.Numerics;

namespace Ledger.Core.Log;

/// <summary>
/// That an older log is the beginning of a newer one: nothing removed, nothing changed (RFC 9162 §2.1.4).
/// </summary>
/// <param name="Path">As RFC 9162 §2.1.4.1 orders it; at most 54.</param>
public sealed record ConsistencyProof(TreeSize From, TreeSize To, ImmutableArray<Digest> Path)
{
    public bool Verify(in Digest fromRoot, in Digest toRoot) => Verify(From, To, Path.AsSpan(), fromRoot, toRoot);

    /// <summary>
    /// RFC 9162 §2.1.4.2. False for an older size of 0, for sizes over 2^53 - 1, and for paths of any other length than
    /// the two sizes have. Between equal sizes the path is empty and the roots are equal.
    /// </summary>
    public static bool Verify(
        TreeSize from, TreeSize to, ReadOnlySpan<Digest> path, in Digest fromRoot, in Digest toRoot)
    {
        if (from.Value == 0 || from.Value > to.Value || to.Value > Limits.Integer)
        {
            return false;
        }

        if (from == to)
        {
            return path.IsEmpty && fromRoot == toRoot;
        }

        if (path.IsEmpty)
        {
            return false;
        }

        // The names and the steps are those of RFC 9162 §2.1.4.2.
        ulong fn = from.Value - 1;
        ulong sn = to.Value - 1;
        int skipped = BitOperations.TrailingZeroCount(~fn);
        fn >>= skipped;
        sn >>= skipped;
        bool wholeOlderTree = BitOperations.IsPow2(from.Value);
        Digest fr = wholeOlderTree ? fromRoot : path[0];
        Digest sr = fr;
        foreach (ref readonly Digest c in wholeOlderTree ? path : path[1..])
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) != 0 || fn == sn)
            {
                fr = TreeHash.Node(c, fr);
                sr = TreeHash.Node(c, sr);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                sr = TreeHash.Node(sr, c);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return fr == fromRoot && sr == toRoot && sn == 0;
    }
}

using Ledger.Core;
using Ledger.Core.Log;

namespace Ledger.Anchoring.Roots;

/// <summary>The RFC 9162 tree over integrators' digests: leaf = SHA-256(0x00 ‖ digest), in the order given.</summary>
public static class RootTree
{
    /// <summary>Root and tiles. Two hashes for each digest.</summary>
    public static LogAppend Of(ReadOnlySpan<Digest> digests)
    {
        LeafHash[] leaves = new LeafHash[digests.Length];
        for (int i = 0; i < digests.Length; i++)
        {
            leaves[i] = LeafHash.Of(new EntryHash(digests[i]));
        }

        return LogFrontier.Empty.AppendLeaves(leaves);
    }
}

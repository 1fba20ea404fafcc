using System.Runtime.CompilerServices;

namespace Ledger.Core.Hashing;

/// <summary>The 25 lanes of Keccak-f[1600] (FIPS 202 §3.1.2): lane (x, y) is element x + 5y.</summary>
[InlineArray(LaneCount)]
internal struct KeccakState
{
    public const int LaneCount = 25;
    private ulong _first;
}

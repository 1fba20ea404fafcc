using System.Runtime.CompilerServices;

namespace Ledger.Core.Hashing;

/// <summary>The 25 lanes of Keccak-f[1600] (FIPS 202 §3.1.2): lane (x, y) is element x + 5y.</summary>
[InlineArray(Words)]
internal struct KeccakState
{
    public const int Words = 25;
    private ulong _first;
}

/// <summary>Eight states side by side: word w of state s is element 8w + s.</summary>
[InlineArray(KeccakState.Words * Count)]
internal struct KeccakStates
{
    public const int Count = 8;
    private ulong _first;
}

using System.Runtime.CompilerServices;
using static System.Numerics.BitOperations;

namespace Ledger.Core.Hashing;

/// <summary>Keccak-f[1600] (FIPS 202 §3.3) over one state, in plain 64-bit arithmetic.</summary>
internal static class KeccakPermutation
{
    public const int Rounds = 24;

    /// <summary>The constants of ι (FIPS 202 §3.2.5).</summary>
    public static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
        0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
        0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    [SkipLocalsInit]
    public static void Permute(ref KeccakState state)
    {
        KeccakState other;
        Unsafe.SkipInit(out other);
        for (int round = 0; round < Rounds; round += 2)
        {
            Round(in state, ref other, RoundConstants[round]);
            Round(in other, ref state, RoundConstants[round + 1]);
        }
    }

    /// <summary>θ, ρ, π, χ, ι: one output row at a time, each from the five lanes that π brings there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(in KeccakState a, ref KeccakState b, ulong constant)
    {
        ulong c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
        ulong c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
        ulong c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
        ulong c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
        ulong c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
        ulong d0 = c4 ^ RotateLeft(c1, 1);
        ulong d1 = c0 ^ RotateLeft(c2, 1);
        ulong d2 = c1 ^ RotateLeft(c3, 1);
        ulong d3 = c2 ^ RotateLeft(c4, 1);
        ulong d4 = c3 ^ RotateLeft(c0, 1);

        ulong r0 = a[0] ^ d0;
        ulong r1 = RotateLeft(a[6] ^ d1, 44);
        ulong r2 = RotateLeft(a[12] ^ d2, 43);
        ulong r3 = RotateLeft(a[18] ^ d3, 21);
        ulong r4 = RotateLeft(a[24] ^ d4, 14);
        b[0] = r0 ^ (~r1 & r2) ^ constant;
        b[1] = r1 ^ (~r2 & r3);
        b[2] = r2 ^ (~r3 & r4);
        b[3] = r3 ^ (~r4 & r0);
        b[4] = r4 ^ (~r0 & r1);

        r0 = RotateLeft(a[3] ^ d3, 28);
        r1 = RotateLeft(a[9] ^ d4, 20);
        r2 = RotateLeft(a[10] ^ d0, 3);
        r3 = RotateLeft(a[16] ^ d1, 45);
        r4 = RotateLeft(a[22] ^ d2, 61);
        b[5] = r0 ^ (~r1 & r2);
        b[6] = r1 ^ (~r2 & r3);
        b[7] = r2 ^ (~r3 & r4);
        b[8] = r3 ^ (~r4 & r0);
        b[9] = r4 ^ (~r0 & r1);

        r0 = RotateLeft(a[1] ^ d1, 1);
        r1 = RotateLeft(a[7] ^ d2, 6);
        r2 = RotateLeft(a[13] ^ d3, 25);
        r3 = RotateLeft(a[19] ^ d4, 8);
        r4 = RotateLeft(a[20] ^ d0, 18);
        b[10] = r0 ^ (~r1 & r2);
        b[11] = r1 ^ (~r2 & r3);
        b[12] = r2 ^ (~r3 & r4);
        b[13] = r3 ^ (~r4 & r0);
        b[14] = r4 ^ (~r0 & r1);

        r0 = RotateLeft(a[4] ^ d4, 27);
        r1 = RotateLeft(a[5] ^ d0, 36);
        r2 = RotateLeft(a[11] ^ d1, 10);
        r3 = RotateLeft(a[17] ^ d2, 15);
        r4 = RotateLeft(a[23] ^ d3, 56);
        b[15] = r0 ^ (~r1 & r2);
        b[16] = r1 ^ (~r2 & r3);
        b[17] = r2 ^ (~r3 & r4);
        b[18] = r3 ^ (~r4 & r0);
        b[19] = r4 ^ (~r0 & r1);

        r0 = RotateLeft(a[2] ^ d2, 62);
        r1 = RotateLeft(a[8] ^ d3, 55);
        r2 = RotateLeft(a[14] ^ d4, 39);
        r3 = RotateLeft(a[15] ^ d0, 41);
        r4 = RotateLeft(a[21] ^ d1, 2);
        b[20] = r0 ^ (~r1 & r2);
        b[21] = r1 ^ (~r2 & r3);
        b[22] = r2 ^ (~r3 & r4);
        b[23] = r3 ^ (~r4 & r0);
        b[24] = r4 ^ (~r0 & r1);
    }
}

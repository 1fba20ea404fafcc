using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ledger.Core.Hashing;

/// <summary>
/// Keccak-f[1600] (FIPS 202 §3.3), over one state or over eight side by side. Every path gives the same bytes; which one
/// runs is decided by the processor alone.
/// </summary>
internal static class KeccakPermutation
{
    private const int Rounds = 24;

    /// <summary>The constants of ι (FIPS 202 §3.2.5).</summary>
    private static readonly ulong[] RoundConstants =
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
        0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
        0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    public static void Permute(ref KeccakState state) => Permute<KeccakWord, ulong>(ref state[0], 1);

    /// <summary>Permutes at least the first <paramref name="lanes"/> of eight states side by side.</summary>
    public static void Permute(ref KeccakStates states, int lanes)
    {
        if (KeccakWord512.IsSupported)
        {
            Permute<KeccakWord512, Vector512<ulong>>(ref Unsafe.As<ulong, Vector512<ulong>>(ref states[0]), 1);
        }
        else if (KeccakWord256.IsSupported)
        {
            for (int lane = 0; lane < lanes; lane += Vector256<ulong>.Count)
            {
                Permute<KeccakWord256, Vector256<ulong>>(ref Unsafe.As<ulong, Vector256<ulong>>(ref states[lane]), 2);
            }
        }
        else
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                Permute<KeccakWord, ulong>(ref states[lane], KeccakStates.Count);
            }
        }
    }

    /// <summary>The 24 rounds over a state whose 25 words lie <paramref name="stride"/> words apart.</summary>
    /// <remarks>
    /// Long on purpose: the state lives in local variables, and two rounds per turn swap their names instead of moving
    /// them. Written as a loop over an array it takes half as long again.
    /// </remarks>
    [SkipLocalsInit]
    internal static void Permute<T, TWord>(ref TWord state, int stride)
        where T : IKeccakOperations<TWord>
        where TWord : struct
    {
        TWord c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
        TWord e00, e01, e02, e03, e04;
        TWord e05, e06, e07, e08, e09;
        TWord e10, e11, e12, e13, e14;
        TWord e15, e16, e17, e18, e19;
        TWord e20, e21, e22, e23, e24;
        TWord a00 = At(ref state, 0 * stride), a01 = At(ref state, 1 * stride);
        TWord a02 = At(ref state, 2 * stride), a03 = At(ref state, 3 * stride);
        TWord a04 = At(ref state, 4 * stride), a05 = At(ref state, 5 * stride);
        TWord a06 = At(ref state, 6 * stride), a07 = At(ref state, 7 * stride);
        TWord a08 = At(ref state, 8 * stride), a09 = At(ref state, 9 * stride);
        TWord a10 = At(ref state, 10 * stride), a11 = At(ref state, 11 * stride);
        TWord a12 = At(ref state, 12 * stride), a13 = At(ref state, 13 * stride);
        TWord a14 = At(ref state, 14 * stride), a15 = At(ref state, 15 * stride);
        TWord a16 = At(ref state, 16 * stride), a17 = At(ref state, 17 * stride);
        TWord a18 = At(ref state, 18 * stride), a19 = At(ref state, 19 * stride);
        TWord a20 = At(ref state, 20 * stride), a21 = At(ref state, 21 * stride);
        TWord a22 = At(ref state, 22 * stride), a23 = At(ref state, 23 * stride);
        TWord a24 = At(ref state, 24 * stride);
        for (int round = 0; round < Rounds; round += 2)
        {
            c0 = T.Xor(a00, a05, T.Xor(a10, a15, a20));
            c1 = T.Xor(a01, a06, T.Xor(a11, a16, a21));
            c2 = T.Xor(a02, a07, T.Xor(a12, a17, a22));
            c3 = T.Xor(a03, a08, T.Xor(a13, a18, a23));
            c4 = T.Xor(a04, a09, T.Xor(a14, a19, a24));
            d0 = T.Parity(c4, T.RotateLeft(c1, 1));
            d1 = T.Parity(c0, T.RotateLeft(c2, 1));
            d2 = T.Parity(c1, T.RotateLeft(c3, 1));
            d3 = T.Parity(c2, T.RotateLeft(c4, 1));
            d4 = T.Parity(c3, T.RotateLeft(c0, 1));
            Row<T, TWord>(
                T.AddParity(a00, c4, d0), T.RotateLeft(T.AddParity(a06, c0, d1), 44),
                T.RotateLeft(T.AddParity(a12, c1, d2), 43), T.RotateLeft(T.AddParity(a18, c2, d3), 21),
                T.RotateLeft(T.AddParity(a24, c3, d4), 14),
                out e00, out e01, out e02, out e03, out e04);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(a03, c2, d3), 28), T.RotateLeft(T.AddParity(a09, c3, d4), 20),
                T.RotateLeft(T.AddParity(a10, c4, d0), 3), T.RotateLeft(T.AddParity(a16, c0, d1), 45),
                T.RotateLeft(T.AddParity(a22, c1, d2), 61),
                out e05, out e06, out e07, out e08, out e09);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(a01, c0, d1), 1), T.RotateLeft(T.AddParity(a07, c1, d2), 6),
                T.RotateLeft(T.AddParity(a13, c2, d3), 25), T.RotateLeft(T.AddParity(a19, c3, d4), 8),
                T.RotateLeft(T.AddParity(a20, c4, d0), 18),
                out e10, out e11, out e12, out e13, out e14);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(a04, c3, d4), 27), T.RotateLeft(T.AddParity(a05, c4, d0), 36),
                T.RotateLeft(T.AddParity(a11, c0, d1), 10), T.RotateLeft(T.AddParity(a17, c1, d2), 15),
                T.RotateLeft(T.AddParity(a23, c2, d3), 56),
                out e15, out e16, out e17, out e18, out e19);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(a02, c1, d2), 62), T.RotateLeft(T.AddParity(a08, c2, d3), 55),
                T.RotateLeft(T.AddParity(a14, c3, d4), 39), T.RotateLeft(T.AddParity(a15, c4, d0), 41),
                T.RotateLeft(T.AddParity(a21, c0, d1), 2),
                out e20, out e21, out e22, out e23, out e24);
            e00 = T.Xor(e00, T.Broadcast(RoundConstants[round]));

            c0 = T.Xor(e00, e05, T.Xor(e10, e15, e20));
            c1 = T.Xor(e01, e06, T.Xor(e11, e16, e21));
            c2 = T.Xor(e02, e07, T.Xor(e12, e17, e22));
            c3 = T.Xor(e03, e08, T.Xor(e13, e18, e23));
            c4 = T.Xor(e04, e09, T.Xor(e14, e19, e24));
            d0 = T.Parity(c4, T.RotateLeft(c1, 1));
            d1 = T.Parity(c0, T.RotateLeft(c2, 1));
            d2 = T.Parity(c1, T.RotateLeft(c3, 1));
            d3 = T.Parity(c2, T.RotateLeft(c4, 1));
            d4 = T.Parity(c3, T.RotateLeft(c0, 1));
            Row<T, TWord>(
                T.AddParity(e00, c4, d0), T.RotateLeft(T.AddParity(e06, c0, d1), 44),
                T.RotateLeft(T.AddParity(e12, c1, d2), 43), T.RotateLeft(T.AddParity(e18, c2, d3), 21),
                T.RotateLeft(T.AddParity(e24, c3, d4), 14),
                out a00, out a01, out a02, out a03, out a04);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(e03, c2, d3), 28), T.RotateLeft(T.AddParity(e09, c3, d4), 20),
                T.RotateLeft(T.AddParity(e10, c4, d0), 3), T.RotateLeft(T.AddParity(e16, c0, d1), 45),
                T.RotateLeft(T.AddParity(e22, c1, d2), 61),
                out a05, out a06, out a07, out a08, out a09);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(e01, c0, d1), 1), T.RotateLeft(T.AddParity(e07, c1, d2), 6),
                T.RotateLeft(T.AddParity(e13, c2, d3), 25), T.RotateLeft(T.AddParity(e19, c3, d4), 8),
                T.RotateLeft(T.AddParity(e20, c4, d0), 18),
                out a10, out a11, out a12, out a13, out a14);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(e04, c3, d4), 27), T.RotateLeft(T.AddParity(e05, c4, d0), 36),
                T.RotateLeft(T.AddParity(e11, c0, d1), 10), T.RotateLeft(T.AddParity(e17, c1, d2), 15),
                T.RotateLeft(T.AddParity(e23, c2, d3), 56),
                out a15, out a16, out a17, out a18, out a19);
            Row<T, TWord>(
                T.RotateLeft(T.AddParity(e02, c1, d2), 62), T.RotateLeft(T.AddParity(e08, c2, d3), 55),
                T.RotateLeft(T.AddParity(e14, c3, d4), 39), T.RotateLeft(T.AddParity(e15, c4, d0), 41),
                T.RotateLeft(T.AddParity(e21, c0, d1), 2),
                out a20, out a21, out a22, out a23, out a24);
            a00 = T.Xor(a00, T.Broadcast(RoundConstants[round + 1]));
        }

        At(ref state, 0 * stride) = a00;
        At(ref state, 1 * stride) = a01;
        At(ref state, 2 * stride) = a02;
        At(ref state, 3 * stride) = a03;
        At(ref state, 4 * stride) = a04;
        At(ref state, 5 * stride) = a05;
        At(ref state, 6 * stride) = a06;
        At(ref state, 7 * stride) = a07;
        At(ref state, 8 * stride) = a08;
        At(ref state, 9 * stride) = a09;
        At(ref state, 10 * stride) = a10;
        At(ref state, 11 * stride) = a11;
        At(ref state, 12 * stride) = a12;
        At(ref state, 13 * stride) = a13;
        At(ref state, 14 * stride) = a14;
        At(ref state, 15 * stride) = a15;
        At(ref state, 16 * stride) = a16;
        At(ref state, 17 * stride) = a17;
        At(ref state, 18 * stride) = a18;
        At(ref state, 19 * stride) = a19;
        At(ref state, 20 * stride) = a20;
        At(ref state, 21 * stride) = a21;
        At(ref state, 22 * stride) = a22;
        At(ref state, 23 * stride) = a23;
        At(ref state, 24 * stride) = a24;
    }

    /// <summary>χ on one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T, TWord>(
        TWord a0, TWord a1, TWord a2, TWord a3, TWord a4,
        out TWord b0, out TWord b1, out TWord b2, out TWord b3, out TWord b4)
        where T : IKeccakOperations<TWord>
        where TWord : struct
    {
        b0 = T.Chi(a0, a1, a2);
        b1 = T.Chi(a1, a2, a3);
        b2 = T.Chi(a2, a3, a4);
        b3 = T.Chi(a3, a4, a0);
        b4 = T.Chi(a4, a0, a1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref TWord At<TWord>(ref TWord state, int index)
        where TWord : struct => ref Unsafe.Add(ref state, index);
}

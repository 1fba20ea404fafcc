using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ledger.Core.Hashing;

/// <summary>Squares of words turned between "a word of all states" and "the words of one state".</summary>
internal static class KeccakTransposition
{
    /// <summary>Eight words of eight states, each state's 64 bytes to its own place in <paramref name="buffer"/>.</summary>
    public static void Write8(ref ulong words, Span<byte> buffer, int stride)
    {
        Load8(ref words, KeccakStates.Count, out Square s);
        Transpose(ref s);
        _ = buffer[(7 * stride)..((7 * stride) + 64)];
        ref byte target = ref MemoryMarshal.GetReference(buffer);
        s.R0.AsByte().StoreUnsafe(ref target);
        s.R1.AsByte().StoreUnsafe(ref target, (nuint)stride);
        s.R2.AsByte().StoreUnsafe(ref target, (nuint)(2 * stride));
        s.R3.AsByte().StoreUnsafe(ref target, (nuint)(3 * stride));
        s.R4.AsByte().StoreUnsafe(ref target, (nuint)(4 * stride));
        s.R5.AsByte().StoreUnsafe(ref target, (nuint)(5 * stride));
        s.R6.AsByte().StoreUnsafe(ref target, (nuint)(6 * stride));
        s.R7.AsByte().StoreUnsafe(ref target, (nuint)(7 * stride));
    }

    /// <summary>Four words of the first four of eight states.</summary>
    public static void Write4(ref ulong words, Span<byte> buffer, int stride)
    {
        const int next = KeccakStates.Count;
        Vector256<ulong> r0 = Vector256.LoadUnsafe(ref words);
        Vector256<ulong> r1 = Vector256.LoadUnsafe(ref words, next);
        Vector256<ulong> r2 = Vector256.LoadUnsafe(ref words, 2 * next);
        Vector256<ulong> r3 = Vector256.LoadUnsafe(ref words, 3 * next);
        Vector256<ulong> low01 = Avx2.UnpackLow(r0, r1);
        Vector256<ulong> high01 = Avx2.UnpackHigh(r0, r1);
        Vector256<ulong> low23 = Avx2.UnpackLow(r2, r3);
        Vector256<ulong> high23 = Avx2.UnpackHigh(r2, r3);
        _ = buffer[(3 * stride)..((3 * stride) + 32)];
        ref byte target = ref MemoryMarshal.GetReference(buffer);
        Avx2.Permute2x128(low01, low23, 0x20).AsByte().StoreUnsafe(ref target);
        Avx2.Permute2x128(high01, high23, 0x20).AsByte().StoreUnsafe(ref target, (nuint)stride);
        Avx2.Permute2x128(low01, low23, 0x31).AsByte().StoreUnsafe(ref target, (nuint)(2 * stride));
        Avx2.Permute2x128(high01, high23, 0x31).AsByte().StoreUnsafe(ref target, (nuint)(3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load8(ref ulong words, int next, out Square s)
    {
        s.R0 = Vector512.LoadUnsafe(ref words);
        s.R1 = Vector512.LoadUnsafe(ref words, (nuint)next);
        s.R2 = Vector512.LoadUnsafe(ref words, (nuint)(2 * next));
        s.R3 = Vector512.LoadUnsafe(ref words, (nuint)(3 * next));
        s.R4 = Vector512.LoadUnsafe(ref words, (nuint)(4 * next));
        s.R5 = Vector512.LoadUnsafe(ref words, (nuint)(5 * next));
        s.R6 = Vector512.LoadUnsafe(ref words, (nuint)(6 * next));
        s.R7 = Vector512.LoadUnsafe(ref words, (nuint)(7 * next));
    }

    /// <summary>Pairs of words, then pairs of 128 bits, then halves change places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Square s)
    {
        Vector512<ulong> a0 = Avx512F.UnpackLow(s.R0, s.R1), a1 = Avx512F.UnpackHigh(s.R0, s.R1);
        Vector512<ulong> a2 = Avx512F.UnpackLow(s.R2, s.R3), a3 = Avx512F.UnpackHigh(s.R2, s.R3);
        Vector512<ulong> a4 = Avx512F.UnpackLow(s.R4, s.R5), a5 = Avx512F.UnpackHigh(s.R4, s.R5);
        Vector512<ulong> a6 = Avx512F.UnpackLow(s.R6, s.R7), a7 = Avx512F.UnpackHigh(s.R6, s.R7);
        Vector512<ulong> b0 = Avx512F.Shuffle4x128(a0, a2, 0x88), b1 = Avx512F.Shuffle4x128(a1, a3, 0x88);
        Vector512<ulong> b2 = Avx512F.Shuffle4x128(a0, a2, 0xdd), b3 = Avx512F.Shuffle4x128(a1, a3, 0xdd);
        Vector512<ulong> b4 = Avx512F.Shuffle4x128(a4, a6, 0x88), b5 = Avx512F.Shuffle4x128(a5, a7, 0x88);
        Vector512<ulong> b6 = Avx512F.Shuffle4x128(a4, a6, 0xdd), b7 = Avx512F.Shuffle4x128(a5, a7, 0xdd);
        s.R0 = Avx512F.Shuffle4x128(b0, b4, 0x88);
        s.R1 = Avx512F.Shuffle4x128(b1, b5, 0x88);
        s.R2 = Avx512F.Shuffle4x128(b2, b6, 0x88);
        s.R3 = Avx512F.Shuffle4x128(b3, b7, 0x88);
        s.R4 = Avx512F.Shuffle4x128(b0, b4, 0xdd);
        s.R5 = Avx512F.Shuffle4x128(b1, b5, 0xdd);
        s.R6 = Avx512F.Shuffle4x128(b2, b6, 0xdd);
        s.R7 = Avx512F.Shuffle4x128(b3, b7, 0xdd);
    }

    private struct Square
    {
        public Vector512<ulong> R0, R1, R2, R3, R4, R5, R6, R7;
    }
}

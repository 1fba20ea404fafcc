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
        const int next = KeccakStates.Count;
        Vector512<ulong> r0 = Vector512.LoadUnsafe(ref words), r1 = Vector512.LoadUnsafe(ref words, next);
        Vector512<ulong> r2 = Vector512.LoadUnsafe(ref words, 2 * next), r3 = Vector512.LoadUnsafe(ref words, 3 * next);
        Vector512<ulong> r4 = Vector512.LoadUnsafe(ref words, 4 * next), r5 = Vector512.LoadUnsafe(ref words, 5 * next);
        Vector512<ulong> r6 = Vector512.LoadUnsafe(ref words, 6 * next), r7 = Vector512.LoadUnsafe(ref words, 7 * next);
        Turn8(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        _ = buffer[(7 * stride)..((7 * stride) + 64)];
        ref byte target = ref MemoryMarshal.GetReference(buffer);
        r0.AsByte().StoreUnsafe(ref target);
        r1.AsByte().StoreUnsafe(ref target, (nuint)stride);
        r2.AsByte().StoreUnsafe(ref target, (nuint)(2 * stride));
        r3.AsByte().StoreUnsafe(ref target, (nuint)(3 * stride));
        r4.AsByte().StoreUnsafe(ref target, (nuint)(4 * stride));
        r5.AsByte().StoreUnsafe(ref target, (nuint)(5 * stride));
        r6.AsByte().StoreUnsafe(ref target, (nuint)(6 * stride));
        r7.AsByte().StoreUnsafe(ref target, (nuint)(7 * stride));
    }

    /// <summary>Four words of the first four of eight states.</summary>
    public static void Write4(ref ulong words, Span<byte> buffer, int stride)
    {
        const int next = KeccakStates.Count;
        Vector256<ulong> r0 = Vector256.LoadUnsafe(ref words), r1 = Vector256.LoadUnsafe(ref words, next);
        Vector256<ulong> r2 = Vector256.LoadUnsafe(ref words, 2 * next), r3 = Vector256.LoadUnsafe(ref words, 3 * next);
        Turn4(ref r0, ref r1, ref r2, ref r3);
        _ = buffer[(3 * stride)..((3 * stride) + 32)];
        ref byte target = ref MemoryMarshal.GetReference(buffer);
        r0.AsByte().StoreUnsafe(ref target);
        r1.AsByte().StoreUnsafe(ref target, (nuint)stride);
        r2.AsByte().StoreUnsafe(ref target, (nuint)(2 * stride));
        r3.AsByte().StoreUnsafe(ref target, (nuint)(3 * stride));
    }

    /// <summary>Turns a square of 8 × 8 words: pairs of words, then pairs of 128 bits, then halves change places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn8(
        ref Vector512<ulong> r0, ref Vector512<ulong> r1, ref Vector512<ulong> r2, ref Vector512<ulong> r3,
        ref Vector512<ulong> r4, ref Vector512<ulong> r5, ref Vector512<ulong> r6, ref Vector512<ulong> r7)
    {
        Vector512<ulong> a0 = Avx512F.UnpackLow(r0, r1), a1 = Avx512F.UnpackHigh(r0, r1);
        Vector512<ulong> a2 = Avx512F.UnpackLow(r2, r3), a3 = Avx512F.UnpackHigh(r2, r3);
        Vector512<ulong> a4 = Avx512F.UnpackLow(r4, r5), a5 = Avx512F.UnpackHigh(r4, r5);
        Vector512<ulong> a6 = Avx512F.UnpackLow(r6, r7), a7 = Avx512F.UnpackHigh(r6, r7);
        Vector512<ulong> b0 = Avx512F.Shuffle4x128(a0, a2, 0x88), b1 = Avx512F.Shuffle4x128(a1, a3, 0x88);
        Vector512<ulong> b2 = Avx512F.Shuffle4x128(a0, a2, 0xdd), b3 = Avx512F.Shuffle4x128(a1, a3, 0xdd);
        Vector512<ulong> b4 = Avx512F.Shuffle4x128(a4, a6, 0x88), b5 = Avx512F.Shuffle4x128(a5, a7, 0x88);
        Vector512<ulong> b6 = Avx512F.Shuffle4x128(a4, a6, 0xdd), b7 = Avx512F.Shuffle4x128(a5, a7, 0xdd);
        r0 = Avx512F.Shuffle4x128(b0, b4, 0x88);
        r1 = Avx512F.Shuffle4x128(b1, b5, 0x88);
        r2 = Avx512F.Shuffle4x128(b2, b6, 0x88);
        r3 = Avx512F.Shuffle4x128(b3, b7, 0x88);
        r4 = Avx512F.Shuffle4x128(b0, b4, 0xdd);
        r5 = Avx512F.Shuffle4x128(b1, b5, 0xdd);
        r6 = Avx512F.Shuffle4x128(b2, b6, 0xdd);
        r7 = Avx512F.Shuffle4x128(b3, b7, 0xdd);
    }

    /// <summary>Turns a square of 4 × 4 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn4(
        ref Vector256<ulong> r0, ref Vector256<ulong> r1, ref Vector256<ulong> r2, ref Vector256<ulong> r3)
    {
        Vector256<ulong> low01 = Avx2.UnpackLow(r0, r1), high01 = Avx2.UnpackHigh(r0, r1);
        Vector256<ulong> low23 = Avx2.UnpackLow(r2, r3), high23 = Avx2.UnpackHigh(r2, r3);
        r0 = Avx2.Permute2x128(low01, low23, 0x20);
        r1 = Avx2.Permute2x128(high01, high23, 0x20);
        r2 = Avx2.Permute2x128(low01, low23, 0x31);
        r3 = Avx2.Permute2x128(high01, high23, 0x31);
    }
}

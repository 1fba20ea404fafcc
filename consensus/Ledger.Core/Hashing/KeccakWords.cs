using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ledger.Core.Hashing;

/// <summary>What the rounds of Keccak do with a word: one lane of one state, or the same lane of several.</summary>
internal interface IKeccakOperations<TWord>
    where TWord : struct
{
    static abstract TWord Broadcast(ulong value);

    static abstract TWord Xor(TWord a, TWord b);

    static abstract TWord Xor(TWord a, TWord b, TWord c);

    /// <summary>
    /// What θ adds to a word: the parity of the column before it and that of the column behind, rotated. Where three
    /// words are added at once, it stays two words, and this is the second.
    /// </summary>
    static abstract TWord Parity(TWord before, TWord behind);

    /// <summary>θ on one word, with what <see cref="Parity"/> gave.</summary>
    static abstract TWord AddParity(TWord a, TWord before, TWord parity);

    /// <summary>a ⊕ (¬b ∧ c).</summary>
    static abstract TWord Chi(TWord a, TWord b, TWord c);

    static abstract TWord RotateLeft(TWord a, [ConstantExpected] byte count);
}

/// <summary>One state, in plain arithmetic.</summary>
internal readonly struct KeccakWord : IKeccakOperations<ulong>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Broadcast(ulong value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Xor(ulong a, ulong b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Xor(ulong a, ulong b, ulong c) => a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Parity(ulong before, ulong behind) => before ^ behind;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong AddParity(ulong a, ulong before, ulong parity) =>
        a ^ parity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Chi(ulong a, ulong b, ulong c) => a ^ (~b & c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong RotateLeft(ulong a, [ConstantExpected] byte count) => BitOperations.RotateLeft(a, count);
}

/// <summary>Four states.</summary>
internal readonly struct KeccakWord256 : IKeccakOperations<Vector256<ulong>>
{
    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Broadcast(ulong value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Xor(Vector256<ulong> a, Vector256<ulong> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Xor(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c) => a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Parity(Vector256<ulong> before, Vector256<ulong> behind) => before ^ behind;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> AddParity(Vector256<ulong> a, Vector256<ulong> before, Vector256<ulong> parity) =>
        a ^ parity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Chi(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c) =>
        a ^ Avx2.AndNot(b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> RotateLeft(Vector256<ulong> a, [ConstantExpected] byte count) =>
        (a << count) | (a >>> (64 - count));
}

/// <summary>Eight states.</summary>
internal readonly struct KeccakWord512 : IKeccakOperations<Vector512<ulong>>
{
    public static bool IsSupported => Avx512F.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Broadcast(ulong value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> a, Vector512<ulong> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c) =>
        Avx512F.TernaryLogic(a, b, c, 0x96);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Parity(Vector512<ulong> before, Vector512<ulong> behind) => behind;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> AddParity(Vector512<ulong> a, Vector512<ulong> before, Vector512<ulong> parity) =>
        Xor(a, before, parity);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Chi(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c) =>
        Avx512F.TernaryLogic(a, b, c, 0xd2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> RotateLeft(Vector512<ulong> a, [ConstantExpected] byte count) =>
        Avx512F.RotateLeft(a, count);
}

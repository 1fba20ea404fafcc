using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ledger.Crypto.Lattice;

/// <summary>Sixteen coefficients, with AVX-512 F and VBMI.</summary>
internal readonly struct Lanes16(Vector512<int> value) : ILanes<Lanes16>
{
    private readonly Vector512<int> _value = value;

    public static bool IsSupported => Avx512Vbmi.IsSupported;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Load(ref readonly int source, int index) => new(Vector512.LoadUnsafe(in source, (nuint)index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes16 value, ref int target, int index) => value._value.StoreUnsafe(ref target, (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Create(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator +(Lanes16 a, Lanes16 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator -(Lanes16 a, Lanes16 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator &(Lanes16 a, Lanes16 b) => new(a._value & b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator |(Lanes16 a, Lanes16 b) => new(a._value | b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator ^(Lanes16 a, Lanes16 b) => new(a._value ^ b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 ShiftLeft(Lanes16 a, [ConstantExpected] byte count) => new(a._value << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 ShiftRight(Lanes16 a, [ConstantExpected] byte count) => new(a._value >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyLow(Lanes16 a, Lanes16 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAnyNegative(Lanes16 a) => a._value.ExtractMostSignificantBits() != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(Lanes16 a) => Vector512.Sum(a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyReduce(Lanes16 a, Lanes16 b) => new(Reduce(
        Avx512F.Multiply(a._value, b._value), Avx512F.Multiply(Odd(a._value), Odd(b._value))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyReduce(Lanes16 a, in Twiddle<Lanes16> b)
    {
        Vector512<int> q = Vector512.Create(Parameters.Q);
        Vector512<int> odds = Odd(a._value);
        Vector512<long> even = Avx512F.Multiply(a._value, b.Even._value)
            - Avx512F.Multiply(Avx512F.Multiply(a._value, b.EvenScaled._value).AsInt32(), q);
        Vector512<long> odd = Avx512F.Multiply(odds, b.Odd._value)
            - Avx512F.Multiply(Avx512F.Multiply(odds, b.OddScaled._value).AsInt32(), q);
        return new(High(even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(Lanes16 a, Lanes16 b, ref Lanes16 even, ref Lanes16 odd)
    {
        even = new((even._value.AsInt64() + Avx512F.Multiply(a._value, b._value)).AsInt32());
        odd = new((odd._value.AsInt64() + Avx512F.Multiply(Odd(a._value), Odd(b._value))).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Reduce(Lanes16 even, Lanes16 odd) => new(Reduce(even._value.AsInt64(), odd._value.AsInt64()));

    [SkipLocalsInit]
    public static void Transpose(ref int square)
    {
        // First within quarters of the vectors, four rows at a time; then the quarters change places.
        Square turned;
        Unsafe.SkipInit(out turned);
        for (int i = 0; i < 4; i++)
        {
            Vector512<int> r0 = Vector512.LoadUnsafe(ref square, (nuint)(64 * i));
            Vector512<int> r1 = Vector512.LoadUnsafe(ref square, (nuint)((64 * i) + 16));
            Vector512<int> r2 = Vector512.LoadUnsafe(ref square, (nuint)((64 * i) + 32));
            Vector512<int> r3 = Vector512.LoadUnsafe(ref square, (nuint)((64 * i) + 48));
            Vector512<long> a0 = Avx512F.UnpackLow(r0, r1).AsInt64(), a1 = Avx512F.UnpackHigh(r0, r1).AsInt64();
            Vector512<long> a2 = Avx512F.UnpackLow(r2, r3).AsInt64(), a3 = Avx512F.UnpackHigh(r2, r3).AsInt64();
            turned[4 * i] = Avx512F.UnpackLow(a0, a2).AsInt32();
            turned[(4 * i) + 1] = Avx512F.UnpackHigh(a0, a2).AsInt32();
            turned[(4 * i) + 2] = Avx512F.UnpackLow(a1, a3).AsInt32();
            turned[(4 * i) + 3] = Avx512F.UnpackHigh(a1, a3).AsInt32();
        }

        for (int i = 0; i < 4; i++)
        {
            Vector512<int> a0 = Avx512F.Shuffle4x128(turned[i], turned[4 + i], 0x88);
            Vector512<int> a1 = Avx512F.Shuffle4x128(turned[i], turned[4 + i], 0xdd);
            Vector512<int> a2 = Avx512F.Shuffle4x128(turned[8 + i], turned[12 + i], 0x88);
            Vector512<int> a3 = Avx512F.Shuffle4x128(turned[8 + i], turned[12 + i], 0xdd);
            Avx512F.Shuffle4x128(a0, a2, 0x88).StoreUnsafe(ref square, (nuint)(16 * i));
            Avx512F.Shuffle4x128(a1, a3, 0x88).StoreUnsafe(ref square, (nuint)((16 * i) + 64));
            Avx512F.Shuffle4x128(a0, a2, 0xdd).StoreUnsafe(ref square, (nuint)((16 * i) + 128));
            Avx512F.Shuffle4x128(a1, a3, 0xdd).StoreUnsafe(ref square, (nuint)((16 * i) + 192));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Unpack(ref readonly byte source, [ConstantExpected] int bits)
    {
        Vector512<byte> bytes = Vector512.LoadUnsafe(in source);
        Vector512<int> starts = Vector512<int>.Indices * bits;
        Vector512<int> places = ((starts >>> 3) * 0x01010101) + Vector512.Create(0x03020100);
        Vector512<uint> words = Avx512Vbmi.PermuteVar64x8(bytes, places.AsByte()).AsUInt32();
        if (bits % 8 != 0)
        {
            words = Avx512F.ShiftRightLogicalVariable(words, (starts & Vector512.Create(7)).AsUInt32());
        }

        return new((words & Vector512.Create((1u << bits) - 1)).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackTriples(Lanes16 value, ref byte target) =>
        Avx512Vbmi.PermuteVar64x8(value._value.AsByte(), Vector512.Create(
            (byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30, 32, 33, 34, 36,
            37, 38, 40, 41, 42, 44, 45, 46, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60, 61, 62, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
            3, 3, 3, 3, 3)).StoreUnsafe(ref target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackNibbles(Lanes16 value, ref byte target)
    {
        // Two nibbles make a byte at the bottom of each 64 bits.
        Vector512<ulong> pairs = value._value.AsUInt64();
        Vector128<byte> bytes = Avx512F.ConvertToVector128Byte(pairs | (pairs >>> 28));
        Unsafe.WriteUnaligned(ref target, bytes.AsUInt64()[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int StoreBelow(Lanes16 value, int limit, ref int target)
    {
        Vector512<int> chosen = Vector512.LessThan(value._value, Vector512.Create(limit));
        Avx512F.Compress(Vector512<int>.Zero, chosen, value._value).StoreUnsafe(ref target);
        return BitOperations.PopCount(chosen.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Odd(Vector512<int> a) => (a.AsUInt64() >>> 32).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Reduce(Vector512<long> even, Vector512<long> odd)
    {
        Vector512<int> q = Vector512.Create(Parameters.Q);
        Vector512<int> inverse = Vector512.Create(Field.QInverse);
        even -= Avx512F.Multiply(Avx512F.Multiply(even.AsInt32(), inverse).AsInt32(), q);
        odd -= Avx512F.Multiply(Avx512F.Multiply(odd.AsInt32(), inverse).AsInt32(), q);
        return High(even, odd);
    }

    /// <summary>The upper halves of all products, each in its own lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> High(Vector512<long> even, Vector512<long> odd) => Avx512F.PermuteVar16x32x2(
        even.AsInt32(), Vector512.Create(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31), odd.AsInt32());

    [InlineArray(16)]
    private struct Square
    {
        private Vector512<int> _first;
    }
}

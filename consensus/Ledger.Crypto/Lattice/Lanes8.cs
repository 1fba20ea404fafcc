using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ledger.Crypto.Lattice;

/// <summary>Eight coefficients, with AVX2.</summary>
internal readonly struct Lanes8(Vector256<int> value) : ILanes<Lanes8>
{
    private readonly Vector256<int> _value = value;

    public static bool IsSupported => Avx2.IsSupported;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Load(ref readonly int source, int index) => new(Vector256.LoadUnsafe(in source, (nuint)index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes8 value, ref int target, int index) => value._value.StoreUnsafe(ref target, (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Create(int value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator +(Lanes8 a, Lanes8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator -(Lanes8 a, Lanes8 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator &(Lanes8 a, Lanes8 b) => new(a._value & b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator |(Lanes8 a, Lanes8 b) => new(a._value | b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator ^(Lanes8 a, Lanes8 b) => new(a._value ^ b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 ShiftLeft(Lanes8 a, [ConstantExpected] byte count) => new(a._value << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 ShiftRight(Lanes8 a, [ConstantExpected] byte count) => new(a._value >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyLow(Lanes8 a, Lanes8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAnyNegative(Lanes8 a) => a._value.ExtractMostSignificantBits() != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(Lanes8 a) => Vector256.Sum(a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyReduce(Lanes8 a, Lanes8 b) => new(Reduce(
        Avx2.Multiply(a._value, b._value), Avx2.Multiply(Odd(a._value), Odd(b._value))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyReduce(Lanes8 a, in Twiddle<Lanes8> b)
    {
        Vector256<int> q = Vector256.Create(Parameters.Q);
        Vector256<int> odds = Odd(a._value);
        Vector256<long> even = Avx2.Multiply(a._value, b.Even._value)
            - Avx2.Multiply(Avx2.Multiply(a._value, b.EvenScaled._value).AsInt32(), q);
        Vector256<long> odd = Avx2.Multiply(odds, b.Odd._value)
            - Avx2.Multiply(Avx2.Multiply(odds, b.OddScaled._value).AsInt32(), q);
        return new(High(even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(Lanes8 a, Lanes8 b, ref Lanes8 even, ref Lanes8 odd)
    {
        even = new((even._value.AsInt64() + Avx2.Multiply(a._value, b._value)).AsInt32());
        odd = new((odd._value.AsInt64() + Avx2.Multiply(Odd(a._value), Odd(b._value))).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Reduce(Lanes8 even, Lanes8 odd) => new(Reduce(even._value.AsInt64(), odd._value.AsInt64()));

    public static void Transpose(ref int square)
    {
        Vector256<int> r0 = Vector256.LoadUnsafe(ref square), r1 = Vector256.LoadUnsafe(ref square, 8);
        Vector256<int> r2 = Vector256.LoadUnsafe(ref square, 16), r3 = Vector256.LoadUnsafe(ref square, 24);
        Vector256<int> r4 = Vector256.LoadUnsafe(ref square, 32), r5 = Vector256.LoadUnsafe(ref square, 40);
        Vector256<int> r6 = Vector256.LoadUnsafe(ref square, 48), r7 = Vector256.LoadUnsafe(ref square, 56);
        Quarter(r0, r1, r2, r3, out r0, out r1, out r2, out r3);
        Quarter(r4, r5, r6, r7, out r4, out r5, out r6, out r7);
        Avx2.Permute2x128(r0, r4, 0x20).StoreUnsafe(ref square);
        Avx2.Permute2x128(r1, r5, 0x20).StoreUnsafe(ref square, 8);
        Avx2.Permute2x128(r2, r6, 0x20).StoreUnsafe(ref square, 16);
        Avx2.Permute2x128(r3, r7, 0x20).StoreUnsafe(ref square, 24);
        Avx2.Permute2x128(r0, r4, 0x31).StoreUnsafe(ref square, 32);
        Avx2.Permute2x128(r1, r5, 0x31).StoreUnsafe(ref square, 40);
        Avx2.Permute2x128(r2, r6, 0x31).StoreUnsafe(ref square, 48);
        Avx2.Permute2x128(r3, r7, 0x31).StoreUnsafe(ref square, 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Unpack(ref readonly byte source, [ConstantExpected] int bits)
    {
        // Four coefficients in each half of the vector, each half loaded from the byte where its first one begins.
        Vector128<byte> low = Vector128.LoadUnsafe(in source);
        Vector128<byte> high = Vector128.LoadUnsafe(in source, (nuint)(bits / 2));
        if (bits == 24)
        {
            Vector128<byte> triples = Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255);
            return new(Avx2.Shuffle(Vector256.Create(low, high), Vector256.Create(triples, triples)).AsInt32());
        }

        Vector256<byte> places = Vector256.Create(Places(bits, 0), Places(bits, 4));
        Vector256<uint> shifts = Vector256.Create(Shifts(bits, 0), Shifts(bits, 4));
        Vector256<uint> words = Avx2.Shuffle(Vector256.Create(low, high), places).AsUInt32();
        return new((Avx2.ShiftRightLogicalVariable(words, shifts) & Vector256.Create((1u << bits) - 1)).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackTriples(Lanes8 value, ref byte target)
    {
        Vector256<byte> gathered = Avx2.Shuffle(value._value.AsByte(), Vector256.Create(
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255,
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255));
        gathered.GetLower().StoreUnsafe(ref target);
        gathered.GetUpper().StoreUnsafe(ref target, 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackNibbles(Lanes8 value, ref byte target)
    {
        // Two nibbles make a byte at the bottom of each 64 bits; the shuffle brings two such bytes together.
        Vector256<ulong> pairs = value._value.AsUInt64();
        Vector256<byte> bytes = (pairs | (pairs >>> 28)).AsByte();
        Vector256<byte> gathered = Avx2.Shuffle(bytes, Vector256.Create(
            0, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
            0, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255));
        uint packed = gathered.AsUInt32()[0] | (gathered.AsUInt32()[4] << 16);
        Unsafe.WriteUnaligned(ref target, packed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int StoreBelow(Lanes8 value, int limit, ref int target)
    {
        uint chosen = Vector256.LessThan(value._value, Vector256.Create(limit)).ExtractMostSignificantBits();
        ref byte order = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Compression), (int)(chosen * 8));
        Vector256<int> places = Avx2.ConvertToVector256Int32(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref order)).AsByte());
        Avx2.PermuteVar8x32(value._value, places).StoreUnsafe(ref target);
        return BitOperations.PopCount(chosen);
    }

    /// <summary>For each set of lanes, the order that brings them to the front.</summary>
    private static readonly byte[] Compression = ComputeCompression();

    private static byte[] ComputeCompression()
    {
        byte[] orders = new byte[256 * 8];
        for (int chosen = 0; chosen < 256; chosen++)
        {
            for (int lane = 0, place = 0; lane < 8; lane++)
            {
                if ((chosen >> lane & 1) != 0)
                {
                    orders[(chosen * 8) + place++] = (byte)lane;
                }
            }
        }

        return orders;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Odd(Vector256<int> a) => (a.AsUInt64() >>> 32).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Reduce(Vector256<long> even, Vector256<long> odd)
    {
        Vector256<int> q = Vector256.Create(Parameters.Q);
        Vector256<int> inverse = Vector256.Create(Field.QInverse);
        even -= Avx2.Multiply(Avx2.Multiply(even.AsInt32(), inverse).AsInt32(), q);
        odd -= Avx2.Multiply(Avx2.Multiply(odd.AsInt32(), inverse).AsInt32(), q);
        return High(even, odd);
    }

    /// <summary>The upper halves of all products, each in its own lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> High(Vector256<long> even, Vector256<long> odd) =>
        Avx2.Blend(Odd(even.AsInt32()), odd.AsInt32(), 0b_1010_1010);

    /// <summary>Turns the 4 × 4 squares in both halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector256<int> r0, Vector256<int> r1, Vector256<int> r2, Vector256<int> r3,
        out Vector256<int> c0, out Vector256<int> c1, out Vector256<int> c2, out Vector256<int> c3)
    {
        Vector256<long> a0 = Avx2.UnpackLow(r0, r1).AsInt64(), a1 = Avx2.UnpackHigh(r0, r1).AsInt64();
        Vector256<long> a2 = Avx2.UnpackLow(r2, r3).AsInt64(), a3 = Avx2.UnpackHigh(r2, r3).AsInt64();
        c0 = Avx2.UnpackLow(a0, a2).AsInt32();
        c1 = Avx2.UnpackHigh(a0, a2).AsInt32();
        c2 = Avx2.UnpackLow(a1, a3).AsInt32();
        c3 = Avx2.UnpackHigh(a1, a3).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Places(int bits, int first)
    {
        int at = first * bits / 8;
        int p0 = (first * bits / 8) - at, p1 = ((first + 1) * bits / 8) - at;
        int p2 = ((first + 2) * bits / 8) - at, p3 = ((first + 3) * bits / 8) - at;
        return Vector128.Create(
            (byte)p0, (byte)(p0 + 1), (byte)(p0 + 2), (byte)(p0 + 3), (byte)p1, (byte)(p1 + 1), (byte)(p1 + 2), (byte)(p1 + 3),
            (byte)p2, (byte)(p2 + 1), (byte)(p2 + 2), (byte)(p2 + 3), (byte)p3, (byte)(p3 + 1), (byte)(p3 + 2), (byte)(p3 + 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Shifts(int bits, int first) => Vector128.Create(
        (uint)(first * bits) % 8, (uint)((first + 1) * bits) % 8, (uint)((first + 2) * bits) % 8, (uint)((first + 3) * bits) % 8);
}

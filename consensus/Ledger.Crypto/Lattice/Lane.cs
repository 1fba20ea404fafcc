using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ledger.Crypto.Lattice;

/// <summary>One coefficient, for machines without AVX2. Held in 64 bits, so that a sum of products fits as well.</summary>
internal readonly struct Lane(long value) : ILanes<Lane>
{
    private readonly long _value = value;

    public static bool IsSupported => true;

    public static int Count => 1;

    public static Lane Load(ref readonly int source, int index) => new(Unsafe.Add(ref Unsafe.AsRef(in source), index));

    public static void Store(Lane value, ref int target, int index) => Unsafe.Add(ref target, index) = (int)value._value;

    public static Lane Create(int value) => new(value);

    public static Lane operator +(Lane a, Lane b) => new(a._value + b._value);

    public static Lane operator -(Lane a, Lane b) => new(a._value - b._value);

    public static Lane operator &(Lane a, Lane b) => new(a._value & b._value);

    public static Lane operator |(Lane a, Lane b) => new(a._value | b._value);

    public static Lane operator ^(Lane a, Lane b) => new(a._value ^ b._value);

    public static Lane ShiftLeft(Lane a, [ConstantExpected] byte count) => new(a._value << count);

    public static Lane ShiftRight(Lane a, [ConstantExpected] byte count) => new(a._value >> count);

    public static Lane MultiplyLow(Lane a, Lane b) => new(a._value * b._value);

    public static bool IsAnyNegative(Lane a) => a._value < 0;

    public static int Sum(Lane a) => (int)a._value;

    public static bool IsPositive(Lane a) => a._value > 0;

    public static Lane MultiplyReduce(Lane a, Lane b) => new(Field.Reduce(a._value * b._value));

    public static Lane MultiplyReduce(Lane a, in Twiddle<Lane> b) =>
        new(((a._value * b.Even._value) - ((long)(int)(a._value * b.EvenScaled._value) * Parameters.Q)) >> 32);

    public static void MultiplyAdd(Lane a, Lane b, ref Lane even, ref Lane odd) => even = new(even._value + (a._value * b._value));

    public static Lane Reduce(Lane even, Lane odd) => new(Field.Reduce(even._value));

    public static void Transpose(ref int square)
    {
        // One coefficient is its own transpose.
    }

    public static Lane Unpack(ref readonly byte source, [ConstantExpected] int bits) =>
        throw new NotSupportedException("Single coefficients begin within a byte: Packing reads them in their context.");

    public static void PackTriples(Lane value, ref byte target)
    {
        target = (byte)value._value;
        Unsafe.Add(ref target, 1) = (byte)(value._value >> 8);
        Unsafe.Add(ref target, 2) = (byte)(value._value >> 16);
    }

    public static void PackNibbles(Lane value, ref byte target) =>
        throw new NotSupportedException("Single coefficients end within a byte: Packing writes them in their context.");

    public static int StoreBelow(Lane value, int limit, ref int target)
    {
        target = (int)value._value;
        return value._value < limit ? 1 : 0;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// As many coefficients as one instruction works on: 1 in plain arithmetic, 8 with AVX2, 16 with AVX-512. The scheme is
/// written once over this; every width gives the same bytes. Values stay within 32 bits, two's complement.
/// </summary>
internal interface ILanes<T>
    where T : struct, ILanes<T>
{
    static abstract bool IsSupported { get; }

    static abstract int Count { get; }

    static abstract T Load(ref readonly int source, int index);

    static abstract void Store(T value, ref int target, int index);

    static abstract T Create(int value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator &(T a, T b);

    static abstract T operator |(T a, T b);

    static abstract T operator ^(T a, T b);

    static abstract T ShiftLeft(T a, [ConstantExpected] byte count);

    /// <summary>Keeps the sign.</summary>
    static abstract T ShiftRight(T a, [ConstantExpected] byte count);

    /// <summary>The low 32 bits of each product; the product itself must fit them.</summary>
    static abstract T MultiplyLow(T a, T b);

    static abstract bool IsAnyNegative(T a);

    /// <summary>Sum of all lanes.</summary>
    static abstract int Sum(T a);

    /// <summary>a·b·R^-1 modulo q, in (-q, q), for |a·b| ≤ 2^31·q (see <see cref="Field.Reduce"/>).</summary>
    static abstract T MultiplyReduce(T a, T b);

    /// <summary>The same, with part of the work done beforehand.</summary>
    static abstract T MultiplyReduce(T a, in Twiddle<T> b);

    /// <summary>Adds the 64-bit products to sums that lie in two parts: those of even lanes and those of odd ones.</summary>
    static abstract void MultiplyAdd(T a, T b, ref T even, ref T odd);

    /// <summary>Brings such sums down to sum·R^-1 modulo q, in (-q, q).</summary>
    static abstract T Reduce(T even, T odd);

    /// <summary>Turns a square of Count × Count coefficients, in place: row i, column j becomes row j, column i.</summary>
    static abstract void Transpose(ref int square);

    /// <summary>
    /// Coefficients of <paramref name="bits"/> bits each, at most 24, from little-endian bytes.
    /// May read up to 64 bytes from <paramref name="source"/>, whatever it needs.
    /// </summary>
    static abstract T Unpack(ref readonly byte source, [ConstantExpected] int bits);

    /// <summary>The low 24 bits of each lane, as 3·Count bytes. Writes up to 64 bytes, whatever it needs.</summary>
    static abstract void PackTriples(T value, ref byte target);

    /// <summary>The low 4 bits of each lane, as Count / 2 bytes; with one lane, not supported.</summary>
    static abstract void PackNibbles(T value, ref byte target);

    /// <summary>
    /// Stores those lanes that are below <paramref name="limit"/>, in order, and returns how many they are.
    /// Writes Count integers, whatever it needs.
    /// </summary>
    static abstract int StoreBelow(T value, int limit, ref int target);
}

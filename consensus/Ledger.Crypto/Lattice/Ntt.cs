using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// The number-theoretic transform and products under it (FIPS 204 algorithms 41 to 47). Layers whose distance is at least
/// a vector run on whole vectors; for the last ones each square of coefficients is turned, so that the layers run on whole
/// vectors again, and turned back. The order of coefficients is the standard's in every width.
/// </summary>
internal static class Ntt<T>
    where T : struct, ILanes<T>
{
    /// <summary>Algorithm 41, in place. |input| &lt; q gives |output| &lt; 9q.</summary>
    public static void Forward(ref Poly poly)
    {
        ref int w = ref poly[0];
        ref int zetas = ref MemoryMarshal.GetArrayDataReference(Twiddles.Zetas);
        int distance = N / 2;
        for (; distance >= 2 * T.Count; distance /= 4)
        {
            int k = N / 2 / distance;
            for (int start = 0; start < N; start += 2 * distance, k++)
            {
                ForwardTwice(
                    ref Unsafe.Add(ref w, start), distance / 2,
                    T.Create(Unsafe.Add(ref zetas, k)),
                    T.Create(Unsafe.Add(ref zetas, 2 * k)), T.Create(Unsafe.Add(ref zetas, (2 * k) + 1)));
            }
        }

        if (distance == T.Count)
        {
            int k = N / 2 / distance;
            for (int start = 0; start < N; start += 2 * distance, k++)
            {
                Butterfly(ref w, start, start + distance, T.Create(Unsafe.Add(ref zetas, k)));
            }
        }

        for (int square = 0; T.Count > 1 && square < N / (T.Count * T.Count); square++)
        {
            ref int part = ref Unsafe.Add(ref w, square * T.Count * T.Count);
            T.Transpose(ref part);
            ForwardTurned(ref part, square);
            T.Transpose(ref part);
        }
    }

    /// <summary>
    /// Algorithm 42, in place, and times R: undoes the R^-1 of products. |input| &lt; q gives |output| &lt; q / 2 + 128,
    /// so that a residue near zero comes out near zero, as norms ask: the last factor is small, and what a reduction
    /// gives lies within q / 2 of its input divided by R.
    /// </summary>
    public static void InverseOfProduct(ref Poly poly)
    {
        ref int w = ref poly[0];
        ref int zetas = ref MemoryMarshal.GetArrayDataReference(Twiddles.Zetas);
        for (int square = 0; T.Count > 1 && square < N / (T.Count * T.Count); square++)
        {
            ref int part = ref Unsafe.Add(ref w, square * T.Count * T.Count);
            T.Transpose(ref part);
            InverseTurned(ref part, square);
            T.Transpose(ref part);
        }

        for (int distance = T.Count; distance < N; distance *= 2)
        {
            int k = N / distance;
            for (int start = 0; start < N; start += 2 * distance)
            {
                T zeta = T.Create(-Unsafe.Add(ref zetas, --k));
                for (int j = start; j < start + distance; j += T.Count)
                {
                    InverseButterfly(ref w, j, j + distance, zeta);
                }
            }
        }

        T scale = T.Create(Field.InverseScale);
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(T.MultiplyReduce(T.Load(ref w, i), scale), ref w, i);
        }
    }

    /// <summary>a·b·R^-1, coefficient by coefficient, in (-q, q).</summary>
    public static void Multiply(in Poly a, in Poly b, ref Poly product)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(T.MultiplyReduce(T.Load(in a[0], i), T.Load(in b[0], i)), ref product[0], i);
        }
    }

    /// <summary>
    /// Σ a[j]·b[j]·R^-1, in (-q, q). At most 32 terms, with |a[j]| &lt; q and |b[j]| &lt; 9q: one reduction serves the sum.
    /// </summary>
    public static void MultiplySum(ReadOnlySpan<Poly> a, ReadOnlySpan<Poly> b, ref Poly sum)
    {
        _ = b[a.Length - 1];
        ref int left = ref Unsafe.As<Poly, int>(ref MemoryMarshal.GetReference(a));
        ref int right = ref Unsafe.As<Poly, int>(ref MemoryMarshal.GetReference(b));
        for (int i = 0; i < N; i += T.Count)
        {
            T even = default;
            T odd = default;
            for (int at = i; at < a.Length * N; at += N)
            {
                T.MultiplyAdd(T.Load(ref left, at), T.Load(ref right, at), ref even, ref odd);
            }

            T.Store(T.Reduce(even, odd), ref sum[0], i);
        }
    }

    /// <summary>Two layers in one pass over four parts of <paramref name="distance"/> coefficients each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardTwice(ref int w, int distance, T outer, T innerLow, T innerHigh)
    {
        for (int j = 0; j < distance; j += T.Count)
        {
            T a0 = T.Load(ref w, j);
            T a1 = T.Load(ref w, j + distance);
            T a2 = T.MultiplyReduce(T.Load(ref w, j + (2 * distance)), outer);
            T a3 = T.MultiplyReduce(T.Load(ref w, j + (3 * distance)), outer);
            T b1 = T.MultiplyReduce(a1 + a3, innerLow);
            T b3 = T.MultiplyReduce(a1 - a3, innerHigh);
            T b0 = a0 + a2;
            T b2 = a0 - a2;
            T.Store(b0 + b1, ref w, j);
            T.Store(b0 - b1, ref w, j + distance);
            T.Store(b2 + b3, ref w, j + (2 * distance));
            T.Store(b2 - b3, ref w, j + (3 * distance));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(ref int w, int low, int high, T zeta)
    {
        T a = T.Load(ref w, low);
        T t = T.MultiplyReduce(T.Load(ref w, high), zeta);
        T.Store(a + t, ref w, low);
        T.Store(a - t, ref w, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseButterfly(ref int w, int low, int high, T zeta)
    {
        T a = T.Load(ref w, low);
        T b = T.Load(ref w, high);
        T.Store(a + b, ref w, low);
        T.Store(T.MultiplyReduce(a - b, zeta), ref w, high);
    }

    /// <summary>The layers of distance below the width, on a turned square: vector j holds coefficient j of each group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardTurned(ref int w, int square)
    {
        ref int zetas = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(Twiddles<T>.Forward), square * Twiddles<T>.CountPerSquare);
        for (int distance = T.Count / 2; distance >= 1; distance /= 2)
        {
            for (int start = 0; start < T.Count; start += 2 * distance)
            {
                T zeta = T.Load(ref zetas, 0);
                zetas = ref Unsafe.Add(ref zetas, T.Count);
                for (int j = start; j < start + distance; j++)
                {
                    Butterfly(ref w, j * T.Count, (j + distance) * T.Count, zeta);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseTurned(ref int w, int square)
    {
        ref int zetas = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(Twiddles<T>.Inverse), square * Twiddles<T>.CountPerSquare);
        for (int distance = 1; distance < T.Count; distance *= 2)
        {
            for (int start = 0; start < T.Count; start += 2 * distance)
            {
                T zeta = T.Load(ref zetas, 0);
                zetas = ref Unsafe.Add(ref zetas, T.Count);
                for (int j = start; j < start + distance; j++)
                {
                    InverseButterfly(ref w, j * T.Count, (j + distance) * T.Count, zeta);
                }
            }
        }
    }
}

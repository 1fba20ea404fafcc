using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// The number-theoretic transform and products under it (FIPS 204 algorithms 41 to 47). Layers whose distance is at least
/// a vector run on whole vectors; for the last ones each square of coefficients is turned, so that the layers run on whole
/// vectors again, and turned back. The order of coefficients is the standard's in every width.
/// <para>
/// What loops over a whole polynomial is kept out of line here and elsewhere: inlined into one caller, several such
/// kernels exhaust the compiler's budget, and then single vector operations become calls.
/// </para>
/// </summary>
internal static class Ntt<T>
    where T : struct, ILanes<T>
{
    /// <summary>Algorithm 41, in place. |input| &lt; q gives |output| &lt; 9q.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward(ref Poly poly)
    {
        ref int w = ref poly[0];
        ref Factor zetas = ref MemoryMarshal.GetArrayDataReference(Twiddles.Forward);
        int distance = N / 2;
        for (; distance >= 2 * T.Count; distance /= 4)
        {
            int k = N / 2 / distance;
            for (int start = 0; start < N; start += 2 * distance, k++)
            {
                Twiddle<T> outer = new(Unsafe.Add(ref zetas, k));
                Twiddle<T> innerLow = new(Unsafe.Add(ref zetas, 2 * k));
                Twiddle<T> innerHigh = new(Unsafe.Add(ref zetas, (2 * k) + 1));
                ForwardTwice(ref Unsafe.Add(ref w, start), distance / 2, outer, innerLow, innerHigh);
            }
        }

        if (distance == T.Count)
        {
            int k = N / 2 / distance;
            for (int start = 0; start < N; start += 2 * distance, k++)
            {
                Butterfly(ref w, start, start + distance, new(Unsafe.Add(ref zetas, k)));
            }
        }

        for (int square = 0; T.Count > 1 && square < N / (T.Count * T.Count); square++)
        {
            ref int part = ref Unsafe.Add(ref w, square * T.Count * T.Count);
            T.Transpose(ref part);
            ForwardTurned(ref part, ref Twiddles<T>.Forward(square));
            T.Transpose(ref part);
        }
    }

    /// <summary>
    /// Algorithm 42, in place, and times R: undoes the R^-1 of products. |input| &lt; q gives |output| &lt; 3q / 4, and
    /// a residue within q / 4 of zero comes out as such, as norms ask: a reduction gives what lies within q / 2 of its
    /// input divided by R, and the sums, below 2^31, times a factor of at most q / 2 are within q·R / 4.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void InverseOfProduct(ref Poly poly)
    {
        ref int w = ref poly[0];
        for (int square = 0; T.Count > 1 && square < N / (T.Count * T.Count); square++)
        {
            ref int part = ref Unsafe.Add(ref w, square * T.Count * T.Count);
            T.Transpose(ref part);
            InverseTurned(ref part, ref Twiddles<T>.Inverse(square));
            T.Transpose(ref part);
        }

        ref Factor zetas = ref MemoryMarshal.GetArrayDataReference(Twiddles.Inverse);
        int distance = T.Count;
        for (; distance < N / 2; distance *= 4)
        {
            int k = (N / distance) - 1;
            for (int start = 0; start < N; start += 4 * distance, k -= 2)
            {
                Twiddle<T> outer = new(Unsafe.Add(ref zetas, (k - 1) / 2));
                Twiddle<T> innerLow = new(Unsafe.Add(ref zetas, k));
                Twiddle<T> innerHigh = new(Unsafe.Add(ref zetas, k - 1));
                InverseTwice(ref Unsafe.Add(ref w, start), distance, outer, innerLow, innerHigh);
            }
        }

        if (distance == N / 2)
        {
            InverseButterflies(ref w, 0, distance, new(Unsafe.Add(ref zetas, 1)));
        }

        // The upper half took its scale with the factor of the last layer.
        Twiddle<T> scale = new(Factor.Of(Field.InverseScale));
        for (int i = 0; i < N / 2; i += T.Count)
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
    [MethodImpl(MethodImplOptions.NoInlining)]
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
    private static void ForwardTwice(
        ref int w, int distance, in Twiddle<T> outer, in Twiddle<T> innerLow, in Twiddle<T> innerHigh)
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

    /// <summary>For the inverse: the layer of <paramref name="distance"/>, then that of twice as much.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseTwice(
        ref int w, int distance, in Twiddle<T> outer, in Twiddle<T> innerLow, in Twiddle<T> innerHigh)
    {
        for (int j = 0; j < distance; j += T.Count)
        {
            T a0 = T.Load(ref w, j);
            T a1 = T.Load(ref w, j + distance);
            T a2 = T.Load(ref w, j + (2 * distance));
            T a3 = T.Load(ref w, j + (3 * distance));
            T b0 = a0 + a1;
            T b1 = T.MultiplyReduce(a0 - a1, innerLow);
            T b2 = a2 + a3;
            T b3 = T.MultiplyReduce(a2 - a3, innerHigh);
            T.Store(b0 + b2, ref w, j);
            T.Store(b1 + b3, ref w, j + distance);
            T.Store(T.MultiplyReduce(b0 - b2, outer), ref w, j + (2 * distance));
            T.Store(T.MultiplyReduce(b1 - b3, outer), ref w, j + (3 * distance));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(ref int w, int low, int high, in Twiddle<T> zeta)
    {
        T a = T.Load(ref w, low);
        T t = T.MultiplyReduce(T.Load(ref w, high), zeta);
        T.Store(a + t, ref w, low);
        T.Store(a - t, ref w, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseButterflies(ref int w, int start, int distance, in Twiddle<T> zeta)
    {
        for (int j = start; j < start + distance; j += T.Count)
        {
            T a = T.Load(ref w, j);
            T b = T.Load(ref w, j + distance);
            T.Store(a + b, ref w, j);
            T.Store(T.MultiplyReduce(a - b, zeta), ref w, j + distance);
        }
    }

    /// <summary>
    /// The layers of distance below the width, on a turned square: vector j holds coefficient j of each group. 16 lanes
    /// have four such layers, 8 have three.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardTurned(ref int w, ref int zetas)
    {
        int perFactor = 2 * T.Count;
        ForwardTwice(
            ref w, T.Count * T.Count / 4,
            new(ref zetas), new(ref Unsafe.Add(ref zetas, perFactor)), new(ref Unsafe.Add(ref zetas, 2 * perFactor)));
        zetas = ref Unsafe.Add(ref zetas, 3 * perFactor);
        for (int i = 0; i < 4; i++)
        {
            ref int quarter = ref Unsafe.Add(ref w, i * T.Count * T.Count / 4);
            if (T.Count == 16)
            {
                ForwardTwice(
                    ref quarter, T.Count, new(ref Unsafe.Add(ref zetas, i * perFactor)),
                    new(ref Unsafe.Add(ref zetas, (4 + (2 * i)) * perFactor)),
                    new(ref Unsafe.Add(ref zetas, (5 + (2 * i)) * perFactor)));
            }
            else
            {
                Butterfly(ref quarter, 0, T.Count, new(ref Unsafe.Add(ref zetas, i * perFactor)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseTurned(ref int w, ref int zetas)
    {
        int perFactor = 2 * T.Count;
        for (int i = 0; i < 4; i++)
        {
            ref int quarter = ref Unsafe.Add(ref w, i * T.Count * T.Count / 4);
            if (T.Count == 16)
            {
                InverseTwice(
                    ref quarter, T.Count, new(ref Unsafe.Add(ref zetas, (8 + i) * perFactor)),
                    new(ref Unsafe.Add(ref zetas, 2 * i * perFactor)),
                    new(ref Unsafe.Add(ref zetas, ((2 * i) + 1) * perFactor)));
            }
            else
            {
                InverseButterflies(ref quarter, 0, T.Count, new(ref Unsafe.Add(ref zetas, i * perFactor)));
            }
        }

        zetas = ref Unsafe.Add(ref zetas, (T.Count == 16 ? 12 : 4) * perFactor);
        InverseTwice(
            ref w, T.Count * T.Count / 4, new(ref Unsafe.Add(ref zetas, 2 * perFactor)),
            new(ref zetas), new(ref Unsafe.Add(ref zetas, perFactor)));
    }
}

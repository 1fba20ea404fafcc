using System.Runtime.CompilerServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>High and low parts, and the hints between them (FIPS 204 algorithms 35 to 40). Nothing branches on a secret.</summary>
internal static class Rounding<T>
    where T : struct, ILanes<T>
{
    /// <summary>Algorithm 35 over a polynomial with coefficients from 0 to q - 1.</summary>
    public static void Power2Round(in Poly t, ref Poly t1, ref Poly t0)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T value = T.Load(in t[0], i);
            T high = T.ShiftRight(value + T.Create((1 << (D - 1)) - 1), D);
            T.Store(high, ref t1[0], i);
            T.Store(value - T.ShiftLeft(high, D), ref t0[0], i);
        }
    }

    /// <summary>Algorithm 36: r, from 0 to q - 1, as high·2γ2 + low modulo q, high from 0 to 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Decompose(T r, out T low)
    {
        // ⌊(r + γ2 - 1) / 2γ2⌋ with 2γ2 = 512·1023; dividing y by 1023 is ((y + 1)·1025) >> 20 for the y that occur.
        T high = T.ShiftRight(r + T.Create(Gamma2 - 1), 9) + T.Create(1);
        high = T.ShiftRight(T.ShiftLeft(high, 10) + high, 20);

        // The 17th class, at the top end of the residues, is the first one seen from below zero.
        high &= T.Create(15);
        low = r - T.MultiplyLow(high, T.Create(2 * Gamma2));
        low -= T.ShiftRight(T.Create((Q - 1) / 2) - low, 31) & T.Create(Q);
        return high;
    }

    public static void Decompose(in Poly r, ref Poly high, ref Poly low)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(Decompose(T.Load(in r[0], i), out T part), ref high[0], i);
            T.Store(part, ref low[0], i);
        }
    }

    /// <summary>
    /// Algorithm 39, seen from the parts: whether <paramref name="low"/>, the low part after the secret's share is taken
    /// out, has left the range that belongs to <paramref name="high"/>. Sets 0 or 1 and returns the number of ones.
    /// </summary>
    public static int MakeHint(in Poly low, in Poly high, ref Poly hint)
    {
        T count = default;
        for (int i = 0; i < N; i += T.Count)
        {
            T value = T.Load(in low[0], i);
            T above = T.ShiftRight(T.Create(Gamma2) - value, 31);
            T fromEdge = value + T.Create(Gamma2);
            T below = T.ShiftRight(fromEdge, 31);

            // At the lower edge itself all classes but the lowest, which two edges share, have been left.
            T awayFromEdge = T.ShiftRight(fromEdge | (default(T) - fromEdge), 31);
            T notLowest = T.ShiftRight(default(T) - T.Load(in high[0], i), 31);
            T one = (above | below | ((awayFromEdge ^ T.Create(-1)) & notLowest)) & T.Create(1);
            T.Store(one, ref hint[0], i);
            count += one;
        }

        return T.Sum(count);
    }

    /// <summary>True if some |coefficient| is at least <paramref name="bound"/>; looks at all of them.</summary>
    public static bool ReachesNorm(in Poly poly, int bound)
    {
        T over = default;
        for (int i = 0; i < N; i += T.Count)
        {
            T value = T.Load(in poly[0], i);
            T sign = T.ShiftRight(value, 31);
            over |= T.Create(bound - 1) - ((value ^ sign) - sign);
        }

        return T.IsAnyNegative(over);
    }

    public static void Add(ref Poly a, in Poly b)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(T.Load(ref a[0], i) + T.Load(in b[0], i), ref a[0], i);
        }
    }

    public static void Subtract(ref Poly a, in Poly b)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(T.Load(ref a[0], i) - T.Load(in b[0], i), ref a[0], i);
        }
    }

    /// <summary>From (-q, q) to 0 … q - 1.</summary>
    public static void MakePositive(ref Poly poly)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(MakePositive(T.Load(ref poly[0], i)), ref poly[0], i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MakePositive(T a) => a + (T.ShiftRight(a, 31) & T.Create(Q));
}

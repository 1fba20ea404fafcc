using System.Runtime.CompilerServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>High and low parts, and the hints between them (FIPS 204 algorithms 35 to 40). Nothing branches on a secret.</summary>
internal static class Rounding
{
    /// <summary>Algorithm 35 over a polynomial with coefficients from 0 to q - 1.</summary>
    public static void Power2Round(in Poly t, ref Poly t1, ref Poly t0)
    {
        for (int i = 0; i < N; i++)
        {
            int high = (t[i] + (1 << (D - 1)) - 1) >> D;
            t1[i] = high;
            t0[i] = t[i] - (high << D);
        }
    }

    /// <summary>Algorithm 36: r, from 0 to q - 1, as high·2γ2 + low modulo q, high from 0 to 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decompose(int r, out int low)
    {
        // ⌊(r + γ2 - 1) / 2γ2⌋ with 2γ2 = 512·1023; dividing y by 1023 is ((y + 1)·1025) >> 20 for the y that occur.
        int high = ((((r + Gamma2 - 1) >> 9) + 1) * 1025) >> 20;

        // The 17th class, at the top end of the residues, is the first one seen from below zero.
        high &= 15;
        low = r - (high * 2 * Gamma2);
        low -= ((((Q - 1) / 2) - low) >> 31) & Q;
        return high;
    }

    public static void Decompose(in Poly r, ref Poly high, ref Poly low)
    {
        for (int i = 0; i < N; i++)
        {
            high[i] = Decompose(r[i], out int part);
            low[i] = part;
        }
    }

    /// <summary>
    /// Algorithm 39, seen from the parts: whether <paramref name="low"/>, the low part after the secret's share is taken
    /// out, has left the range that belongs to <paramref name="high"/>. Sets 0 or 1 and returns the number of ones.
    /// </summary>
    public static int MakeHint(in Poly low, in Poly high, ref Poly hint)
    {
        int count = 0;
        for (int i = 0; i < N; i++)
        {
            int above = (Gamma2 - low[i]) >> 31;
            int below = (low[i] + Gamma2) >> 31;
            int atEdge = ~(((low[i] + Gamma2) | -(low[i] + Gamma2)) >> 31) & (-high[i] >> 31);
            hint[i] = (above | below | atEdge) & 1;
            count += hint[i];
        }

        return count;
    }

    /// <summary>Algorithm 40, in place, over coefficients from 0 to q - 1: leaves the corrected high parts.</summary>
    public static void UseHint(ref Poly r, in Poly hint)
    {
        for (int i = 0; i < N; i++)
        {
            int high = Decompose(r[i], out int low);
            int step = low > 0 ? 1 : -1;
            r[i] = (high + (hint[i] * step)) & 15;
        }
    }

    /// <summary>True if some |coefficient| is at least <paramref name="bound"/>; looks at all of them.</summary>
    public static bool ReachesNorm(in Poly poly, int bound)
    {
        int over = 0;
        for (int i = 0; i < N; i++)
        {
            int magnitude = (poly[i] ^ (poly[i] >> 31)) - (poly[i] >> 31);
            over |= bound - 1 - magnitude;
        }

        return over < 0;
    }

    public static void Add(ref Poly a, in Poly b)
    {
        for (int i = 0; i < N; i++)
        {
            a[i] += b[i];
        }
    }

    public static void Subtract(ref Poly a, in Poly b)
    {
        for (int i = 0; i < N; i++)
        {
            a[i] -= b[i];
        }
    }

    /// <summary>From (-q, q) to 0 … q - 1.</summary>
    public static void MakePositive(ref Poly poly)
    {
        for (int i = 0; i < N; i++)
        {
            poly[i] = Field.AddIfNegative(poly[i]);
        }
    }
}

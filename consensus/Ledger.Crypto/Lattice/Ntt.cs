using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>The number-theoretic transform and products under it (FIPS 204 algorithms 41 to 47).</summary>
internal static class Ntt
{
    /// <summary>ζ^BitRev8(k)·R modulo q, around zero, for ζ = 1753; element 0 is not used.</summary>
    public static readonly int[] Zetas = ComputeZetas();

    /// <summary>Algorithm 41, in place. |input| &lt; q gives |output| &lt; 9q.</summary>
    public static void Forward(ref Poly poly)
    {
        Span<int> w = poly;
        int k = 0;
        for (int length = 128; length >= 1; length >>= 1)
        {
            for (int start = 0; start < N; start += 2 * length)
            {
                int zeta = Zetas[++k];
                for (int j = start; j < start + length; j++)
                {
                    int t = Field.Multiply(zeta, w[j + length]);
                    w[j + length] = w[j] - t;
                    w[j] += t;
                }
            }
        }
    }

    /// <summary>Algorithm 42, in place, and times R: undoes the R^-1 of products. |input| &lt; q gives |output| &lt; q.</summary>
    public static void InverseOfProduct(ref Poly poly)
    {
        Span<int> w = poly;
        int k = N;
        for (int length = 1; length < N; length <<= 1)
        {
            for (int start = 0; start < N; start += 2 * length)
            {
                int zeta = -Zetas[--k];
                for (int j = start; j < start + length; j++)
                {
                    int t = w[j];
                    w[j] = t + w[j + length];
                    w[j + length] = Field.Multiply(zeta, t - w[j + length]);
                }
            }
        }

        for (int j = 0; j < N; j++)
        {
            w[j] = Field.Multiply(Field.InverseScale, w[j]);
        }
    }

    /// <summary>a·b·R^-1, coefficient by coefficient, in (-q, q).</summary>
    public static void Multiply(in Poly a, in Poly b, ref Poly product)
    {
        for (int i = 0; i < N; i++)
        {
            product[i] = Field.Multiply(a[i], b[i]);
        }
    }

    /// <summary>
    /// Σ a[j]·b[j]·R^-1, in (-q, q). At most 32 terms, with |a[j]| &lt; q and |b[j]| &lt; 9q: one reduction serves the sum.
    /// </summary>
    public static void MultiplySum(ReadOnlySpan<Poly> a, ReadOnlySpan<Poly> b, ref Poly sum)
    {
        for (int i = 0; i < N; i++)
        {
            long total = 0;
            for (int j = 0; j < a.Length; j++)
            {
                total += (long)a[j][i] * b[j][i];
            }

            sum[i] = Field.Reduce(total);
        }
    }

    private static int[] ComputeZetas()
    {
        const long zeta = 1753;
        int[] zetas = new int[N];
        long power = (1L << 32) % Q;
        int[] powers = new int[N];
        for (int i = 0; i < N; i++)
        {
            powers[i] = (int)(power > Q / 2 ? power - Q : power);
            power = power * zeta % Q;
        }

        for (int i = 0; i < N; i++)
        {
            int reversed = 0;
            for (int bit = 0; bit < 8; bit++)
            {
                reversed |= ((i >> bit) & 1) << (7 - bit);
            }

            zetas[i] = powers[reversed];
        }

        return zetas;
    }
}

using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>The powers of ζ that the transform multiplies by, laid out for a width of <typeparamref name="T"/>.</summary>
internal static class Twiddles<T>
    where T : struct, ILanes<T>
{
    /// <summary>
    /// For the layers whose distance d is less than a vector. There, after the squares are turned, lane i of a vector
    /// belongs to group i of its square, so a whole vector of powers serves one butterfly. For each square: for each d
    /// from half the width down to 1, for each of the width / 2d groups in a row, the powers of all lanes.
    /// </summary>
    public static readonly int[] Forward = Compute(inverse: false);

    /// <summary>The same, negated and mirrored, for d from 1 up.</summary>
    public static readonly int[] Inverse = Compute(inverse: true);

    /// <summary>Integers of either table for one square.</summary>
    public static int CountPerSquare => (T.Count - 1) * T.Count;

    private static int[] Compute(bool inverse)
    {
        int width = T.Count;
        int squares = width > 1 ? N / (width * width) : 0;
        int[] table = new int[squares * CountPerSquare];
        int next = 0;
        for (int square = 0; square < squares; square++)
        {
            for (int step = 1; step < width; step *= 2)
            {
                int distance = inverse ? step : width / 2 / step;
                int groupsInRow = width / (2 * distance);
                int groups = N / (2 * distance);
                for (int group = 0; group < groupsInRow; group++)
                {
                    for (int lane = 0; lane < width; lane++)
                    {
                        int index = (((square * width) + lane) * groupsInRow) + group;
                        table[next++] = inverse
                            ? -Twiddles.Zetas[(2 * groups) - 1 - index]
                            : Twiddles.Zetas[groups + index];
                    }
                }
            }
        }

        return table;
    }
}

internal static class Twiddles
{
    /// <summary>ζ^BitRev8(k)·R modulo q, around zero, for ζ = 1753 (FIPS 204 §7.5 and appendix B); element 0 is not used.</summary>
    public static readonly int[] Zetas = ComputeZetas();

    private static int[] ComputeZetas()
    {
        const long zeta = 1753;
        long power = (1L << 32) % Q;
        int[] powers = new int[N];
        for (int i = 0; i < N; i++)
        {
            powers[i] = (int)(power > Q / 2 ? power - Q : power);
            power = power * zeta % Q;
        }

        int[] zetas = new int[N];
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

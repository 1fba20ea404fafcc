using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>A constant to multiply by, around zero, and its product with q^-1 modulo 2^32.</summary>
internal readonly record struct Factor(int Value, int Scaled)
{
    public static Factor Of(int value) => new(value, unchecked(value * Field.QInverse));
}

/// <summary>
/// Factors as a multiplication takes them: products are 64 bits wide, so those of odd lanes stand in even ones too.
/// </summary>
internal readonly struct Twiddle<T>
    where T : struct, ILanes<T>
{
    public readonly T Even;
    public readonly T Odd;
    public readonly T EvenScaled;
    public readonly T OddScaled;

    /// <summary>One factor for all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Twiddle(Factor factor)
    {
        Even = Odd = T.Create(factor.Value);
        EvenScaled = OddScaled = T.Create(factor.Scaled);
    }

    /// <summary>A factor for each lane, as <see cref="Twiddles{T}"/> lays them out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Twiddle(ref readonly int table)
    {
        Even = T.Load(in table, 0);
        Odd = T.Load(in table, 1);
        EvenScaled = T.Load(in table, T.Count);
        OddScaled = T.Load(in table, T.Count + 1);
    }
}

/// <summary>The powers of ζ that the transform multiplies by, laid out for a width of <typeparamref name="T"/>.</summary>
internal static class Twiddles<T>
    where T : struct, ILanes<T>
{
    /// <summary>
    /// For the layers whose distance d is less than a vector. There, after the squares are turned, lane i of a vector
    /// belongs to group i of its square, so a whole vector of powers serves one butterfly. For each square: for each d
    /// from half the width down to 1, for each of the width / 2d groups in a row, the powers of all lanes, and behind
    /// them their products with q^-1.
    /// </summary>
    private static readonly int[] ForwardTable = Compute(inverse: false);

    /// <summary>The same, negated and mirrored, for d from 1 up.</summary>
    private static readonly int[] InverseTable = Compute(inverse: true);

    /// <summary>Integers of either table for one square.</summary>
    private static int CountPerSquare => 2 * (T.Count - 1) * T.Count;

    public static ref int Forward(int square) => ref At(ForwardTable, square);

    public static ref int Inverse(int square) => ref At(InverseTable, square);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref int At(int[] table, int square) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table), square * CountPerSquare);

    private static int[] Compute(bool inverse)
    {
        int width = T.Count;
        int squares = width > 1 ? N / (width * width) : 0;

        // The factors of odd lanes are read from one place further on, so one integer more is read than there are.
        int[] table = new int[(squares * CountPerSquare) + 1];
        int next = 0;
        for (int square = 0; square < squares; square++)
        {
            for (int step = 1; step < width; step *= 2)
            {
                int distance = inverse ? step : width / 2 / step;
                int groupsInRow = width / (2 * distance);
                int groups = N / (2 * distance);
                for (int group = 0; group < groupsInRow; group++, next += 2 * width)
                {
                    for (int lane = 0; lane < width; lane++)
                    {
                        int index = (((square * width) + lane) * groupsInRow) + group;
                        Factor factor = inverse
                            ? Twiddles.Inverse[(2 * groups) - 1 - index]
                            : Twiddles.Forward[groups + index];
                        table[next + lane] = factor.Value;
                        table[next + width + lane] = factor.Scaled;
                    }
                }
            }
        }

        return table;
    }
}

internal static class Twiddles
{
    /// <summary>ζ^BitRev8(k)·R modulo q for ζ = 1753 (FIPS 204 §7.5 and appendix B); element 0 is not used.</summary>
    public static readonly Factor[] Forward = Compute();

    /// <summary>
    /// The same, negated. The factor of the last layer, element 1, also takes in <see cref="Field.InverseScale"/>.
    /// </summary>
    public static readonly Factor[] Inverse =
    [
        .. Forward.Select((factor, k) => Factor.Of(
            k == 1 ? Field.Reduce(-(long)factor.Value * Field.InverseScale) : -factor.Value)),
    ];

    private static Factor[] Compute()
    {
        const long zeta = 1753;
        long power = (1L << 32) % Q;
        int[] powers = new int[N];
        for (int i = 0; i < N; i++)
        {
            powers[i] = (int)(power > Q / 2 ? power - Q : power);
            power = power * zeta % Q;
        }

        Factor[] factors = new Factor[N];
        for (int i = 0; i < N; i++)
        {
            int reversed = 0;
            for (int bit = 0; bit < 8; bit++)
            {
                reversed |= ((i >> bit) & 1) << (7 - bit);
            }

            factors[i] = Factor.Of(powers[reversed]);
        }

        return factors;
    }
}

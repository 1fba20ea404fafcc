using System.Numerics;

namespace Ledger.Proofs.Spv;

/// <summary>
/// The <c>nBits</c> of a header: a base-256 floating-point form of the 256-bit target, with a sign bit that no valid
/// header sets. Read exactly as Bitcoin's consensus does; integers only.
/// </summary>
public readonly record struct CompactTarget(uint Bits)
{
    private const uint SignBit = 0x0080_0000;
    private const uint MantissaMask = 0x007f_ffff;

    /// <summary>The target of difficulty 1 (<c>1d00ffff</c>).</summary>
    public static BigInteger DifficultyOne { get; } = new BigInteger(0xffff) << 208;

    /// <summary>2^256 - 1, the largest hash.</summary>
    public static BigInteger LargestHash { get; } = (BigInteger.One << 256) - 1;

    /// <summary>Gives the target, from 1 to 2^256 - 1, or why there is none.</summary>
    public bool TryExpand(out BigInteger target, out SpvFault fault)
    {
        int size = (int)(Bits >> 24);
        uint mantissa = Bits & MantissaMask;
        target = size <= 3 ? mantissa >> (8 * (3 - size)) : new BigInteger(mantissa) << (8 * (size - 3));
        fault = (mantissa, Bits & SignBit) switch
        {
            (not 0, SignBit) => SpvFault.TargetNegative,
            _ when target > LargestHash => SpvFault.TargetOverflow,
            _ when target.IsZero => SpvFault.TargetZero,
            _ => SpvFault.None,
        };
        if (fault == SpvFault.None)
        {
            return true;
        }

        target = BigInteger.Zero;
        return false;
    }

    /// <summary>The largest target in compact form that is no easier than <paramref name="target"/>.</summary>
    public static CompactTarget Of(BigInteger target)
    {
        if (target.Sign <= 0 || target > LargestHash)
        {
            throw new ArgumentOutOfRangeException(nameof(target), "A target lies between 1 and 2^256 - 1.");
        }

        int size = target.GetByteCount(isUnsigned: true);
        uint mantissa = size <= 3 ? (uint)target << (8 * (3 - size)) : (uint)(target >> (8 * (size - 3)));
        return (mantissa & SignBit) != 0
            ? new CompactTarget((uint)(size + 1) << 24 | mantissa >> 8)
            : new CompactTarget((uint)size << 24 | mantissa);
    }

    public override string ToString() => Bits.ToString("x8");
}

/// <summary>How many hashes a header stands for on average: what forging it would have taken.</summary>
public readonly record struct Work(BigInteger Hashes) : IComparable<Work>
{
    /// <summary>
    /// Joules per 10^12 hashes of the better machines on the market when this was written; the cost that is shown
    /// falls with it over the years, the count of hashes does not.
    /// </summary>
    public const int JoulesPerTerahash = 20;

    public static Work Zero => default;

    /// <summary>2^256 / (target + 1), rounded down, as Bitcoin counts the work of a chain.</summary>
    public static Work OfTarget(BigInteger target) => new((BigInteger.One << 256) / (target + 1));

    /// <summary>
    /// Difficulty in whole numbers: how many times harder than <see cref="CompactTarget.DifficultyOne"/>.
    /// </summary>
    public static BigInteger DifficultyOf(BigInteger target) => CompactTarget.DifficultyOne / target;

    /// <summary>Electricity for that many hashes, in watt-hours, rounded down.</summary>
    public BigInteger WattHours => Hashes * JoulesPerTerahash / 1_000_000_000_000 / 3_600;

    /// <summary>For people: <c>about 240 MWh of electricity</c>; two significant digits.</summary>
    public string ForgingCost
    {
        get
        {
            BigInteger wattHours = WattHours;
            if (wattHours.IsZero)
            {
                return "less than one watt-hour of electricity";
            }

            BigInteger rounded = RoundToTwoDigits(wattHours);
            (BigInteger divisor, string unit) = rounded switch
            {
                _ when rounded < Thousand(1) => (BigInteger.One, "Wh"),
                _ when rounded < Thousand(2) => (Thousand(1), "kWh"),
                _ when rounded < Thousand(3) => (Thousand(2), "MWh"),
                _ when rounded < Thousand(4) => (Thousand(3), "GWh"),
                _ => (Thousand(4), "TWh"),
            };
            BigInteger whole = BigInteger.DivRem(rounded, divisor, out BigInteger rest);
            string tenth = rest.IsZero ? "" : $".{rest * 10 / divisor}";
            return $"about {whole}{tenth} {unit} of electricity";
        }
    }

    public int CompareTo(Work other) => Hashes.CompareTo(other.Hashes);

    public override string ToString() => $"{Hashes} hashes";

    public static Work operator +(Work left, Work right) => new(left.Hashes + right.Hashes);

    private static BigInteger Thousand(int power) => BigInteger.Pow(1_000, power);

    private static BigInteger RoundToTwoDigits(BigInteger value)
    {
        var step = BigInteger.One;
        while (value / step >= 100)
        {
            step *= 10;
        }

        return (value + (step / 2)) / step * step;
    }
}

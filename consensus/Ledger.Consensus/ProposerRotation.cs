using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>
/// Smooth weighted round robin without state. Validator <c>i</c> of power <c>w</c> owns the slots
/// <c>(2k + 1) / w</c> for k = 0 … w - 1; all slots of one period, as many as the total power, are ordered by that
/// fraction and then by index, and turn <c>height - 1 + round</c> modulo the period names the slot.
/// In a period everyone proposes exactly as often as his power says, spread as evenly as Sainte-Laguë seats are;
/// with equal powers it is plain round robin. Integers only, so every machine agrees.
/// Work is bounded by the square of the number of validators, whatever the powers: rounding the exact shares gives
/// each count to within one half, so at most n / 2 slots are left to add or take back one by one.
/// </summary>
public static class ProposerRotation
{
    public static ValidatorIndex ProposerOf(ValidatorSet validators, Height height, Round round)
    {
        ImmutableArray<Validator> members = validators.Members;
        if (members.Length == 1)
        {
            return new ValidatorIndex(0);
        }

        ulong divisor = GreatestCommonDivisor(members);
        var weights = new ulong[members.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = members[i].Power.Value / divisor;
        }

        ulong period = validators.Total.Value / divisor;
        ulong turn = (ulong)(((UInt128)height.Value + period - 1 + round.Value) % period);
        return new ValidatorIndex(OwnerOf(weights, period, turn));
    }

    private static int OwnerOf(ulong[] weights, ulong period, ulong turn)
    {
        var taken = new ulong[weights.Length];
        ulong count = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            taken[i] = (ulong)((((UInt128)2 * turn * weights[i]) + period) / ((UInt128)2 * period));
            count += taken[i];
        }

        for (; count > turn; count--)
        {
            taken[LastTaken(weights, taken)]--;
        }

        for (; count < turn; count++)
        {
            taken[FirstFree(weights, taken)]++;
        }

        return FirstFree(weights, taken);
    }

    /// <summary>Smallest (2k + 1) / w that is not taken; the lower index where equal.</summary>
    private static int FirstFree(ulong[] weights, ulong[] taken)
    {
        int first = 0;
        for (int i = 1; i < weights.Length; i++)
        {
            if (Product(taken[i], weights[first]) < Product(taken[first], weights[i]))
            {
                first = i;
            }
        }

        return first;
    }

    /// <summary>Largest (2k + 1) / w that is taken; the higher index where equal.</summary>
    private static int LastTaken(ulong[] weights, ulong[] taken)
    {
        int last = -1;
        for (int i = 0; i < weights.Length; i++)
        {
            if (taken[i] > 0
                && (last < 0 || Product(taken[i] - 1, weights[last]) >= Product(taken[last] - 1, weights[i])))
            {
                last = i;
            }
        }

        return last;
    }

    private static UInt128 Product(ulong slot, ulong weight) => (((UInt128)2 * slot) + 1) * weight;

    private static ulong GreatestCommonDivisor(ImmutableArray<Validator> members)
    {
        ulong divisor = 0;
        foreach (Validator member in members)
        {
            ulong other = member.Power.Value;
            while (other != 0)
            {
                (divisor, other) = (other, divisor % other);
            }
        }

        return divisor;
    }
}

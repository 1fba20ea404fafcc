using Ledger.Core;

namespace Ledger.Consensus.Tests;

/// <summary>P2: whose turn it is.</summary>
public sealed class ProposerRotationTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(7UL)]
    public void Equal_powers_take_turns_in_their_order_over_heights_and_rounds(ulong power)
    {
        ValidatorSet validators = Set(power, power, power, power);
        for (ulong height = 1; height <= 9; height++)
        {
            for (uint round = 0; round < 9; round++)
            {
                int expected = (int)((height - 1 + round) % 4);
                Assert.Equal(expected, validators.ProposerOf(new Height(height), new Round(round)).Value);
            }
        }
    }

    [Theory]
    [InlineData(new ulong[] { 1, 2, 3 })]
    [InlineData(new ulong[] { 4, 3, 2, 1 })]
    [InlineData(new ulong[] { 1, 1, 1, 97 })]
    [InlineData(new ulong[] { 13, 8, 5, 3, 2, 1, 1 })]
    public void In_a_period_each_proposes_as_often_as_his_power_says_and_never_lags_by_a_whole_turn(ulong[] powers)
    {
        ValidatorSet validators = Set(powers);
        ulong total = validators.Total.Value;
        var turns = new ulong[powers.Length];
        for (ulong height = 1; height <= total; height++)
        {
            turns[validators.ProposerOf(new Height(height), Round.Zero).Value]++;
            for (int i = 0; i < powers.Length; i++)
            {
                double due = (double)powers[i] * height / total;
                Assert.True(Math.Abs(turns[i] - due) < 1.5, $"{i} had {turns[i]} turns of {due} by height {height}");
            }
        }

        Assert.Equal(powers, turns);
    }

    /// <summary>The order that the definition gives, slot by slot.</summary>
    [Theory]
    [InlineData(new ulong[] { 1, 2, 3 })]
    [InlineData(new ulong[] { 4, 3, 2, 1 })]
    [InlineData(new ulong[] { 13, 8, 5, 3, 2, 1, 1 })]
    public void Slots_are_ordered_by_their_fraction_and_then_by_place(ulong[] powers)
    {
        ValidatorSet validators = Set(powers);
        int[] slots = [.. powers
            .SelectMany((power, i) => Enumerable.Range(0, (int)power)
                .Select(k => (At: (decimal)((2 * k) + 1) / power, I: i)))
            .OrderBy(slot => slot.At)
            .ThenBy(slot => slot.I)
            .Select(slot => slot.I)];
        int[] turns = [.. Enumerable.Range(0, slots.Length)
            .Select(turn => validators.ProposerOf(new Height(1), new Round((uint)turn)).Value)];
        Assert.Equal(slots, turns);
    }

    [Fact]
    public void Powers_and_heights_as_large_as_they_may_be_are_no_trouble()
    {
        ValidatorSet validators = Set(Limits.Integer - 1, 1);
        Assert.Equal(0, validators.ProposerOf(new Height(ulong.MaxValue), new Round(uint.MaxValue)).Value);
        Assert.Equal(0, validators.ProposerOf(new Height(1), Round.Zero).Value);
    }

    private static ValidatorSet Set(params ulong[] powers) =>
        new(powers.Select((power, i) => new Validator(new KeyId(Digest.Of([(byte)i])), new VotingPower(power))));
}

using System.Numerics;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

public class CompactTargetTests
{
    [Theory]
    [InlineData(0x01120000u, "12")]
    [InlineData(0x02123400u, "1234")]
    [InlineData(0x03123456u, "123456")]
    [InlineData(0x04123456u, "12345600")]
    [InlineData(0x05009234u, "92340000")]
    [InlineData(0x1d00ffffu, "ffff0000000000000000000000000000000000000000000000000000")]
    [InlineData(0x20123456u, "1234560000000000000000000000000000000000000000000000000000000000")]
    [InlineData(0x207fffffu, "7fffff0000000000000000000000000000000000000000000000000000000000")]
    [InlineData(0x2100ffffu, "ffff000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(0x220000ffu, "ff00000000000000000000000000000000000000000000000000000000000000")]
    public void A_target_is_expanded_as_consensus_does(uint bits, string target)
    {
        Assert.True(new CompactTarget(bits).TryExpand(out BigInteger expanded, out SpvFault fault));
        Assert.Equal(BigInteger.Parse("0" + target, System.Globalization.NumberStyles.HexNumber), expanded);
        Assert.Equal(SpvFault.None, fault);
    }

    [Theory]
    [InlineData(0x00000000u, SpvFault.TargetZero)]
    [InlineData(0x00123456u, SpvFault.TargetZero)]
    [InlineData(0x01003456u, SpvFault.TargetZero)]
    [InlineData(0x02000056u, SpvFault.TargetZero)]
    [InlineData(0x03000000u, SpvFault.TargetZero)]
    [InlineData(0x04000000u, SpvFault.TargetZero)]
    [InlineData(0x01800000u, SpvFault.TargetZero)]
    [InlineData(0xff000000u, SpvFault.TargetZero)]
    [InlineData(0x01fedcbau, SpvFault.TargetNegative)]
    [InlineData(0x04923456u, SpvFault.TargetNegative)]
    [InlineData(0x1d80ffffu, SpvFault.TargetNegative)]
    [InlineData(0x21010000u, SpvFault.TargetOverflow)]
    [InlineData(0x22000100u, SpvFault.TargetOverflow)]
    [InlineData(0x23000001u, SpvFault.TargetOverflow)]
    [InlineData(0xff123456u, SpvFault.TargetOverflow)]
    [InlineData(0xff7fffffu, SpvFault.TargetOverflow)]
    public void A_target_that_is_negative_too_long_or_zero_is_refused(uint bits, SpvFault expected)
    {
        Assert.False(new CompactTarget(bits).TryExpand(out BigInteger target, out SpvFault fault));
        Assert.Equal(expected, fault);
        Assert.True(target.IsZero);
    }

    [Fact]
    public void Every_size_and_edge_of_the_mantissa_agrees_with_a_plain_reading()
    {
        uint[] mantissas =
            [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffff, 0x800000, 0x800001];
        for (uint size = 0; size < 256; size++)
        {
            foreach (uint mantissa in mantissas)
            {
                bool negative = mantissa > 0x800000;
                BigInteger value = (mantissa & 0x7fffff) * BigInteger.Pow(256, (int)size) / BigInteger.Pow(256, 3);
                bool sound = !negative && value > 0 && value < BigInteger.Pow(2, 256);

                Assert.Equal(sound, new CompactTarget(size << 24 | mantissa).TryExpand(out BigInteger target, out _));
                Assert.Equal(sound ? value : 0, target);
            }
        }
    }

    [Theory]
    [InlineData(0x1d00ffffu)]
    [InlineData(0x17053894u)]
    [InlineData(0x1b04864cu)]
    [InlineData(0x207fffffu)]
    [InlineData(0x01010000u)]
    [InlineData(0x02008000u)]
    public void The_compact_form_of_an_expanded_target_is_the_one_it_came_from(uint bits)
    {
        Assert.True(new CompactTarget(bits).TryExpand(out BigInteger target, out _));
        Assert.Equal(bits, CompactTarget.Of(target).Bits);
    }

    [Theory]
    [InlineData("10000000000000", "about 240 MWh of electricity")]
    [InlineData("100000000000000", "about 2.4 GWh of electricity")]
    [InlineData("1000000", "about 23 Wh of electricity")]
    [InlineData("41909", "about 1 Wh of electricity")]
    [InlineData("419000000", "about 10 kWh of electricity")]
    [InlineData("41400000", "about 990 Wh of electricity")]
    [InlineData("41890000", "about 1 kWh of electricity")]
    [InlineData("1000000000000000000", "about 24 TWh of electricity")]
    [InlineData("1", "less than one watt-hour of electricity")]
    public void The_cost_of_forging_is_said_in_two_digits(string difficulty, string cost)
    {
        BigInteger target = CompactTarget.DifficultyOne / BigInteger.Parse(difficulty);

        Assert.Equal(cost, Work.OfTarget(target).ForgingCost);
    }
}

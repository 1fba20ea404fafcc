using FsCheck.Fluent;
using Ledger.Core.Cbor;

namespace Ledger.Core.Tests.Cbor;

public sealed class CborSequenceTests
{
    [Fact]
    public void Items_are_cut_where_they_end_and_prefixes_are_incomplete()
    {
        foreach (CborValue value in Gen.Sample(CborGenerators.Value(5), 30, 200))
        {
            byte[] item = value.Encode();
            byte[] sequence = [.. item, 0x01, 0xff];
            Assert.Equal(CborItem.Whole, CborSequence.Next(sequence, 60_000, out int length, out _));
            Assert.Equal(item.Length, length);
            for (int cut = 0; cut < item.Length; cut++)
            {
                Assert.Equal(CborItem.Incomplete, CborSequence.Next(item.AsSpan(0, cut), 60_000, out _, out _));
            }
        }
    }

    /// <summary>The cutter judges lengths alone: the strict reader is the one to refuse these.</summary>
    [Theory]
    [InlineData("1817", 2)]
    [InlineData("c11a514b67b0", 6)]
    [InlineData("fb3ff0000000000000", 9)]
    [InlineData("f7", 1)]
    [InlineData("f820", 2)]
    [InlineData("61ff", 2)]
    [InlineData("a201020102", 5)]
    [InlineData("81818181818181818181818181818100", 16)]
    public void An_item_that_will_be_refused_is_cut_all_the_same(string hex, int expected)
    {
        Assert.Equal(CborItem.Whole, CborSequence.Next(Convert.FromHexString(hex + "00"), 60_000, out int length,
            out _));
        Assert.Equal(expected, length);
    }

    [Theory]
    [InlineData("9fff", CborFault.IndefiniteLength, 0)]
    [InlineData("82015f", CborFault.IndefiniteLength, 2)]
    [InlineData("ff", CborFault.IndefiniteLength, 0)]
    [InlineData("8201fc", CborFault.ReservedHead, 2)]
    [InlineData("590065", CborFault.TooLong, 0)]
    [InlineData("5bffffffffffffffff", CborFault.TooLong, 0)]
    [InlineData("9bffffffffffffffff", CborFault.TooLong, 0)]
    [InlineData("bbffffffffffffffff", CborFault.TooLong, 0)]
    [InlineData("1864", CborFault.None, 0)]
    public void What_cannot_be_cut_is_unreadable(string hex, CborFault fault, int offset)
    {
        CborItem item = CborSequence.Next(Convert.FromHexString(hex), lengthMax: 100, out _, out CborError error);
        Assert.Equal(fault == CborFault.None ? CborItem.Whole : CborItem.Unreadable, item);
        Assert.Equal(new CborError(fault, offset), error);
    }

    [Fact]
    public void An_item_of_just_the_longest_length_is_whole()
    {
        byte[] item = new CborWriter().Bytes(new byte[98]).ToArray();
        Assert.Equal(100, item.Length);
        Assert.Equal(CborItem.Whole, CborSequence.Next(item, 100, out _, out _));
        Assert.Equal(CborItem.Unreadable, CborSequence.Next(item, 99, out _, out _));
    }

    /// <summary>Ten thousand empty arrays inside each other cost neither stack nor patience.</summary>
    [Fact]
    public void Depth_costs_no_stack()
    {
        byte[] item = [.. Enumerable.Repeat((byte)0x81, 50_000), 0x00];
        Assert.Equal(CborItem.Whole, CborSequence.Next(item, 60_000, out int length, out _));
        Assert.Equal(item.Length, length);
    }
}

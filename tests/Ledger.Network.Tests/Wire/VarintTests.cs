using Ledger.Network.Wire;

namespace Ledger.Network.Tests.Wire;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0ul, "00")]
    [InlineData(127ul, "7f")]
    [InlineData(128ul, "8001")]
    [InlineData(300ul, "ac02")]
    [InlineData(0x7fff_ffff_ffff_fffful, "ffffffffffffffff7f")]
    public void A_number_has_one_encoding(ulong value, string hex)
    {
        byte[] target = new byte[Varint.BytesMax];
        int written = Varint.Write(target, value);
        Assert.Equal(hex, Convert.ToHexStringLower(target.AsSpan(0, written)));
        Assert.Equal(written, Varint.Length(value));
        Assert.Equal(ReadOutcome.Done, Varint.TryRead(target, out ulong read, out int consumed));
        Assert.Equal((value, written), (read, consumed));
    }

    [Theory]
    [InlineData("8000")]
    [InlineData("ff00")]
    [InlineData("ffffffffffffffffff01")]
    public void A_longer_encoding_than_needed_or_allowed_is_refused(string hex) =>
        Assert.Equal(ReadOutcome.Invalid, Varint.TryRead(Convert.FromHexString(hex), out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffff")]
    public void A_number_that_breaks_off_needs_more(string hex) =>
        Assert.Equal(ReadOutcome.NeedMore, Varint.TryRead(Convert.FromHexString(hex), out _, out _));
}

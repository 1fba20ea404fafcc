using Ledger.Network.Wire;

namespace Ledger.Network.Tests.Wire;

public sealed class MultistreamTests
{
    [Fact]
    public void A_message_is_its_length_its_text_and_a_line_feed()
    {
        Assert.Equal("036e610a", Convert.ToHexStringLower(MultistreamMessage.Encode("na")));
        byte[] header = MultistreamMessage.Encode(MultistreamMessage.Header);
        Assert.Equal(ReadOutcome.Done, MultistreamMessage.TryRead(header, out string text, out int consumed));
        Assert.Equal((MultistreamMessage.Header, header.Length), (text, consumed));
        for (int length = 0; length < header.Length; length++)
        {
            Assert.Equal(
                ReadOutcome.NeedMore, MultistreamMessage.TryRead(header.AsSpan(0, length), out _, out _));
        }
    }

    [Theory]
    [InlineData("00")]
    [InlineData("036e6161")]
    [InlineData("036e000a")]
    [InlineData("03c3a90a")]
    [InlineData("8202")]
    public void What_is_no_line_of_printable_text_is_refused(string hex) => Assert.Equal(
        ReadOutcome.Invalid, MultistreamMessage.TryRead(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void The_responder_greets_refuses_what_it_does_not_speak_and_takes_the_first_that_it_does()
    {
        MultistreamResponder responder = new(protocol => protocol == "/b/1");
        Assert.True(responder.TryAnswer(MultistreamMessage.Header, out string answer));
        Assert.Equal(MultistreamMessage.Header, answer);
        Assert.True(responder.TryAnswer("/a/1", out answer));
        Assert.Equal(MultistreamMessage.NotAvailable, answer);
        Assert.Null(responder.Chosen);
        Assert.True(responder.TryAnswer("/b/1", out answer));
        Assert.Equal("/b/1", answer);
        Assert.Equal("/b/1", responder.Chosen);
    }

    [Fact]
    public void The_responder_hears_nothing_before_the_header_and_not_proposals_without_end()
    {
        Assert.False(new MultistreamResponder(_ => true).TryAnswer("/a/1", out _));
        MultistreamResponder responder = new(_ => false);
        Assert.True(responder.TryAnswer(MultistreamMessage.Header, out _));
        for (int proposal = 0; proposal < MultistreamResponder.ProposalsMax; proposal++)
            Assert.True(responder.TryAnswer("/a/1", out _));
        Assert.False(responder.TryAnswer("/a/1", out _));
    }
}

using System.Numerics;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

public class HeaderChainTests
{
    [Fact]
    public void The_first_three_headers_of_main_are_linked()
    {
        Assert.True(HeaderChain.TryParse(
            MainnetBlocks.FirstThreeHeaders, BitcoinNetwork.Main, out HeaderChain? chain, out _));
        Assert.Equal(3, chain.Count);
        Assert.Equal(MainnetBlocks.GenesisHash, chain.First.ToString());
        Assert.Equal("000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd", chain.Last.ToString());
        Assert.Equal(new BigInteger(3L * 0x1_0001_0001), chain.Work.Hashes);
        Assert.Equal(2, chain.IndexOf(chain.Last));
    }

    [Fact]
    public void A_header_left_out_swapped_or_repeated_breaks_the_link()
    {
        byte[] headers = MainnetBlocks.FirstThreeHeaders;
        Assert.True(Parse(headers, out _));

        Assert.False(Parse([.. headers[..80], .. headers[160..]], out SpvError error));
        Assert.Equal(new SpvError(SpvFault.LinkBroken, 84), error);
        Assert.False(Parse([.. headers[80..160], .. headers[..80]], out error));
        Assert.Equal(SpvFault.LinkBroken, error.Fault);
        Assert.False(Parse([.. headers[..80], .. headers[..80]], out error));
        Assert.Equal(SpvFault.LinkBroken, error.Fault);
    }

    [Fact]
    public void A_changed_byte_in_any_header_is_refused_at_that_header()
    {
        for (int at = 0; at < MainnetBlocks.FirstThreeHeaders.Length; at++)
        {
            byte[] changed = MainnetBlocks.FirstThreeHeaders.ToArray();
            changed[at] ^= 1;

            Assert.False(Parse(changed, out SpvError error));
            Assert.Equal(at / 80, error.Offset / 80);
        }
    }

    [Fact]
    public void Lengths_that_are_no_multiple_of_80_and_none_at_all_are_refused()
    {
        Assert.True(Parse(MainnetBlocks.FirstThreeHeaders.AsSpan(0, 80), out _));
        foreach (int length in (int[])[0, 79, 81, 159])
        {
            Assert.False(Parse(MainnetBlocks.FirstThreeHeaders.AsSpan(0, length), out SpvError error));
            Assert.Equal(new SpvError(SpvFault.LinksLength, length), error);
            Assert.Equal(SpvStep.Links, error.Step);
        }
    }

    [Fact]
    public void A_run_longer_than_the_limit_is_refused_before_it_is_read()
    {
        byte[] many = new byte[(HeaderChain.MaximumHeaders + 1) * BitcoinHeader.Size];

        Assert.False(Parse(many, out SpvError error));
        Assert.Equal(SpvFault.TooManyHeaders, error.Fault);
        Assert.False(Parse(many.AsSpan(BitcoinHeader.Size), out error));
        Assert.Equal(SpvFault.TargetZero, error.Fault);
    }

    [Fact]
    public void A_header_easier_than_the_network_allows_is_no_link()
    {
        byte[] cheap = TestProof.Mine(new byte[32], 0x207fffff, Digest.Zero);
        Assert.True(HeaderChain.TryParse(cheap, BitcoinNetwork.Regtest, out _, out _));

        Assert.False(HeaderChain.TryParse(cheap, BitcoinNetwork.Main, out _, out SpvError error));
        Assert.Equal(SpvFault.TargetAboveLimit, error.Fault);
    }

    private static bool Parse(ReadOnlySpan<byte> bytes, out SpvError error) =>
        HeaderChain.TryParse(bytes, BitcoinNetwork.Main, out _, out error);
}

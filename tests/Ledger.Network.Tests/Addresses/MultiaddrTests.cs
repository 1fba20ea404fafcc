using Ledger.Network.Addresses;

namespace Ledger.Network.Tests.Addresses;

public sealed class MultiaddrTests
{
    // From the specification of peer ids (base58 and CID of one key), and of multiaddr.
    private const string Rsa = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
    private const string Secp256k1 = "16Uiu2HAm2dSCBFxuge46aEt7U1oejtYuBUZXxASHqmcfVmk4gsbx";

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/4001", "047f000001060fa1")]
    [InlineData("/ip6/::1/tcp/0", "2900000000000000000000000000000001060000")]
    [InlineData("/dns/peer.example/tcp/443", "350c706565722e6578616d706c650601bb")]
    [InlineData("/dns4/a/tcp/1", "360161060001")]
    [InlineData("/dns6/a/tcp/65535", "37016106ffff")]
    public void An_address_has_a_text_and_bytes(string text, string hex)
    {
        Assert.True(Multiaddr.TryParse(text, out Multiaddr? address, out _));
        Assert.Equal(text, address.ToString());
        Assert.Equal(hex, Convert.ToHexStringLower(address.Encode()));
        Assert.True(Multiaddr.TryParse(Convert.FromHexString(hex), out Multiaddr? again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData(Rsa)]
    [InlineData(Secp256k1)]
    public void A_peer_may_stand_behind_the_port_in_both_forms(string peer)
    {
        Assert.True(Multiaddr.TryParse($"/ip4/192.0.2.1/tcp/1/p2p/{peer}", out Multiaddr? address, out _));
        Assert.Equal(peer, address.Peer!.ToString());
        Assert.True(Multiaddr.TryParse(address.Encode(), out Multiaddr? again));
        Assert.Equal(address, again);
        string cid = address.Peer.ToCid();
        Assert.True(Multiaddr.TryParse($"/ip4/192.0.2.1/tcp/1/p2p/{cid}", out Multiaddr? byCid, out _));
        Assert.Equal(address, byCid);
    }

    [Theory]
    [InlineData("", "/ip4/HOST/tcp/PORT")]
    [InlineData("/ip4/127.0.0.1", "/ip4/HOST/tcp/PORT")]
    [InlineData("/ip4/127.0.0.1/udp/1", "/ip4/HOST/tcp/PORT")]
    [InlineData("/unix/a/tcp/1", "'unix'")]
    [InlineData("/ip4/127.1/tcp/1", "'127.1'")]
    [InlineData("/ip4/::1/tcp/1", "'::1'")]
    [InlineData("/ip6/fe80::1%eth0/tcp/1", "'fe80::1%eth0'")]
    [InlineData("/dns/A.example/tcp/1", "'A.example'")]
    [InlineData("/dns/-a/tcp/1", "'-a'")]
    [InlineData("/ip4/127.0.0.1/tcp/65536", "'65536'")]
    [InlineData("/ip4/127.0.0.1/tcp/01", "'01'")]
    [InlineData("/ip4/127.0.0.1/tcp/1/p2p/x", "/p2p/PEER")]
    [InlineData("/ip4/127.0.0.1/tcp/1/ws", "/p2p/PEER")]
    public void What_is_no_address_is_refused_with_what_is_wrong(string text, string said)
    {
        Assert.False(Multiaddr.TryParse(text, out _, out string? problem));
        Assert.Contains(said, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("047f000001060fa1a503", "a peer without its length")]
    [InlineData("047f000001060fa100", "a byte behind")]
    [InlineData("047f000001910fa1", "another transport")]
    [InlineData("84007f000001060fa1", "a number longer than needed")]
    public void Bytes_that_are_no_address_are_refused(string hex, string why)
    {
        Assert.False(Multiaddr.TryParse(Convert.FromHexString(hex), out _), why);
    }

    [Theory]
    [InlineData("16Uiu2HAm2dSCBFxuge46aEt7U1oejtYuBUZXxASHqmcfVmk4gsb0", "a letter that base58 lacks")]
    [InlineData("16Uiu2HAm2dSCBFxuge46aEt7U1oejtYuBUZXxASHqmcfVmk4gs", "too short for its hash")]
    [InlineData("bafzaajaiaejcal72gwu", "a CID that breaks off")]
    [InlineData("BAFZAAJAIAEJCBK", "a CID in capitals")]
    public void What_is_no_peer_id_is_refused(string text, string why)
    {
        Assert.True(PeerId.TryParse(Secp256k1, out _));
        Assert.False(PeerId.TryParse(text, out _), why);
    }
}

using Ledger.Network.Addresses;
using Ledger.Network.Chain;
using Ledger.Network.Identity;
using Ledger.Network.Tests.TestKit;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Tests.Chain;

/// <summary>Who is let in, who is found, and what is shown of them.</summary>
[Trait("Tier", "process")]
public sealed class ChainAdmissionTests
{
    [Fact]
    public async Task A_stranger_is_not_admitted()
    {
        await using ChainNode member = ChainNode.Start();
        await using ChainNode here = ChainNode.Start([member], admits: peer => peer == member.Identity);
        await using ChainNode stranger = ChainNode.Start([here]);
        await Eventually.HoldsAsync(() => here.Peers.Refusals.NotAdmitted > 0, "the stranger was there");
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "the member");
        Assert.Equal(member.Identity, Assert.Single(here.Peers.Connected));
        Assert.Null(await stranger.AskAsync(here, Question.Head, [1]));

        await using ChainNode open = ChainNode.Start(
            rules: new BrokenChainRules.EverybodyIsAdmitted(), admits: _ => false);
        await using ChainNode another = ChainNode.Start([open]);
        await Eventually.HoldsAsync(() => open.Peers.Connected.Length == 1, "the stranger, without the rule");
    }

    [Fact]
    public async Task A_peer_that_the_configuration_names_no_more_is_let_go()
    {
        bool named = true;
        await using ChainNode here = ChainNode.Start(admits: _ => Volatile.Read(ref named));
        await using ChainNode other = ChainNode.Start([here]);
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "a connection");
        here.Peers.Review();
        Assert.Single(here.Peers.Connected);
        Volatile.Write(ref named, false);
        here.Peers.Review();
        await Eventually.HoldsAsync(() => here.Peers.Connected.IsEmpty, "the end of the connection");
        await Eventually.HoldsAsync(() => here.Peers.Refusals.NotAdmitted > 0, "its next attempt");
        Assert.Empty(here.Peers.Connected);
        Volatile.Write(ref named, true);
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "the peer is back");
    }

    [Fact]
    public async Task Connected_peers_are_in_order_and_described()
    {
        await using ChainNode here = ChainNode.Start();
        List<ChainNode> others = [.. Enumerable.Range(0, 5).Select(_ => ChainNode.Start([here]))];
        PeerIdentity[] expected = [.. others.Select(other => other.Identity).Order()];
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 5, "all connections");
        Assert.Equal(expected, here.Peers.Connected);
        await Eventually.HoldsAsync(
            () => here.Peers.Peers.All(peer => peer is { Agent: not null, Gossip: not null }), "all descriptions");
        foreach ((PeerIdentity identity, ChainPeer peer) in expected.Zip(here.Peers.Peers))
        {
            ChainNode other = others.Single(other => other.Identity == identity);
            Assert.Equal(other.Key.Peer, peer.Peer);
            Assert.Equal("ledger-test", peer.Agent);
            Assert.Equal(HostKind.Ip4, peer.Address.Kind);
            Assert.Equal(other.Peers.Addresses, peer.Announced.Select(address => address with { Peer = peer.Peer }));
            Assert.False(peer.DialledHere);
            Assert.True(Assert.Single(other.Peers.Peers).DialledHere);
            Assert.Equal((0, 0, 0, 0), (peer.Gossip!.Unsent, peer.Gossip.Unheard, peer.Gossip.Blamed, peer.Refused));
        }
        await ChainNode.EndAsync([.. others]);
        await Eventually.HoldsAsync(() => here.Peers.Connected.IsEmpty, "the end of all connections");
    }

    [Fact]
    public async Task A_peer_that_comes_back_is_found_and_asked_again()
    {
        using PeerKey key = PeerKey.Generate();
        ChainNode first = ChainNode.Start(key: key);
        Multiaddr address = first.Peers.Addresses[0];
        await using ChainNode here = ChainNode.Start([first]);
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "a connection");
        await first.DisposeAsync();
        await Eventually.HoldsAsync(() => here.Peers.Connected.IsEmpty, "the peer is gone");
        await using ChainNode again = ChainNode.Start(key: key, listen: address with { Peer = null });
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "the peer is back");
        Assert.Equal([(byte)Question.Head, 1], await here.AskAsync(again, Question.Head, [1]));
    }

    [Fact]
    public async Task Peers_start_once_with_a_listener_and_with_addresses_that_name_their_peers()
    {
        using PeerKey key = PeerKey.Generate();
        ChainPeersOptions options = new()
        {
            Identity = key, Chain = ChainNode.ChainOf("one"), Admits = _ => true, Listen = [Hosts.AnyPort],
        };
        Assert.Throws<ArgumentException>(() => new ChainPeers(options with { Dial = [Hosts.AnyPort] }));
        await using ChainPeers peers = new(options);
        Assert.Throws<InvalidOperationException>(peers.Start);
        Assert.Empty(peers.Connected);
        peers.Say(new byte[] { 1 });
        await using ChainNode listener = ChainNode.Start();
        peers.Listen(listener);
        Assert.Throws<InvalidOperationException>(() => peers.Listen(listener));
        peers.Start();
        Assert.Throws<InvalidOperationException>(peers.Start);

        await using ChainPeers second = new(options with { Listen = [peers.Addresses[0] with { Peer = null }] });
        second.Listen(listener);
        NetworkException taken = Assert.Throws<NetworkException>(second.Start);
        Assert.Contains("cannot be listened on", taken.Message, StringComparison.Ordinal);
    }
}

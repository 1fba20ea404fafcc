using Ledger.Core.Chain;
using Ledger.Network.Identity;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>Whom a node lets in and lists: whoever the configuration in force names.</summary>
public sealed class PeerListTests
{
    [Fact]
    public void Validators_and_observers_of_the_configuration_in_force_are_admitted_and_nobody_before()
    {
        using PeerKey alpha = PeerKey.Generate(), observer = PeerKey.Generate(), stranger = PeerKey.Generate();
        PeerAdmission admission = new();
        Assert.False(Admits(alpha));
        Assert.True(admission.Take(With(alpha, observer)));
        Assert.False(admission.Take(With(alpha, observer)));
        Assert.True(Admits(alpha));
        Assert.True(Admits(observer));
        Assert.False(Admits(stranger));
        // A validator without a peer id lets nobody in by its silence.
        Assert.False(admission.Admits(PeerIdentity.Of([])));

        Assert.True(admission.Take(With(alpha, stranger)));
        Assert.False(Admits(observer));
        Assert.True(Admits(stranger));

        bool Admits(PeerKey key) => admission.Admits(PeerIdentity.Of(key.Peer.Bytes));
    }

    [Fact]
    public void A_node_without_peers_lists_who_should_be_there()
    {
        using PeerKey alpha = PeerKey.Generate(), observer = PeerKey.Generate();
        PeersModel list = PeerList.Of(With(alpha, observer), "alpha", peers: null);
        Assert.Equal(
            [("alpha", alpha.Peer.ToString(), true, true), ("observer", observer.Peer.ToString(), false, false)],
            list.Peers.Select(peer => (peer.Name, peer.Peer, peer.Self, peer.Connected)));
        Assert.All(list.Peers, peer => Assert.Null(peer.Address ?? peer.Direction ?? peer.Agent));
        Assert.Equal("", PeerList.Of(TestNetwork.Genesis.Configuration, null, null).Peers[0].Peer);
    }

    private static Configuration With(PeerKey validator, PeerKey observer)
    {
        Configuration configuration = TestNetwork.Genesis.Configuration;
        return new Configuration
        {
            Validators = [configuration.Validators[0] with { Peer = validator.Peer.Bytes.ToArray() }],
            Observers = [observer.Peer.Bytes.ToArray()],
            Admission = configuration.Admission,
            Parameters = configuration.Parameters,
            Change = 1,
        };
    }
}

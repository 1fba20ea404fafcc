using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Network.Chain;
using Ledger.Runtime;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Hosting;

/// <summary>
/// Who may connect: the validators and observers of the configuration in force, and nobody before the node knows it.
/// Thread-safe.
/// </summary>
internal sealed class PeerAdmission
{
    private volatile Named _named = new(null, []);

    public bool Admits(PeerIdentity peer) => _named.Peers.Contains(peer);

    /// <summary>Follows the node until the token fires: whoever a new configuration names no more is let go.</summary>
    public async Task FollowAsync(LedgerNode node, ChainPeers peers, CancellationToken stop)
    {
        using NodeEvents.Subscription events = node.Events.Subscribe();
        try
        {
            await foreach (NodeEvent happened in events.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                if ((happened is BlockSettledEvent or JoinedBySnapshot) && Take(node.Head.Configuration))
                {
                    peers.Review();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>True where it is another configuration than before.</summary>
    public bool Take(Configuration configuration)
    {
        if (_named.By == configuration.Digest)
        {
            return false;
        }

        IEnumerable<ReadOnlyMemory<byte>> ids =
            [.. configuration.Validators.Select(validator => validator.Peer), .. configuration.Observers];
        _named = new Named(
            configuration.Digest, [.. ids.Where(id => !id.IsEmpty).Select(id => PeerIdentity.Of(id.Span))]);
        return true;
    }

    private sealed record Named(Digest? By, HashSet<PeerIdentity> Peers);
}

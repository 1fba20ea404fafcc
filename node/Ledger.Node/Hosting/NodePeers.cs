using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Network;
using Ledger.Network.Addresses;
using Ledger.Network.Chain;
using Ledger.Runtime;

namespace Ledger.Node.Hosting;

/// <summary>The node's peers: made before the node, started once it listens to them, disposed after it.</summary>
internal sealed class NodePeers : IAsyncDisposable
{
    private readonly PeerAdmission _admission = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;

    public NodePeers(PeerSettings settings, ChainId chain) => Peers = new ChainPeers(new ChainPeersOptions
    {
        Identity = settings.Key,
        Chain = chain,
        Admits = _admission.Admits,
        Listen = settings.Listen,
        Announce = settings.Announce,
        Dial = settings.Peers,
        Agent = $"ledger/{typeof(NodePeers).Assembly.GetName().Version!.ToString(3)}",
    });

    public ChainPeers Peers { get; }

    /// <summary>Listens and dials.</summary>
    /// <param name="node">Has said that it is started.</param>
    /// <exception cref="NodeFolderException">An address cannot be listened on.</exception>
    public void Start(LedgerNode node)
    {
        _admission.Take(node.Head.Configuration);
        try
        {
            Peers.Start();
        }
        catch (NetworkException exception)
        {
            throw new NodeFolderException(
                $"{exception.Message} Change 'p2p.listen' in node.json, or end what listens there.");
        }

        _following = _admission.FollowAsync(node, Peers, _stop.Token);
    }

    /// <summary>
    /// What keeps other nodes from letting this one in: the configuration in force names another peer for its
    /// validator.
    /// </summary>
    public string? FindMismatch(Validator? self) =>
        self is null || self.Peer.Span.SequenceEqual(Peers.Self.Bytes) ? null
        : $"The configuration in force names {Named(self)} as the peer of {self.Name}, and this node's peer key is that "
            + $"of {Peers.Self}: other nodes will not let it in. Put the right key file in place; keys.peer in node.json "
            + "names it.";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        await Peers.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private static string Named(Validator validator) =>
        PeerId.TryParse(validator.Peer.Span, out PeerId? peer) ? peer.ToString() : "nobody";
}

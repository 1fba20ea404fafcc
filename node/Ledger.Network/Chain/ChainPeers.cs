using System.Collections.Immutable;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Protocols;
using Ledger.Network.PubSub;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Chain;

/// <summary>
/// The other nodes of one chain over libp2p. Consensus messages and batches of records travel by gossip, questions on
/// streams of their own. Thread-safe; no call waits. Disposing ends every connection and task; after that, as before
/// <see cref="Start"/>, what is said goes nowhere and every question comes back without an answer.
/// </summary>
public sealed partial class ChainPeers : IPeers, IAsyncDisposable
{
    private readonly ChainPeersOptions _options;
    private readonly ChainRules _rules;
    private readonly string _scope;
    private readonly ImmutableDictionary<Question, RequestProtocol> _protocols;
    private readonly OwnedTasks _tasks = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private ImmutableArray<PeerIdentity> _connected = [];
    private IPeerListener? _listener;
    private PeerHost? _host;
    private PubSubHost? _gossip;

    /// <summary>Prepares; nothing happens before <see cref="Start"/>.</summary>
    /// <exception cref="ArgumentException">An address to dial does not name its peer.</exception>
    public ChainPeers(ChainPeersOptions options)
    {
        if (options.Dial.FirstOrDefault(address => address.Peer is null) is { } nameless)
        {
            throw new ArgumentException(
                $"{nameless} does not say whose address it is: /p2p/PEER is missing.", nameof(options));
        }
        (_options, _rules) = (options, options.Rules);
        _stopping = _stop.Token;
        _scope = _rules.ScopeOf(options.Chain);
        _protocols = Enum.GetValues<Question>().ToImmutableDictionary(
            question => question, question => _rules.LimitsOf(ChainProtocols.Of(_scope, question)));
        _waiting = options.Time.CreateTimer(
            _ => ShareWaiting(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Who this node is.</summary>
    public PeerId Self => _options.Identity.Peer;

    /// <summary>Where it listens, with the ports that were taken; each names this node.</summary>
    public IReadOnlyList<Multiaddr> Addresses =>
        [.. (_host?.Addresses ?? []).Select(address => address with { Peer = Self })];

    /// <inheritdoc/>
    public ImmutableArray<PeerIdentity> Connected => _connected;

    /// <summary>The connected peers, in the order of their ids.</summary>
    public IReadOnlyList<ChainPeer> Peers =>
        [.. (_host?.Connected ?? []).OrderBy(peer => peer.Peer).Select(peer => Describe(peer))];

    /// <summary>What was turned away since the start.</summary>
    public PeerRefusals Refusals => _host?.Refusals ?? new(0, 0, 0, 0, 0, 0);

    /// <summary>What gossip came to since the start.</summary>
    public PubSubFigures Gossip => _gossip?.Figures ?? new(0, 0, 0, 0, 0, 0, ImmutableDictionary<string, long>.Empty);

    /// <summary>Tasks that run now: none once this is disposed.</summary>
    internal int TaskCount => _tasks.Count + (_gossip?.TaskCount ?? 0) + (_host?.TaskCount ?? 0);

    /// <inheritdoc/>
    public void Listen(IPeerListener listener)
    {
        if (Interlocked.CompareExchange(ref _listener, listener, null) is not null)
            throw new InvalidOperationException("Peers have one listener.");
    }

    /// <summary>Listens, and dials the peers whose addresses are known, for ever.</summary>
    /// <exception cref="NetworkException">An address cannot be listened on.</exception>
    /// <exception cref="InvalidOperationException">Nobody listens to what peers say, or it is started.</exception>
    public void Start()
    {
        if (_listener is null || _gossip is not null)
            throw new InvalidOperationException("Peers are started once, after they have a listener.");
        PeerHostOptions options = new()
        {
            Identity = _options.Identity,
            Listen = _options.Listen,
            Announce = _options.Announce,
            Admits = Admits,
            Limits = _options.Limits,
            Agent = _options.Agent,
            Time = _options.Time,
        };
        PeerHost host = PeerHost.Start(options, Prepare);
        Volatile.Write(ref _host, host);
        foreach (IGrouping<PeerId, Multiaddr> addresses in _options.Dial.GroupBy(address => address.Peer!))
            host.KeepConnected(addresses.Key, [.. addresses]);
    }

    /// <summary>
    /// Lets go whoever is not admitted any more. For whoever changes what <see cref="ChainPeersOptions.Admits"/> says.
    /// </summary>
    public void Review()
    {
        if (_host is not { } host)
            return;
        foreach (ConnectedPeer peer in host.Connected.Where(peer => !Admits(peer.Peer)))
            host.Disconnect(peer.Peer, "The configuration in force does not name the peer.");
    }

    /// <summary>Ends every connection, answers with nothing what is still asked, waits until nothing runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _waiting.DisposeAsync();
        await _tasks.DrainAsync();
        if (_gossip is not null)
            await _gossip.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
        _stop.Dispose();
    }

    internal static PeerIdentity IdentityOf(PeerId peer) => PeerIdentity.Of(peer.Bytes);

    private bool Admits(PeerId peer) => _rules.IsAdmitted(_options.Admits(IdentityOf(peer)));

    /// <summary>Before the first connection, so that no peer finds a topic or a protocol missing.</summary>
    private void Prepare(PeerHost host)
    {
        host.Observe(Changed);
        _servers = [.. _protocols.Select(protocol => Serve(host, protocol.Key, protocol.Value))];
        // A block that waits for votes must not wait for records.
        string consensus = ChainProtocols.Consensus(_scope);
        PubSubHost gossip = PubSubHost.Start(host, _options.Gossip with
        {
            Time = _options.Time,
            Gossip = _options.Gossip.Gossip with { First = new HashSet<string>(StringComparer.Ordinal) { consensus } },
        });
        gossip.Join(consensus, JudgeMessageAsync);
        gossip.Join(ChainProtocols.Records(_scope), JudgeBatchAsync, _rules.BatchesAtOnce);
        Volatile.Write(ref _gossip, gossip);
    }

    private void Changed(PeerConnection connection, bool isConnected)
    {
        PeerIdentity peer = IdentityOf(connection.Peer);
        ImmutableInterlocked.Update(
            ref _connected,
            static (list, change) =>
            {
                int at = list.BinarySearch(change.peer);
                return (at >= 0) == change.isConnected ? list
                    : change.isConnected ? list.Insert(~at, change.peer)
                    : list.RemoveAt(at);
            },
            (peer, isConnected));
    }

    private ChainPeer Describe(ConnectedPeer peer) => new(
        peer.Peer,
        peer.Address,
        peer.DialledHere,
        peer.Description?.Agent,
        peer.Description?.Addresses ?? [],
        _gossip?.FiguresOf(peer.Peer),
        _servers.Sum(server => server.RefusedOf(peer.Peer)));
}

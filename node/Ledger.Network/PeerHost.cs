using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;
using Ledger.Network.Protocols;

namespace Ledger.Network;

/// <summary>Serves one stream of a peer. When it returns, the stream is closed; when it throws, reset.</summary>
public delegate Task PeerStreamHandler(PeerStream stream, CancellationToken stop);

/// <summary>
/// A libp2p peer: listens, dials, secures, admits, and gives streams by protocol. Identify, identify-push and ping are
/// spoken from the start. Thread-safe. Disposing ends every connection and task.
/// </summary>
public sealed partial class PeerHost : IAsyncDisposable
{
    private readonly PeerHostOptions _options;
    private readonly X509Certificate2 _certificate;
    private readonly Handshake _handshake;
    private readonly HandshakeGate _gate;
    private readonly ConnectionTable _table;
    private readonly OwnedTasks _tasks = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _listeners = [];
    private readonly ConcurrentDictionary<string, PeerStreamHandler> _handlers = new(StringComparer.Ordinal);
    private readonly Pulse _changed = new();
    private readonly Identify _identify;

    private long _handshakesRefused;
    private long _handshakesFailed;
    private long _notAdmitted;
    private long _noPlace;
    private long _streamsRefused;
    private long _throttled;

    private PeerHost(PeerHostOptions options)
    {
        _options = options;
        Stopping = _stop.Token;
        _certificate = PeerCertificate.Create(options.Identity, options.Time.GetUtcNow());
        _handshake = new(_certificate, options.Time);
        _gate = new(options.Limits.HandshakesMax, options.Limits.HandshakesPerAddressMax);
        _table = new(options.Identity.Peer, options.Limits.ConnectionsMax);
        _table.Observe((connection, isConnected) => Changed(connection, isConnected));
        _identify = new(this, options);
        Handle(Identify.Protocol, _identify.AnswerAsync);
        Handle(Identify.PushProtocol, _identify.HearPushAsync);
        Handle(Ping.Protocol, Ping.AnswerAsync);
    }

    /// <summary>Who this node is.</summary>
    public PeerId Peer => _options.Identity.Peer;

    /// <summary>Where it listens, with the ports that were taken.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; private set; } = [];

    /// <summary>The peers connected now.</summary>
    public IReadOnlyList<ConnectedPeer> Connected => [.. _table.All.Select(connection => new ConnectedPeer(
        connection.Peer, connection.RemoteAddress, connection.IsDialer, connection.Description,
        connection.Session.StreamCount, connection.Session.Unread))];

    /// <summary>What was turned away.</summary>
    public PeerRefusals Refusals => new(
        Volatile.Read(ref _handshakesRefused),
        Volatile.Read(ref _handshakesFailed),
        Volatile.Read(ref _notAdmitted),
        Volatile.Read(ref _noPlace),
        Volatile.Read(ref _streamsRefused) + _table.All.Sum(connection => connection.Session.StreamsRefused),
        Volatile.Read(ref _throttled) + _table.All.Sum(connection => connection.Throttled));

    /// <summary>Tasks that run now: none once the host is disposed.</summary>
    internal int TaskCount => _tasks.Count;

    internal PeerConnection? FindConnection(PeerId peer) => _table.Find(peer);

    internal IEnumerable<string> Protocols => _handlers.Keys.Order(StringComparer.Ordinal);

    internal IReadOnlyList<Multiaddr> Announced => _options.Announce.Count > 0 ? _options.Announce : Addresses;

    /// <summary>Cancelled when the host ends.</summary>
    internal CancellationToken Stopping { get; }

    /// <summary>Completes at the next change of who is connected.</summary>
    internal Task NextChange => _changed.Next;

    /// <summary>Listens and serves.</summary>
    /// <exception cref="NetworkException">An address cannot be listened on.</exception>
    public static PeerHost Start(PeerHostOptions options) => Start(options, static _ => { });

    /// <param name="prepare">
    /// Called before the first connection: what a host speaks from the start, no peer finds missing.
    /// </param>
    internal static PeerHost Start(PeerHostOptions options, Action<PeerHost> prepare)
    {
        PeerHost host = new(options);
        prepare(host);
        try
        {
            host.Listen();
        }
        catch
        {
            host.CloseListeners();
            throw;
        }
        return host;
    }

    /// <summary>Speaks one more protocol, or one less. Peers learn of it by identify-push.</summary>
    public void Handle(string protocol, PeerStreamHandler? handler)
    {
        if (handler is null)
            _handlers.TryRemove(protocol, out _);
        else
            _handlers[protocol] = handler;
    }

    /// <summary>Opens a stream to a connected peer, and sends what may follow without waiting for its answer.</summary>
    /// <param name="peer">Whom to.</param>
    /// <param name="protocol">What to speak.</param>
    /// <param name="early">First bytes; they travel with the proposal, before the peer has agreed.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="NetworkException">Not connected, not spoken, too many streams, or too slow.</exception>
    public async Task<PeerStream> OpenStreamAsync(
        PeerId peer, string protocol, ReadOnlyMemory<byte> early = default, CancellationToken stop = default)
    {
        PeerConnection connection = _table.Find(peer)
            ?? throw new NetworkException(NetworkFault.Unreachable, $"The peer {peer} is not connected.");
        return await OpenStreamAsync(connection, protocol, early, stop);
    }

    /// <summary>Ends the connection to a peer, if there is one.</summary>
    public void Disconnect(PeerId peer, string reason) =>
        _table.Find(peer)?.End(GoAwayCode.Normal, NetworkFault.Closed, reason);

    /// <summary>Tells all connected peers how this node describes itself now.</summary>
    public void PushDescription()
    {
        foreach (PeerConnection connection in _table.All)
            connection.Tasks.TryRun(() => _identify.PushAsync(connection, connection.Over));
    }

    /// <summary>Ends every connection and waits until nothing runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        CloseListeners();
        await _tasks.DrainAsync();
        _certificate.Dispose();
        _stop.Dispose();
    }

    internal async Task<PeerStream> OpenStreamAsync(
        PeerConnection connection, string protocol, ReadOnlyMemory<byte> early, CancellationToken stop)
    {
        YamuxStream stream = connection.Session.Open();
        try
        {
            using CancellationTokenSource patience = Patience(stop);
            await InTimeAsync(
                () => Negotiation.ProposeAsync(stream, protocol, early, patience.Token), patience, stop);
            stream.Peer = connection.Peer;
            stream.Protocol = protocol;
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Calls back, in order, for each connection that comes (true) and goes (false), the present ones first.</summary>
    internal void Observe(Action<PeerConnection, bool> observer) => _table.Observe(observer);

    private CancellationTokenSource Patience(CancellationToken stop)
    {
        CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop.Token);
        patience.CancelAfter(_options.Limits.NegotiationTimeout);
        return patience;
    }

    private static async Task InTimeAsync(Func<Task> work, CancellationTokenSource patience, CancellationToken stop)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new NetworkException(NetworkFault.TimedOut, "The peer took too long.");
        }
    }
}

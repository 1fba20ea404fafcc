using Ledger.Network.Addresses;
using Ledger.Network.Connections;

namespace Ledger.Network.Protocols;

/// <summary>Serves one request protocol and holds each peer to its limits. Thread-safe.</summary>
public sealed class RequestServer
{
    // Peers that are gone are forgotten when so many are known.
    private const int PeersMax = 1_024;

    private readonly PeerHost _host;
    private readonly RequestProtocol _protocol;
    private readonly RequestHandler _handler;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Share> _shares = [];
    private long _refused;

    internal RequestServer(PeerHost host, RequestProtocol protocol, RequestHandler handler)
    {
        _host = host;
        _protocol = protocol;
        _handler = handler;
        host.Handle(protocol.Id, ServeAsync);
    }

    /// <summary>Requests that were reset because a peer had too many.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Of these, one peer's, as far as it is remembered: a peer that is gone may be forgotten.</summary>
    public long RefusedOf(PeerId peer)
    {
        lock (_gate)
            return _shares.TryGetValue(peer, out Share? share) ? share.Refused : 0;
    }

    private async Task ServeAsync(PeerStream stream, CancellationToken stop)
    {
        if (!TryEnter(stream.Peer))
        {
            Interlocked.Increment(ref _refused);
            stream.Reset();
            return;
        }
        try
        {
            byte[]? request = await Requests.InTimeAsync(
                _protocol, stop, token => LengthPrefixed.ReadAsync(stream, _protocol.RequestBytesMax, token));
            if (request is null)
                return;
            int responses = 0;
            await foreach (ReadOnlyMemory<byte> response in _handler(stream.Peer, request, stop))
            {
                if (response.Length > _protocol.ResponseBytesMax || ++responses > _protocol.ResponsesMax)
                    throw new InvalidOperationException($"The handler of {_protocol.Id} answers beyond its own limits.");
                byte[] encoded = LengthPrefixed.Encode(response.Span);
                await Requests.InTimeAsync(_protocol, stop, async token =>
                {
                    await stream.WriteAsync(encoded, token);
                    return true;
                });
            }
        }
        finally
        {
            Leave(stream.Peer);
        }
    }

    private bool TryEnter(PeerId peer)
    {
        lock (_gate)
        {
            if (!_shares.TryGetValue(peer, out Share? share))
            {
                if (_shares.Count >= PeersMax)
                    Forget();
                _shares[peer] = share = new(new TokenBucket(_protocol.PerSecond, _protocol.Burst));
            }
            if (share.Serving >= _protocol.AtOncePerPeer
                || share.Rate.Spend(1, Environment.TickCount64) > TimeSpan.Zero)
            {
                share.Refused++;
                return false;
            }
            share.Serving++;
            return true;
        }
    }

    private void Leave(PeerId peer)
    {
        lock (_gate)
            _shares[peer].Serving--;
    }

    private void Forget()
    {
        foreach ((PeerId peer, Share share) in _shares)
        {
            if (share.Serving == 0 && _host.FindConnection(peer) is null)
                _shares.Remove(peer);
        }
    }

    private sealed class Share(TokenBucket rate)
    {
        public TokenBucket Rate { get; } = rate;

        public int Serving { get; set; }

        public long Refused { get; set; }
    }
}

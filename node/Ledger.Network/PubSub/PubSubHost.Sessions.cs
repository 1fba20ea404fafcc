using System.Threading.Channels;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;
using Ledger.Network.Muxing;
using Ledger.Network.Protocols;

namespace Ledger.Network.PubSub;

/// <content>
/// One session for each connection: a stream of ours to speak on, and one of the peer's to hear from. Each RPC stands
/// behind its length.
/// </content>
public sealed partial class PubSubHost
{
    // Called under the host's own lock, so nothing here waits.
    private void Changed(PeerConnection connection, bool isConnected)
    {
        if (!isConnected || _stop.IsCancellationRequested)
            return;
        Session session = new(connection);
        _sessions[NameOf(connection.Peer)] = session;
        _tasks.TryRun(() => SpeakAsync(session));
    }

    private async Task SpeakAsync(Session session)
    {
        PeerConnection connection = session.Connection;
        PeerName name = NameOf(connection.Peer);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(connection.Over, _stop.Token);
        try
        {
            await using PeerStream stream = await OpenAsync(connection, stop.Token);
            bool outdated = stream.Protocol == ProtocolBefore;
            Locked(new GossipInput.PeerConnected(
                name, outdated ? PubSubProtocol.Meshsub10 : PubSubProtocol.Meshsub11, connection.IsDialer,
                connection.RemoteAddress.Host));
            session.Joined.SetResult();
            await foreach (ReadOnlyMemory<byte> rpc in session.Outgoing.Reader.ReadAllAsync(stop.Token))
            {
                await stream.WriteAsync(LengthPrefixed.Encode(rpc.Span), stop.Token);
                Locked(new GossipInput.RpcWritten(name));
            }
        }
        catch (NetworkException ended) when (ended.Fault != NetworkFault.ProtocolUnknown)
        {
            // Without its stream the peer would stay connected and hear nothing; dialling anew mends that.
            session.End("The stream of gossip ended.");
        }
        finally
        {
            session.Joined.TrySetCanceled(CancellationToken.None);
            Part(name, session);
        }
    }

    private void Part(PeerName name, Session session)
    {
        lock (_gate)
        {
            // A newer connection to the same peer has taken the name over.
            if (_sessions.TryRemove(KeyValuePair.Create(name, session)))
                Apply(new GossipInput.PeerGone(name));
        }
    }

    private async Task<PeerStream> OpenAsync(PeerConnection connection, CancellationToken stop)
    {
        try
        {
            return await _host.OpenStreamAsync(connection, Protocol, default, stop);
        }
        catch (NetworkException unknown) when (unknown.Fault == NetworkFault.ProtocolUnknown)
        {
            return await _host.OpenStreamAsync(connection, ProtocolBefore, default, stop);
        }
    }

    private async Task HearAsync(PeerStream stream, CancellationToken stop)
    {
        PeerName name = NameOf(stream.Peer);
        // The peer may speak before our own stream to it is open: its first words wait, or they would be a stranger's.
        if (!_sessions.TryGetValue(name, out Session? session))
            return;
        await session.Joined.Task.WaitAsync(stop);
        // A peer has one stream to speak on; a second one replaces the first.
        Interlocked.Exchange(ref session.Heard, stream)?.Reset();
        try
        {
            while (await LengthPrefixed.ReadAsync(stream, _options.Limits.Rpc.RpcBytesMax, stop) is { } rpc)
                Locked(new GossipInput.RpcHeard(name, rpc));
        }
        catch (NetworkException broken) when (broken.Fault == NetworkFault.ProtocolViolation)
        {
            Locked(new GossipInput.RpcTooLong(name));
        }
    }

    private sealed class Session(PeerConnection connection)
    {
        internal PeerStream? Heard;

        internal PeerConnection Connection { get; } = connection;

        /// <summary>Completes when the router knows the peer.</summary>
        internal TaskCompletionSource Joined { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What the router handed out: never more than its limit of frames in flight.</summary>
        internal Channel<ReadOnlyMemory<byte>> Outgoing { get; } =
            Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });

        /// <summary>Ends the connection, elsewhere: whoever asks may hold a lock.</summary>
        internal void End(string reason) => Connection.Tasks.TryRun(() =>
        {
            Connection.End(GoAwayCode.Normal, NetworkFault.Closed, reason);
            return Task.CompletedTask;
        });
    }

    private sealed class Topic(MessageJudge judge, int atOnce)
    {
        internal MessageJudge Judge { get; } = judge;

        /// <summary>One for each message that the judge may be at.</summary>
        internal SemaphoreSlim Places { get; } = new(atOnce);

        /// <summary>Messages not judged yet: bounded by what the router lets wait.</summary>
        internal Channel<GossipEffect.Deliver> Waiting { get; } =
            Channel.CreateUnbounded<GossipEffect.Deliver>(new() { SingleReader = true });
    }
}

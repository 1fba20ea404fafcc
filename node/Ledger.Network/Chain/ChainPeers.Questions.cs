using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Ledger.Network.Addresses;
using Ledger.Network.Protocols;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Chain;

/// <content>What one peer asks another: one message there, one back.</content>
public sealed partial class ChainPeers
{
    private readonly Lock _asking = new();
    private readonly Dictionary<(PeerIdentity Peer, Question Question), int> _asked = [];
    private ImmutableArray<RequestServer> _servers = [];
    private long _answersTooLong;

    /// <summary>Answers of this node that were longer than their protocol allows, and were not sent.</summary>
    public long AnswersTooLong => Volatile.Read(ref _answersTooLong);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The content is longer than the question's protocol allows.</exception>
    public void Ask(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answered)
    {
        RequestProtocol protocol = _protocols[question];
        if (content.Length > protocol.RequestBytesMax)
        {
            throw new ArgumentException(
                $"A question about {question} has at most {protocol.RequestBytesMax} bytes.", nameof(content));
        }
        if (!_tasks.TryRun(() => AskAsync(peer, question, content, answered)) && _rules.AnswersInAnyCase)
            answered(null);
    }

    private async Task AskAsync(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answered)
    {
        ReadOnlyMemory<byte>? answer = null;
        try
        {
            answer = await AnswerOfAsync(peer, question, content);
        }
        catch (Exception trouble) when (trouble is IOException or OperationCanceledException)
        {
            // Not connected, not spoken, reset, too late, or this node stops: all the same to whoever asked.
        }
        finally
        {
            if (answer is not null || _rules.AnswersInAnyCase)
                answered(answer);
        }
    }

    private async Task<ReadOnlyMemory<byte>?> AnswerOfAsync(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content)
    {
        if (_host is not { } host || !PeerId.TryParse(peer.ToBytes(), out PeerId? id))
            return null;
        RequestProtocol protocol = _protocols[question];
        if (!TryBegin(peer, question, protocol.AtOncePerPeer))
            return null;
        try
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
            patience.CancelAfter(protocol.Timeout);
            byte[]? answer = null;
            await foreach (byte[] response in Requests.AskAsync(host, id, protocol, content, patience.Token))
                answer = response;
            return answer;
        }
        finally
        {
            End(peer, question);
        }
    }

    /// <summary>What the other side would reset is not sent.</summary>
    private bool TryBegin(PeerIdentity peer, Question question, int max)
    {
        lock (_asking)
        {
            int asked = _asked.GetValueOrDefault((peer, question));
            if (asked == max)
                return false;
            _asked[(peer, question)] = asked + 1;
            return true;
        }
    }

    private void End(PeerIdentity peer, Question question)
    {
        lock (_asking)
        {
            if (--_asked[(peer, question)] == 0)
                _asked.Remove((peer, question));
        }
    }

    private RequestServer Serve(PeerHost host, Question question, RequestProtocol protocol) => Requests.Serve(
        host, protocol, (peer, content, stop) => AnswerAsync(question, protocol, peer, content, stop));

    /// <summary>Throwing resets the stream, which is how a peer learns that there is no answer.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> AnswerAsync(
        Question question, RequestProtocol protocol, PeerId peer, ReadOnlyMemory<byte> content,
        [EnumeratorCancellation] CancellationToken stop)
    {
        TaskCompletionSource<ReadOnlyMemory<byte>?> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _listener!.HearQuestion(IdentityOf(peer), question, content, answer => answered.TrySetResult(answer));
        ReadOnlyMemory<byte>? answer = await Requests.InTimeAsync(
            protocol, stop, token => new ValueTask<ReadOnlyMemory<byte>?>(answered.Task.WaitAsync(token)));
        if (answer is not { } bytes)
            throw new NetworkException(NetworkFault.Closed, "There is no answer.");
        if (bytes.Length > protocol.ResponseBytesMax)
        {
            Interlocked.Increment(ref _answersTooLong);
            throw new NetworkException(NetworkFault.LimitReached, "The answer is longer than may be sent.");
        }
        yield return bytes;
    }
}

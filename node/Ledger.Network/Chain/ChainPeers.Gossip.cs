using Ledger.Network.PubSub;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Chain;

/// <content>What goes to everybody, and comes from anybody.</content>
public sealed partial class ChainPeers
{
    /// <summary>As long as gossip waits for a verdict.</summary>
    private static readonly TimeSpan JudgingMax = TimeSpan.FromSeconds(30);

    private readonly Lock _sharing = new();
    private readonly RecordBatch _batch = new();
    private readonly ITimer _waiting;

    /// <summary>Peers in the mesh of the smaller topic.</summary>
    internal int MeshSize => _gossip is not { } gossip ? 0 : Math.Min(
        gossip.MeshSize(ChainProtocols.Consensus(_scope)), gossip.MeshSize(ChainProtocols.Records(_scope)));

    private TimeSpan Now => _options.Time.GetElapsedTime(0);

    /// <inheritdoc/>
    public void Say(ReadOnlyMemory<byte> message) => Publish(ChainProtocols.Consensus(_scope), message);

    /// <inheritdoc/>
    public void Share(ReadOnlyMemory<byte> record)
    {
        lock (_sharing)
        {
            bool isFirst = _batch.DueAt is null;
            if (_batch.Add(Now, record) is { } full)
            {
                ShareBatch(full);
                isFirst = true;
            }
            if (isFirst)
                Await();
        }
    }

    /// <summary>The batch has waited long enough.</summary>
    private void ShareWaiting()
    {
        lock (_sharing)
        {
            if (_batch.TakeIfDue(Now) is { } batch)
                ShareBatch(batch);
            Await();
        }
    }

    // Under the lock: batches leave in the order of their records.
    private void ShareBatch(byte[] batch) => Publish(ChainProtocols.Records(_scope), batch);

    private void Await()
    {
        if (_batch.DueAt is not { } due)
            return;
        TimeSpan left = due - Now;
        _waiting.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Publish(string topic, ReadOnlyMemory<byte> data)
    {
        // What the node says twice is meant for whoever was not there the first time.
        if (!_stopping.IsCancellationRequested)
            _gossip?.Publish(topic, data, _rules.SaysAgain);
    }

    private ValueTask<Verdict> JudgeMessageAsync(GossipMessage message, CancellationToken stop) =>
        new(_rules.VerdictOf(_listener!.Hear(message.Data)));

    private async ValueTask<Verdict> JudgeBatchAsync(GossipMessage message, CancellationToken stop)
    {
        if (!RecordBatch.TryParse(message.Data, out List<ReadOnlyMemory<byte>> records, out _))
            return Verdict.Reject;
        TaskCompletionSource<Worth> judged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _listener!.HearRecords(records, worth => judged.TrySetResult(worth));
        try
        {
            return _rules.VerdictOf(await judged.Task.WaitAsync(JudgingMax, _options.Time, stop));
        }
        catch (TimeoutException)
        {
            return Verdict.Ignore;
        }
    }
}

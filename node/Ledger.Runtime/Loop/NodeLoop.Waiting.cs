using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>What becomes of records that wait: shared again, frozen, and let go where nobody was promised anything.</summary>
internal sealed partial class NodeLoop
{
    /// <summary>A record that peers shared and that could not settle for so long is let go; whoever promised it shares it again.</summary>
    private const ulong HeardForMs = 60 * 60 * 1_000;

    /// <summary>Records shared again at one time: bounds what a long backlog says at once.</summary>
    private const int SharedAgainMax = 1_024;

    private static readonly TimeSpan WaitingPeriod = TimeSpan.FromSeconds(5);

    /// <summary>Freezes that were handed to this node, until they end.</summary>
    private readonly Dictionary<StreamId, (Freeze Freeze, UnixTime Until, Repetition Repetition)> _sharedFreezes = [];

    /// <summary>Heeds the recovery key's freeze and answers once that is durable. Safe from any thread.</summary>
    public Task<FreezeOutcome> FreezeAsync(Freeze freeze)
    {
        TaskCompletionSource<FreezeOutcome> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Post(() => Heed(freeze, share: true, answer.SetResult));
        return answer.Task;
    }

    private void Heed(Freeze freeze, bool share, Action<FreezeOutcome> answer)
    {
        StreamFreeze? before = _freezes.Of(freeze.Stream);
        FreezeOutcome outcome = _freezes.Heed(
            freeze, _head.Chain, _mempool.Stream(freeze.Stream), Now, _queue.Batch);
        if (outcome.Refusal is not null)
        {
            answer(outcome);
            return;
        }

        _queue.AfterSync(() =>
        {
            if (share)
            {
                _peers.Share(freeze.Bytes);
                _sharedFreezes[freeze.Stream] = (freeze, outcome.Heeded.Until, Repetition.After(Now));
            }

            answer(outcome);
        });
        _queue.IfFull(() =>
        {
            _freezes.Restore(freeze.Stream, before);
            answer(new FreezeOutcome(
                default, FreezeRefusal.DiskFull, "This node's disk is full; nothing was kept. Send it to another node."));
        });
    }

    /// <summary>Freezes travel as records do, among them.</summary>
    private void HearFreezes(IReadOnlyList<ReadOnlyMemory<byte>> items, Action<Worth> judged)
    {
        List<Freeze> freezes = [];
        foreach (ReadOnlyMemory<byte> item in items.Where(Freeze.IsOne))
        {
            if (!Freeze.TryParse(item, out Freeze? freeze, out _))
            {
                judged(Worth.Blame);
                return;
            }

            freezes.Add(freeze);
        }

        ReadOnlyMemory<byte>[] records = [.. items.Where(item => !Freeze.IsOne(item))];
        bool posted = TryPost(() =>
        {
            bool news = false;
            foreach (Freeze freeze in freezes)
            {
                Heed(freeze, share: false, outcome => news |= outcome.Refusal is null);
            }

            // Once they are durable, or were refused: what is no news goes no further.
            _queue.AfterSync(() =>
            {
                if (records.Length == 0)
                {
                    judged(news ? Worth.PassOn : Worth.Drop);
                }
                else
                {
                    HearRecords(records, worth => judged(worth == Worth.Drop && news ? Worth.PassOn : worth));
                }
            });
            _queue.IfFull(() => judged(Worth.Drop));
        });
        if (!posted)
        {
            judged(Worth.Drop);
        }
    }

    private IEnumerable<PendingRecord> Unfrozen(IEnumerable<PendingRecord> waiting)
    {
        UnixTime now = Now;
        return _rules.HeedsFreezes
            ? waiting.Where(pending => pending.IsByRecovery || !_freezes.IsFrozen(pending.Record.Stream, now))
            : waiting;
    }

    private void Share(PendingRecord pending)
    {
        _peers.Share(pending.Record.Bytes);
        pending.Repetition = Repetition.After(Now);
    }

    /// <summary>Heard of peers before, promised to somebody from now on.</summary>
    private void Acknowledge(RecordId id)
    {
        if (_mempool.TryGet(id, out PendingRecord pending) && !pending.IsAcknowledged)
        {
            pending.IsAcknowledged = true;
            pending.Repetition = Repetition.After(Now);
            _queue.Batch.Put(Table.Pending, StoreKeys.Number(pending.Arrival), pending.Row());
            _queue.IfFull(() => pending.IsAcknowledged = false);
        }
    }

    private void LookAfterWaiting()
    {
        ShareAgain();
        LetGo();
        _timers.Arm("waiting", WaitingPeriod, LookAfterWaiting);
    }

    /// <summary>What was lost on the way, or came while nobody was connected, comes again.</summary>
    private void ShareAgain()
    {
        if (!_rules.SharesAgain || _peers.Connected.IsEmpty)
        {
            return;
        }

        UnixTime now = Now;
        foreach (PendingRecord pending in _mempool.InOrder
            .Where(pending => pending.IsAcknowledged && !(pending.Repetition?.Next > now))
            .Take(SharedAgainMax))
        {
            _peers.Share(pending.Record.Bytes);
            pending.Repetition = pending.Repetition?.Again(now) ?? Repetition.After(now);
        }

        foreach ((StreamId stream, (Freeze freeze, UnixTime until, Repetition repetition)) in _sharedFreezes.ToArray())
        {
            if (until <= now)
            {
                _sharedFreezes.Remove(stream);
            }
            else if (repetition.Next <= now)
            {
                _peers.Share(freeze.Bytes);
                _sharedFreezes[stream] = (freeze, until, repetition.Again(now));
            }
        }
    }

    private void LetGo()
    {
        UnixTime now = Now;
        UnixTime before = new(now.Milliseconds - Math.Min(now.Milliseconds, HeardForMs));
        IReadOnlyList<PendingRecord> expired = _mempool.Expired(before, _rules.MayLetGo);
        if (expired.Count == 0)
        {
            return;
        }

        _mempool.Withdraw(expired, _head, now);
        foreach (PendingRecord pending in expired)
        {
            _queue.Batch.Delete(Table.Pending, StoreKeys.Number(pending.Arrival));
        }

        // A row that could not be deleted is read at the next start, and let go again.
        _queue.AfterSync(() =>
        {
            foreach (PendingRecord pending in expired)
            {
                _events.Publish(new RecordDisplaced(pending.Record.Id));
            }
        });
    }
}

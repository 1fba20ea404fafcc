using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>Takes records in: durable first, acknowledged afterwards.</summary>
internal sealed partial class NodeLoop
{
    /// <summary>Judges verified records in order and answers once what was accepted is durable. Safe from any thread.</summary>
    /// <param name="refusals">Those refused by their form or signature already; the rest is filled in.</param>
    public Task<SubmissionOutcome[]> OfferAsync(VerifiedRecord?[] records, Refusal?[] refusals)
    {
        TaskCompletionSource<SubmissionOutcome[]> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Post(() => Offer(records, refusals, answer.SetResult, share: true));
        return answer.Task;
    }

    /// <summary>Completes when the record has reached the phase, or is cancelled. Safe from any thread.</summary>
    /// <param name="reached">Whether it has already, by the store.</param>
    public Task WaitAsync(RecordId id, RecordPhase phase, Func<bool> reached, CancellationToken stop) =>
        _waiters.WaitAsync(id, phase, reached, stop);

    public void MarkAnchored(IEnumerable<RecordId> records) => _waiters.Reached(RecordPhase.Anchored, records);

    /// <summary>Seals a record in the node's own stream and answers once it is durable. Safe from any thread.</summary>
    public Task<Receipt> SealOwnAsync(RecordKind kind, CborMap body)
    {
        TaskCompletionSource<Receipt> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Post(() => SealOwn(kind, body, answer));
        return answer.Task;
    }

    /// <summary>What a peer shares is passed on by the network itself, and nobody waits for an answer.</summary>
    private void OfferShared(VerifiedRecord?[] records, Refusal?[] refusals) =>
        Offer(records, refusals, _ => { }, share: false);

    /// <param name="share">Whether others are to be given what was accepted.</param>
    private void Offer(VerifiedRecord?[] records, Refusal?[] refusals, Action<SubmissionOutcome[]> answer, bool share)
    {
        SubmissionOutcome[] outcomes = new SubmissionOutcome[records.Length];
        List<PendingRecord> accepted = [], displaced = [];
        for (int i = 0; i < records.Length; i++)
        {
            outcomes[i] = records[i] is { } verified
                ? Take(verified, share, accepted, displaced)
                : new SubmissionOutcome(null, refusals[i]);
        }

        if (!_rules.SealsOnceDurable)
        {
            answer(outcomes);
            answer = _ => { };
        }

        // A repeated record is answered after the sync as well: its first copy may be in this very batch.
        _queue.AfterSync(() =>
        {
            foreach (PendingRecord gone in displaced)
            {
                _events.Publish(new RecordDisplaced(gone.Record.Id));
            }

            foreach (PendingRecord pending in accepted)
            {
                _events.Publish(new RecordSealed(pending.Record));
                if (share)
                {
                    Share(pending);
                }
            }

            answer(outcomes);
            ConsiderWork();
        });
        _queue.IfFull(() =>
        {
            _mempool.Withdraw(accepted, _head, Now);
            _mempool.PutBack(displaced, _head, Now);
            Refusal full = new(RefusalKind.DiskFull, "This node's disk is full; nothing was kept. Send to another node, or again later.");
            answer([.. outcomes.Select(outcome =>
                outcome.Receipt is { Phase: RecordPhase.Sealed } ? new SubmissionOutcome(null, full) : outcome)]);
        });
    }

    /// <param name="promised">Whether whoever gave the record has this node's word that it is kept.</param>
    private SubmissionOutcome Take(
        VerifiedRecord verified, bool promised, List<PendingRecord> accepted, List<PendingRecord> displaced)
    {
        Record record = verified.Record;
        if (Known(record) is { } receipt)
        {
            if (promised)
            {
                Acknowledge(record.Id);
            }

            return new SubmissionOutcome(receipt, null);
        }

        if (AtSamePlace(record) is { } first && !(_rules.RecoveryGoesFirst && _mempool.GivesWay(first, record)))
        {
            // One content under two signatures is one record sealed twice: the first one stands.
            return first.HasSameContent(record)
                ? new SubmissionOutcome(Known(first), null)
                : new SubmissionOutcome(null, Forked(first));
        }

        Refusal? refusal = _mempool.TryAdd(
            verified, _head, Now, out PendingRecord pending, out IReadOnlyList<PendingRecord> gone);
        if (refusal is not null)
        {
            return new SubmissionOutcome(null, refusal);
        }

        pending.IsAcknowledged = promised;
        accepted.Add(pending);
        displaced.AddRange(gone);
        foreach (PendingRecord one in gone)
        {
            _queue.Batch.Delete(Table.Pending, StoreKeys.Number(one.Arrival));
        }

        _queue.Batch.Put(Table.Records, record.Id.Span, record.Bytes.Span)
            .Put(Table.Pending, StoreKeys.Number(pending.Arrival), pending.Row());
        PutKeys(record);
        return new SubmissionOutcome(ReceiptOf(record, null), null);
    }

    /// <summary>The receipt of a record that is held already; null if it is new.</summary>
    private Receipt? Known(Record record)
    {
        if (_store.Placement(record.Id) is { } placement)
        {
            return ReceiptOf(record, placement);
        }

        return _mempool.TryGet(record.Id, out _) ? ReceiptOf(record, null) : null;
    }

    private Receipt ReceiptOf(Record record, (Height Height, LogIndex Index)? placement) => new(
        record.Id, record.Entry, record.Stream, record.Seq,
        placement is null ? RecordPhase.Sealed : RecordPhase.Settled,
        placement?.Height, placement?.Index,
        placement is { } settled ? _store.Header(settled.Height)!.Time : null);

    private Record? AtSamePlace(Record record)
    {
        if (_mempool.At(record.Stream, record.Seq) is { } pending)
        {
            return pending.Record;
        }

        return _store.RecordAt(record.Stream, record.Seq) is { } id ? _store.Record(id) : null;
    }

    private static Refusal Forked(Record first) => new(
        RefusalKind.Fork,
        "Continue from the record that stands at this place; two histories under one key are proof of a fork.",
        new Fault(Layer.Link, $"record {first.Id} already stands at this place of the stream"));

    /// <summary>Opens the node's own stream once the configuration names it: from then on it is free of quotas.</summary>
    private void SealOwnGenesis()
    {
        if (DefersOwnSeals || _settings.StreamKey is not { } key)
        {
            return;
        }

        StreamId stream = new(key.Id.Value);
        if (_mempool.Stream(stream) is not null || !AdmissionRules.IsOwnStream(_head.Configuration, stream))
        {
            return;
        }

        SealOwn(RecordKind.Genesis, Body.Genesis(key.PublicKey.Span, _settings.Name, chain: _head.Chain), answer: null);
    }

    private void SealOwn(RecordKind kind, CborMap body, TaskCompletionSource<Receipt>? answer)
    {
        SigningKey key = _settings.StreamKey ?? throw new InvalidOperationException("This node has no stream of its own.");
        if (DefersOwnSeals)
        {
            _ownSealsDeferred.Add(() => SealOwn(kind, body, answer));
            return;
        }

        StreamId stream = new(key.Id.Value);
        StreamState? before = _mempool.Stream(stream);
        UnixTime time = before is { } last && last.Time > Now ? last.Time : Now;
        RecordContent content = new(
            stream, before?.Seq.Next ?? Sequence.Zero, before?.Head ?? RecordId.Zero, time, kind, body, []);
        Span<byte> randomizer = stackalloc byte[MlDsa65.RandomizerBytes];
        _randomness.Fill(randomizer);
        if (!RecordWriter.TrySeal(key, _settings.Name, "node", content, randomizer, out Record? record, out Fault? fault)
            || !VerifiedRecord.TryVerify(record, key.PublicKey.Span, out VerifiedRecord? verified, out fault))
        {
            throw new InvalidOperationException($"A record that this node sealed itself is not sound: {fault.Reason}.");
        }

        // It binds as a vote does: a disk of before it must not be taken for the one that this node stopped with.
        CountWrite();
        Offer([verified], [null], outcomes => Answer(outcomes[0], answer), share: true);
    }

    private static void Answer(SubmissionOutcome outcome, TaskCompletionSource<Receipt>? answer)
    {
        if (outcome.Receipt is { } receipt)
        {
            answer?.SetResult(receipt);
        }
        else
        {
            answer?.SetException(new InvalidOperationException($"The node could not seal in its own stream: {outcome.Refusal!.Detail}"));
        }
    }
}

using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Anchoring;

/// <summary>
/// Which block goes into Bitcoin, and what is to be done for it: a function of its inputs. One transaction is on its way
/// at a time; what is signed is durable before it is sent, so a restart in any phase goes on and pays nothing twice.
/// Not thread-safe.
/// </summary>
public sealed class AnchorPlan
{
    private const ulong RetryFirstMs = 1_000;
    private const ulong RetryMaxMs = 10_000;

    private AnchorPolicy _policy;
    private readonly SortedDictionary<Height, AnchorBatch> _batches = [];
    private readonly SortedDictionary<Height, Work> _work = [];
    private readonly SortedDictionary<Height, BlockSettled> _waiting = [];

    /// <summary>Blocks that are anchored however little waits, oldest first.</summary>
    private readonly Queue<BlockSettled> _owed = [];
    private BlockSettled? _newest;
    private UnixTime _now;
    private List<AnchorEffect> _effects = [];

    private AnchorPlan(AnchorPolicy policy) => _policy = policy;

    /// <param name="stored">Batches as they were saved. Blocks after the last batch are handed in as settled again.</param>
    public static AnchorPlan Start(AnchorPolicy policy, IEnumerable<AnchorBatch> stored)
    {
        AnchorPlan plan = new(policy);
        foreach (AnchorBatch batch in stored)
        {
            plan._batches[batch.Batch] = batch;
        }

        return plan;
    }

    /// <summary>All batches, oldest first.</summary>
    public IEnumerable<AnchorBatch> Batches => _batches.Values;

    /// <summary>Blocks up to here are under a batch already, or hold nothing to anchor.</summary>
    public Height LastBatch => _batches.Count > 0 ? _batches.Keys.Last() : Height.Zero;

    /// <summary>What keeps anchors from being made, for an operator; null when all is well.</summary>
    public string? Problem { get; private set; }

    public void Step(AnchorInput input, List<AnchorEffect> effects)
    {
        _effects = effects;
        switch (input)
        {
            case BlockSettled settled:
                OnBlock(settled);
                break;
            case PolicyChanged changed:
                _policy = changed.Policy;
                break;
            case ClockTicked ticked:
                _now = ticked.Now;
                break;
            case TransactionBuilt built when Busy(built.Batch, Work.Building) is { } batch:
                Save(batch with { Transaction = built.Transaction }, Work.SavingTransaction);
                break;
            case BatchSaved saved:
                OnSaved(saved.Batch);
                break;
            case TransactionSent sent when Busy(sent.Batch, Work.Sending) is { } batch:
                Problem = null;
                Save(batch.In(AnchorPhase.Broadcast, _now), Work.Saving);
                break;
            case StatusHeard heard when Busy(heard.Batch, Work.Asking) is { } batch:
                Problem = null;
                OnStatus(batch, heard);
                break;
            case ProofBuilt built when Busy(built.Batch, Work.Proving) is { } batch:
                Save(batch with { Proof = built.Proof }, Work.Saving);
                break;
            case AnchorRecordSealed done when Busy(done.Batch, Work.Sealing) is { } batch:
                Save(batch with { RecordSealed = true }, Work.Saving);
                break;
            case CallFailed failed:
                OnFailure(failed);
                break;
            default:
                // An answer that nobody waits for any more.
                break;
        }

        ChooseBatch();
        Continue();
        _effects = [];
    }

    private void OnBlock(BlockSettled settled)
    {
        if (_newest is { EndsConfiguration: true } before && before.Height.Next == settled.Height && !settled.IsFirst)
        {
            _owed.Enqueue(settled);
        }

        _newest = settled;
        if (settled.HoldsOther && settled.Height >= LastBatch)
        {
            _waiting[settled.Height] = settled;
        }
    }

    /// <summary>
    /// The first header after the newest block with other records; under steady load that is the newest header itself.
    /// Everything before it is dated by its anchor.
    /// </summary>
    private void ChooseBatch()
    {
        if (IsOneUnderWay() || Due() is not { } due)
        {
            return;
        }

        AnchorBatch batch = new()
        {
            Batch = due.Height,
            Block = due.Block,
            Covered = due.SizeBefore,
            Phase = AnchorPhase.Waiting,
            Since = _now,
        };
        foreach (Height height in _waiting.Keys.Where(height => height < due.Height).ToImmutableArray())
        {
            _waiting.Remove(height);
        }

        Save(batch, Work.Saving);
    }

    /// <summary>What is owed goes first, so that batches ascend, and a restart finds by the last one what is left.</summary>
    private BlockSettled? Due() =>
        _owed.TryDequeue(out BlockSettled? owed) ? owed
        : _newest is { IsFirst: false } newest && _waiting.Count > 0 && newest.Height > _waiting.Keys.First() && IsDue(newest)
            ? newest
            : null;

    private bool IsDue(BlockSettled newest)
    {
        BlockSettled oldest = _waiting.Values.First();
        ulong blocks = newest.Height.Value - oldest.Height.Value + 1;
        ulong minutes = newest.Time > oldest.Time ? (newest.Time.Milliseconds - oldest.Time.Milliseconds) / 60_000 : 0;
        ulong waited = _now > oldest.Time ? (_now.Milliseconds - oldest.Time.Milliseconds) / 60_000 : 0;
        return blocks >= _policy.Blocks || Math.Max(minutes, waited) >= _policy.Minutes;
    }

    private bool IsOneUnderWay() =>
        _batches.Values.Any(batch => batch.Phase is AnchorPhase.Waiting or AnchorPhase.Broadcast or AnchorPhase.Reorged);

    /// <summary>Sets going what each batch needs next, unless it is at work or resting after a failure.</summary>
    private void Continue()
    {
        foreach (AnchorBatch batch in _batches.Values.ToImmutableArray())
        {
            Work work = _work.GetValueOrDefault(batch.Batch, Work.None);
            if (work.Step != Work.None.Step || work.RestUntil > _now)
            {
                continue;
            }

            if (batch.Transaction is not { } transaction)
            {
                Begin(batch, Work.Building, new BuildTransaction(batch.Batch, batch.Block));
            }
            else if (batch.Phase == AnchorPhase.Waiting)
            {
                Begin(batch, Work.Sending, new SendTransaction(batch.Batch, batch.Block, transaction));
            }
            else if (batch is { Proof: not null, RecordSealed: false })
            {
                Begin(batch, Work.Sealing, new SealAnchorRecord(batch));
            }
            else if (batch.Confirmations < AnchorPolicy.WatchedConfirmations && work.AskedAt < _now)
            {
                _work[batch.Batch] = work with { AskedAt = _now };
                Begin(batch, Work.Asking, new AskStatus(batch.Batch, transaction.Id));
            }
        }
    }

    private void OnStatus(AnchorBatch batch, StatusHeard heard)
    {
        switch (heard.Standing)
        {
            case TransactionStanding.InBlock when heard.Block is { } block:
                AnchorPhase phase = heard.Confirmations >= AnchorPolicy.FinalConfirmations ? AnchorPhase.Final : AnchorPhase.Mined;
                AnchorBatch mined = batch.In(phase, _now) with { Confirmations = heard.Confirmations };
                if (batch.Proof is null || batch.Proof.BlockHash != block)
                {
                    _batches[batch.Batch] = mined with { Proof = null };
                    Begin(mined, Work.Proving, new BuildProof(batch.Batch, batch.Block, batch.Transaction!.Id, block));
                }
                else if (mined != batch)
                {
                    Save(mined, Work.Saving);
                }

                break;
            case TransactionStanding.Replaced:
                Save(Unmined(batch, AnchorPhase.Waiting) with { Transaction = null }, Work.Saving);
                break;
            case TransactionStanding.Dropped:
                Save(Unmined(batch, AnchorPhase.Waiting), Work.Saving);
                break;
            default:
                if (batch.Phase is AnchorPhase.Mined or AnchorPhase.Final)
                {
                    Save(Unmined(batch, AnchorPhase.Reorged), Work.Saving);
                }

                break;
        }
    }

    private AnchorBatch Unmined(AnchorBatch batch, AnchorPhase phase) =>
        batch.In(phase, _now) with { Confirmations = 0, Proof = null };

    private void OnSaved(Height height)
    {
        if (_work.GetValueOrDefault(height, Work.None).Step == Work.SavingTransaction)
        {
            AnchorBatch batch = _batches[height];
            Begin(batch, Work.Sending, new SendTransaction(height, batch.Block, batch.Transaction!));
        }
        else
        {
            Rest(height, default);
        }
    }

    private void OnFailure(CallFailed failed)
    {
        Problem = failed.Reason;
        Work work = _work.GetValueOrDefault(failed.Batch, Work.None);
        ulong pause = work.PauseMs == 0 ? RetryFirstMs : Math.Min(work.PauseMs * 2, RetryMaxMs);
        _work[failed.Batch] = work with
        {
            Step = Work.None.Step,
            PauseMs = pause,
            RestUntil = new UnixTime(_now.Milliseconds + pause),
        };
    }

    /// <summary>The batch, if this is the answer it waits for.</summary>
    private AnchorBatch? Busy(Height height, string step)
    {
        if (_work.GetValueOrDefault(height, Work.None).Step != step)
        {
            return null;
        }

        Rest(height, default);
        return _batches[height];
    }

    private void Save(AnchorBatch batch, string step)
    {
        _batches[batch.Batch] = batch;
        Begin(batch, step, new SaveBatch(batch));
    }

    private void Begin(AnchorBatch batch, string step, AnchorEffect effect)
    {
        _work[batch.Batch] = _work.GetValueOrDefault(batch.Batch, Work.None) with { Step = step };
        _effects.Add(effect);
    }

    private void Rest(Height height, UnixTime until) =>
        _work[height] = _work.GetValueOrDefault(height, Work.None) with { Step = Work.None.Step, PauseMs = 0, RestUntil = until };

    /// <summary>What a batch is waiting for, and since when it may go on. Not durable: a restart asks again.</summary>
    private sealed record Work(string Step, ulong PauseMs, UnixTime RestUntil, UnixTime AskedAt)
    {
        public const string Building = "building";
        public const string SavingTransaction = "saving transaction";
        public const string Saving = "saving";
        public const string Sending = "sending";
        public const string Asking = "asking";
        public const string Proving = "proving";
        public const string Sealing = "sealing";

        public static Work None { get; } = new("", 0, default, default);
    }
}

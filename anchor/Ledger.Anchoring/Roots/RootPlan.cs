using Ledger.Core;

namespace Ledger.Anchoring.Roots;

/// <summary>
/// When digests that wait become leaves of a tree whose root is sealed: a function of its inputs. One batch is under way
/// at a time, from its making until its record is in a block; what comes meanwhile is the next one. Not thread-safe.
/// </summary>
public sealed class RootPlan
{
    private const ulong RetryFirstMs = 1_000;
    private const ulong RetryMaxMs = 30_000;

    private readonly RootPolicy _policy;
    private ArrivalNumber _next;
    private ArrivalNumber _batched;
    private Stage _stage;
    private RootBatch? _batch;
    private bool _mayBeSealed;
    private UnixTime _now;
    private UnixTime? _waitingSince;
    private UnixTime _restUntil;
    private ulong _pauseMs;

    private RootPlan(RootPolicy policy) => _policy = policy;

    private enum Stage
    {
        /// <summary>No batch is under way.</summary>
        Idle,

        /// <summary>A tree is being made durable.</summary>
        Saving,

        /// <summary>The record is to be sealed, or tried again.</summary>
        Unsealed,

        /// <summary>The record is being sealed.</summary>
        Sealing,

        /// <summary>The record waits for its block.</summary>
        Settling,
    }

    /// <param name="last">The last batch that was made durable; null where there is none.</param>
    /// <param name="next">Digests below this number are durable.</param>
    public static RootPlan Start(RootPolicy policy, RootBatch? last, ArrivalNumber next)
    {
        RootPlan plan = new(policy) { _next = next };
        if (last is not null)
        {
            plan._batched = last.End;
            plan._batch = last;
            plan._mayBeSealed = last.Record is null;
            plan._stage = last.Record is null ? Stage.Unsealed : Stage.Settling;
        }

        return plan;
    }

    /// <summary>The batch whose record is sealed and, as far as is known, in no block; null while there is none.</summary>
    public RootBatch? Settling => _stage == Stage.Settling ? _batch : null;

    /// <summary>Digests below this number are in durable batches.</summary>
    public ArrivalNumber Batched => _batched;

    /// <summary>Digests that no durable batch holds.</summary>
    public int Waiting => (int)Math.Min(int.MaxValue, _next.Value - _batched.Value);

    /// <summary>What keeps roots from being sealed, for an operator; null when all is well.</summary>
    public string? Problem { get; private set; }

    public void Step(RootInput input, List<RootEffect> effects)
    {
        switch (input)
        {
            case DigestsKept kept when kept.Next > _next:
                _next = kept.Next;
                break;
            case RootClockTicked ticked:
                _now = ticked.Now;
                break;
            case RootBatchSaved saved when _stage == Stage.Saving:
                Done(Stage.Unsealed, saved.Batch);
                _batched = saved.Batch.End;
                _mayBeSealed = false;
                break;
            case RootRecordSealed done when _stage == Stage.Sealing:
                Done(Stage.Settling, done.Batch);
                break;
            case RootRecordSettled settled when _stage == Stage.Settling && settled.First == _batch!.First:
                Done(Stage.Idle, null);
                break;
            case RootCallFailed failed:
                OnFailure(failed);
                break;
            default:
                // An answer that nobody waits for any more.
                break;
        }

        Continue(effects);
    }

    private void Continue(List<RootEffect> effects)
    {
        if (_stage is Stage.Idle && Waiting > 0)
        {
            _waitingSince ??= _now;
        }

        if (_restUntil > _now)
        {
            return;
        }

        if (_stage == Stage.Unsealed)
        {
            _stage = Stage.Sealing;
            effects.Add(new SealRootRecord(_batch!, _mayBeSealed));
        }
        else if (_stage == Stage.Idle && IsDue())
        {
            _stage = Stage.Saving;
            _waitingSince = null;
            effects.Add(new SaveRootBatch(_batched, Math.Min(Waiting, _policy.LeavesMax)));
        }
    }

    /// <summary>A clock that was set back makes nobody wait for longer.</summary>
    private bool IsDue() => Waiting >= _policy.LeavesMax
        || (_waitingSince is { } since && (_now < since || _now.Milliseconds - since.Milliseconds >= _policy.DelayMs));

    private void Done(Stage next, RootBatch? batch)
    {
        (_stage, _batch, _pauseMs, _restUntil, Problem) = (next, batch, 0, default, null);
    }

    /// <summary>Whether a seal that failed was kept nobody can say for sure, so it is looked for.</summary>
    private void OnFailure(RootCallFailed failed)
    {
        Problem = failed.Reason;
        _mayBeSealed |= _stage == Stage.Sealing;
        _stage = _stage switch
        {
            Stage.Saving => Stage.Idle,
            Stage.Sealing => Stage.Unsealed,
            _ => _stage,
        };
        _pauseMs = _pauseMs == 0 ? RetryFirstMs : Math.Min(_pauseMs * 2, RetryMaxMs);
        _restUntil = new UnixTime(_now.Milliseconds + _pauseMs);
    }
}

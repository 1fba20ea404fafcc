using System.Threading.Channels;
using Ledger.Anchoring.Roots;
using Ledger.Core;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Roots;

/// <summary>Why digests were not taken.</summary>
public enum DigestRefusal
{
    /// <summary>More in this minute than the node takes.</summary>
    Quota,

    /// <summary>As many wait for a root as may.</summary>
    Busy,

    DiskFull,

    /// <summary>The node is about to end, and keeps nothing more.</summary>
    Stopping,
}

/// <summary>What became of a submission: all of it is kept, or nothing.</summary>
/// <param name="Numbers">Of each digest, in order; empty if refused.</param>
/// <param name="Left">Digests that the quota has left, where that is the refusal.</param>
public sealed record DigestOutcome(IReadOnlyList<ArrivalNumber> Numbers, DigestRefusal? Refusal, ulong Left = 0);

/// <summary>
/// Takes digests in: those that wait together become durable in one write. <see cref="SubmitAsync"/> is thread-safe,
/// <see cref="WriteWaiting"/> has one caller at a time.
/// </summary>
internal sealed class DigestIntake
{
    /// <summary>Digests of one write, unless a single submission has more.</summary>
    private const int WriteMax = 16_384;

    private readonly RootStore _store;
    private readonly RootRules _rules;
    private readonly TimeProvider _clock;
    private readonly RootLimits _limits;
    private readonly Channel<Submission> _queue = Channel.CreateUnbounded<Submission>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly Lock _gate = new();
    private DigestQuota _quota;
    private long _queued;
    private ulong _next;

    public DigestIntake(RootStore store, TimeProvider clock, RootLimits limits, RootRules rules)
    {
        (_store, _clock, _limits, _rules) = (store, clock, limits, rules);
        _next = store.Next.Value;
        _quota = DigestQuota.Full(limits.PerMinute, Now);
    }

    /// <summary>Digests below this number are durable.</summary>
    public ArrivalNumber Next => new(Volatile.Read(ref _next));

    private UnixTime Now => new((ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Answers once every one of them is durable here.</summary>
    /// <param name="digests">Kept, not copied.</param>
    /// <param name="batched">Digests from this number on wait for a batch.</param>
    public Task<DigestOutcome> SubmitAsync(IReadOnlyList<Digest> digests, ArrivalNumber batched)
    {
        lock (_gate)
        {
            long unrooted = (long)(Next.Value - batched.Value);
            if (unrooted + _queued + digests.Count > _limits.WaitingMax)
            {
                return Task.FromResult(new DigestOutcome([], DigestRefusal.Busy));
            }

            bool taken = _quota.TryTake(digests.Count, Now, out _quota);
            if (!taken)
            {
                return Task.FromResult(new DigestOutcome([], DigestRefusal.Quota, _quota.Left));
            }

            _queued += digests.Count;
        }

        Submission submission = new(digests);
        if (!_queue.Writer.TryWrite(submission))
        {
            submission.Refuse(DigestRefusal.Stopping);
        }

        return submission.Answer.Task;
    }

    /// <summary>False once <see cref="Close"/> was called and nothing is left.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken stop) => _queue.Reader.WaitToReadAsync(stop);

    /// <summary>Makes durable what waits, up to one write's worth, and answers.</summary>
    /// <exception cref="IOException">The disk failed; whoever waited is told.</exception>
    public void WriteWaiting()
    {
        List<Submission> group = [];
        int count = 0;
        while (count < WriteMax && _queue.Reader.TryRead(out Submission? submission))
        {
            group.Add(submission);
            count += submission.Digests.Count;
        }

        try
        {
            Write(group);
        }
        catch (StoreFullException)
        {
            group.ForEach(submission => submission.Refuse(DigestRefusal.DiskFull));
        }
        catch (Exception exception)
        {
            group.ForEach(submission => submission.Answer.TrySetException(exception));
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _queued -= count;
            }
        }
    }

    /// <summary>Takes nothing more, and lets go whoever still waits: nothing of theirs was promised.</summary>
    public void Close()
    {
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out Submission? submission))
        {
            submission.Refuse(DigestRefusal.Stopping);
        }
    }

    private void Write(List<Submission> group)
    {
        StoreBatch batch = new();
        ArrivalNumber next = Next;
        Dictionary<Digest, ArrivalNumber> fresh = [];
        List<DigestOutcome> outcomes = [];
        foreach (Submission submission in group)
        {
            ArrivalNumber[] numbers = new ArrivalNumber[submission.Digests.Count];
            for (int i = 0; i < numbers.Length; i++)
            {
                Digest digest = submission.Digests[i];
                if (_rules.KnowsDigestsAgain
                    && (fresh.TryGetValue(digest, out ArrivalNumber known) || TryFind(digest, out known)))
                {
                    numbers[i] = known;
                    continue;
                }

                RootStore.Keep(batch, digest, next);
                fresh[digest] = numbers[i] = next;
                next = next.Plus(1);
            }

            outcomes.Add(new DigestOutcome(numbers, null));
        }

        if (!_rules.AnswersOnceDurable)
        {
            Answer(group, outcomes);
        }

        if (batch.Count > 0)
        {
            _store.Write(batch);
        }

        Volatile.Write(ref _next, next.Value);
        Answer(group, outcomes);
    }

    private static void Answer(List<Submission> group, List<DigestOutcome> outcomes)
    {
        foreach ((Submission submission, DigestOutcome outcome) in group.Zip(outcomes))
        {
            submission.Answer.TrySetResult(outcome);
        }
    }

    private bool TryFind(Digest digest, out ArrivalNumber known)
    {
        ArrivalNumber? found = _store.Find(digest);
        known = found ?? default;
        return found is not null;
    }

    private sealed record Submission(IReadOnlyList<Digest> Digests)
    {
        public TaskCompletionSource<DigestOutcome> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Refuse(DigestRefusal refusal) => Answer.TrySetResult(new DigestOutcome([], refusal));
    }
}

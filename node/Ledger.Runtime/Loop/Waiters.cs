using Ledger.Core;
using Ledger.Runtime.Intake;

namespace Ledger.Runtime.Loop;

/// <summary>Callers that wait for a record to reach a phase. Thread-safe; each ends by itself when its token fires.</summary>
internal sealed class Waiters
{
    private readonly Dictionary<(RecordId Id, RecordPhase Phase), TaskCompletionSource> _waiting = [];
    private readonly Lock _gate = new();

    public Task WaitAsync(RecordId id, RecordPhase phase, CancellationToken stop)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue((id, phase), out TaskCompletionSource? source))
            {
                source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting[(id, phase)] = source;
            }

            return source.Task.WaitAsync(stop);
        }
    }

    public void Reached(RecordPhase phase, IEnumerable<RecordId> records)
    {
        foreach (RecordId id in records)
        {
            TaskCompletionSource? source;
            lock (_gate)
            {
                _waiting.Remove((id, phase), out source);
            }

            source?.SetResult();
        }
    }

    public void CancelAll()
    {
        lock (_gate)
        {
            foreach (TaskCompletionSource source in _waiting.Values)
            {
                source.TrySetCanceled();
            }

            _waiting.Clear();
        }
    }
}

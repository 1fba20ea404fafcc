using Ledger.Core;
using Ledger.Runtime.Intake;

namespace Ledger.Runtime.Loop;

/// <summary>
/// Callers that wait for a record to reach a phase. Holds no more than who waits at this moment: one that gives up leaves
/// nothing behind. Thread-safe.
/// </summary>
internal sealed class Waiters
{
    private readonly Dictionary<(RecordId Id, RecordPhase Phase), Entry> _waiting = [];
    private readonly Lock _gate = new();
    private bool _cancelled;

    /// <summary>Records that somebody waits for.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <param name="reached">Asked once this caller is entered, so that nothing is missed in between.</param>
    public async Task WaitAsync(RecordId id, RecordPhase phase, Func<bool> reached, CancellationToken stop)
    {
        Entry entry = Enter((id, phase));
        try
        {
            if (!reached())
            {
                await entry.Source.Task.WaitAsync(stop).ConfigureAwait(false);
            }
        }
        finally
        {
            Leave((id, phase), entry);
        }
    }

    public void Reached(RecordPhase phase, IEnumerable<RecordId> records)
    {
        foreach (RecordId id in records)
        {
            Entry? entry;
            lock (_gate)
            {
                _waiting.Remove((id, phase), out entry);
            }

            entry?.Source.TrySetResult();
        }
    }

    /// <summary>Nothing will be reached any more: whoever waits is cancelled, and so is whoever comes.</summary>
    public void CancelAll()
    {
        lock (_gate)
        {
            _cancelled = true;
            foreach (Entry entry in _waiting.Values)
            {
                entry.Source.TrySetCanceled();
            }

            _waiting.Clear();
        }
    }

    private Entry Enter((RecordId Id, RecordPhase Phase) key)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(key, out Entry? entry))
            {
                entry = new Entry();
                if (_cancelled)
                {
                    entry.Source.TrySetCanceled();
                    return entry;
                }

                _waiting[key] = entry;
            }

            entry.Callers++;
            return entry;
        }
    }

    private void Leave((RecordId Id, RecordPhase Phase) key, Entry entry)
    {
        lock (_gate)
        {
            entry.Callers--;
            if (entry.Callers <= 0 && _waiting.TryGetValue(key, out Entry? held) && held == entry)
            {
                _waiting.Remove(key);
            }
        }
    }

    private sealed class Entry
    {
        public TaskCompletionSource Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Callers { get; set; }
    }
}

namespace Ledger.Runtime.Loop;

/// <summary>Timers whose callbacks run on the work queue. Callbacks that come too late find nothing to do.</summary>
internal sealed class Timers(TimeProvider clock, WorkQueue queue) : IDisposable
{
    private readonly Dictionary<string, ITimer> _named = [];
    private readonly HashSet<ITimer> _others = [];
    private readonly Lock _gate = new();
    private bool _stopped;

    /// <summary>Sets the timer of this name anew: a later call replaces an earlier one.</summary>
    public void Arm(string name, TimeSpan after, Action work)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            if (_named.Remove(name, out ITimer? previous))
            {
                previous.Dispose();
            }

            _named[name] = clock.CreateTimer(_ => queue.Post(work), null, after, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A timer of its own, gone once it fired.</summary>
    public void Add(TimeSpan after, Action work)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            ITimer? timer = null;
            timer = clock.CreateTimer(_ => Fire(timer!, work), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _others.Add(timer);
            timer.Change(after, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (ITimer timer in _named.Values.Concat(_others))
            {
                timer.Dispose();
            }

            _named.Clear();
            _others.Clear();
        }
    }

    private void Fire(ITimer timer, Action work)
    {
        lock (_gate)
        {
            _others.Remove(timer);
        }

        timer.Dispose();
        queue.Post(work);
    }
}

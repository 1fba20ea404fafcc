namespace Ledger.Client.Files;

/// <summary>
/// One sync for many writers: whoever comes while a sync runs shares the next one with all others who come meanwhile.
/// </summary>
/// <param name="sync">Makes everything durable that was written before it was called. May throw.</param>
internal sealed class GroupSync(Action sync)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private Task _loop = Task.CompletedTask;
    private bool _running;

    /// <summary>Done when a sync that began after this call has ended; fails as that one failed.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_running)
            {
                _running = true;

                // A thread of its own: those that wait may be blocking every thread of the pool.
                _loop = Task.Factory.StartNew(
                    Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            return _next.Task;
        }
    }

    /// <summary>Done when nobody waits any more.</summary>
    public Task IdleAsync()
    {
        lock (_gate)
        {
            return _loop;
        }
    }

    private void Run()
    {
        while (true)
        {
            TaskCompletionSource round;
            lock (_gate)
            {
                if (_next is null)
                {
                    _running = false;
                    return;
                }

                (round, _next) = (_next, null);
            }

            try
            {
                sync();
                round.SetResult();
            }
            catch (Exception e)
            {
                // Theirs, whatever it is: nobody may wait for ever because a sync went wrong in a new way.
                round.SetException(e);
            }
        }
    }
}

namespace Ledger.Network.Connections;

/// <summary>
/// The tasks of one owner: started here, ended with it. Bad luck on the network ends a task quietly; anything else is a bug
/// and comes out where the owner ends. Thread-safe.
/// </summary>
internal sealed class OwnedTasks
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];
    private Exception? _bug;
    private bool _closed;

    public int Count
    {
        get
        {
            lock (_gate)
                return _running.Count;
        }
    }

    /// <summary>Starts work, unless the owner has ended.</summary>
    public bool TryRun(Func<Task> work)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            Task task = Task.Run(() => GuardAsync(work));
            _running.Add(task);
            _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            return true;
        }
    }

    /// <summary>Takes no more work and waits until all is done.</summary>
    public async Task DrainAsync()
    {
        Task[] rest;
        lock (_gate)
        {
            _closed = true;
            rest = [.. _running];
        }
        await Task.WhenAll(rest);
        if (_bug is { } bug)
            throw new InvalidOperationException("A task of the network failed; this is a bug.", bug);
    }

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception trouble) when (trouble is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side, or the end of the owner; whoever waits on the connection learns of it there.
        }
        catch (Exception bug)
        {
            Interlocked.CompareExchange(ref _bug, bug, null);
        }
    }

    private void Forget(Task task)
    {
        lock (_gate)
            _running.Remove(task);
    }
}

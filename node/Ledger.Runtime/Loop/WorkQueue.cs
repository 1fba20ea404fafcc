using System.Threading.Channels;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>
/// The one thread that owns a node's changing state. Work posted here runs in order; what it wants durable goes into one
/// batch for everything that ran since the last, and only after the sync does any of it answer. That is the group commit:
/// a hundred submissions that arrive together cost one sync.
/// </summary>
internal sealed class WorkQueue(IStore store)
{
    /// <summary>Pieces of work between two syncs: bounds how long the first of them waits.</summary>
    private const int WorkPerSync = 256;

    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private StoreBatch _batch = new();
    private List<Action> _afterSync = [];
    private List<Action> _ifFull = [];

    /// <summary>Whether the last write found the disk full. Loop thread only.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Told after each sync and what follows it, on the loop's thread.</summary>
    public Action Ran { get; set; } = () => { };

    /// <summary>Thread-safe. Work posted after the stop is dropped.</summary>
    public void Post(Action work) => _inbox.Writer.TryWrite(work);

    /// <summary>Changes that the current piece of work wants durable. Loop thread only.</summary>
    public StoreBatch Batch => _batch;

    /// <summary>Runs once <see cref="Batch"/> is durable. Loop thread only.</summary>
    public void AfterSync(Action action) => _afterSync.Add(action);

    /// <summary>Runs instead, if the disk is full: nothing of the batch was written. Loop thread only.</summary>
    public void IfFull(Action action) => _ifFull.Add(action);

    public void Stop() => _inbox.Writer.TryComplete();

    public async Task RunAsync()
    {
        while (await _inbox.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            RunReady();
        }
    }

    /// <summary>
    /// Runs what was posted, up to a sync, on the caller's thread; false if nothing was. For a caller that is the node's
    /// only thread and owns its time.
    /// </summary>
    public bool RunReady()
    {
        int count = 0;
        for (; count < WorkPerSync && _inbox.Reader.TryRead(out Action? work); count++)
        {
            work();
        }

        if (count == 0)
        {
            return false;
        }

        Flush();
        Ran();
        return true;
    }

    /// <summary>Work done after one sync may want another, so this goes on until nothing is left.</summary>
    private void Flush()
    {
        while (_batch.Count > 0 || _afterSync.Count > 0)
        {
            StoreBatch batch = _batch;
            List<Action> afterSync = _afterSync;
            List<Action> ifFull = _ifFull;
            _batch = new StoreBatch();
            _afterSync = [];
            _ifFull = [];
            bool written = TryWrite(batch);
            foreach (Action action in written ? afterSync : ifFull)
            {
                action();
            }
        }
    }

    private bool TryWrite(StoreBatch batch)
    {
        if (batch.Count == 0)
        {
            return true;
        }

        try
        {
            store.Write(batch);
            IsFull = false;
        }
        catch (StoreFullException)
        {
            IsFull = true;
        }

        return !IsFull;
    }
}

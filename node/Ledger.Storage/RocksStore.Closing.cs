using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;

namespace Ledger.Storage;

/// <content>
/// Closing, and closing in order to open again. After a full disk RocksDB refuses writes until it has flushed what it
/// holds; it tries that by itself every few seconds, but gives up for good when the disk was full just as it wrote its
/// MANIFEST. Its C API has no call to resume, so the store opens anew.
/// </content>
public sealed partial class RocksStore
{
    private readonly ReaderWriterLockSlim _gate = new(LockRecursionPolicy.NoRecursion);
    private readonly Refusals _refusals = new(TimeProvider.System);

    /// <summary>Every call passes the gate; opening anew and closing wait until none is inside.</summary>
    private Passage Enter()
    {
        _gate.EnterReadLock();
        if (_database.IsClosed)
        {
            _gate.ExitReadLock();
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            throw new StoreFullException(
                $"The store in {Folder} could not be opened anew after the disk was full. Free some space: the next "
                + "write tries again.");
        }

        return new Passage(_gate);
    }

    private void Revive()
    {
        _gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            if (!_refusals.IsTimeToRevive())
            {
                return; // another writer did it
            }

            _refusals.Tried();
            if (!_database.IsClosed)
            {
                CloseDatabase();
            }

            _database = OpenChecked(Folder, _mark.Sequence, _options);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private void CloseDatabase()
    {
        _cursors.CloseAll();
        _database.Dispose();
        _database.WaitUntilClosed();
    }

    private readonly struct Passage(ReaderWriterLockSlim gate) : IDisposable
    {
        public void Dispose() => gate.ExitReadLock();
    }

    /// <summary>How long writes have been refused for want of space, and when opening anew was last tried.</summary>
    private sealed class Refusals(TimeProvider time)
    {
        /// <summary>RocksDB itself tries every 5 seconds.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

        private readonly Lock _gate = new();
        private long? _since;

        internal void Clear()
        {
            if (_since is not null)
            {
                lock (_gate)
                {
                    _since = null;
                }
            }
        }

        internal void Tried()
        {
            lock (_gate)
            {
                _since = time.GetTimestamp();
            }
        }

        internal bool IsTimeToRevive()
        {
            lock (_gate)
            {
                _since ??= time.GetTimestamp();
                return time.GetElapsedTime(_since.Value) > Patience;
            }
        }
    }
}

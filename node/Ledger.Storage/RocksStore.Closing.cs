using System.Diagnostics;
using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;

namespace Ledger.Storage;

/// <content>
/// Closing, and closing in order to open again. What was refused for want of space leaves a log in RocksDB that takes no
/// more: RocksDB flushes and begins another once there is space, but not when there was nothing to flush, and a build with
/// assertions ends the process at the next write. Its C API has no call to resume. So no write goes to an opening that
/// refused one: the store opens anew.
/// </content>
public sealed partial class RocksStore
{
    private static readonly TimeSpan BetweenRevivals = TimeSpan.FromSeconds(1);

    private readonly ReaderWriterLockSlim _gate = new(LockRecursionPolicy.NoRecursion);
    private volatile bool _refused;
    private long? _revived;
    private readonly Lock _writtenGate = new();
    private ulong _written;

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

    /// <exception cref="StoreFullException">There is no space yet, or opening anew was tried a moment ago.</exception>
    private void ReviveIfRefused()
    {
        if (!_refused)
        {
            return;
        }

        long needed = Math.Max(FreeSpace.ToOpen, _options.WriteBufferBytes * 2);
        if (!_space.HasRoom(needed))
        {
            throw RocksError.Full(Folder, $"less than {needed >> 20} MiB are free");
        }

        _gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            if (_refused)
            {
                Revive();
            }
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private void Revive()
    {
        if (_revived is not null && Stopwatch.GetElapsedTime(_revived.Value) < BetweenRevivals)
        {
            throw RocksError.Full(Folder, "it was opened anew a moment ago");
        }

        _revived = Stopwatch.GetTimestamp();
        if (!_database.IsClosed)
        {
            CloseDatabase();
        }

        _database = OpenChecked(Folder, _mark.Sequence, _options);
        if (RocksApi.LatestSequence(_database) > _written)
        {
            // Its sync failed, and its bytes are in the log all the same. Who wrote it went on as if it were not there.
            CloseDatabase();
            throw new IOException(
                $"A write to {Folder} that was refused for want of space is there after all. Start again: everything is read "
                + "anew from the disk, as after a power cut.");
        }

        _refused = false;
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
}

using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;

namespace Ledger.Storage;

/// <summary>
/// <see cref="IStore"/> on RocksDB. Thread-safe for reading and writing; batches written by several threads at once
/// share one sync of the log. All methods block on the disk: call them from threads that may.
/// </summary>
public sealed partial class RocksStore : IStore
{
    private readonly AcknowledgedMark _mark;
    private readonly RocksStoreOptions _options;
    private readonly FreeSpace _space;
    private readonly LiveCursors _cursors = new();
    private DatabaseHandle _database;
    private long _markFailures;
    private int _disposed;

    private RocksStore(string folder, DatabaseHandle database, AcknowledgedMark mark, RocksStoreOptions options)
    {
        Folder = folder;
        _database = database;
        _mark = mark;
        _options = options;
        _space = new FreeSpace(folder, options.FreeBytesReserve);
        _written = RocksApi.LatestSequence(database);
    }

    /// <summary>Full path of the store's folder.</summary>
    public string Folder { get; }

    public unsafe byte[]? Get(Table table, ReadOnlySpan<byte> key)
    {
        using Passage passage = Enter();
        nint pinned = Pin(table, key);
        if (pinned == 0)
        {
            return null;
        }

        byte* value = RocksApi.PinnedValue(pinned, out nuint length);
        byte[] copy = new ReadOnlySpan<byte>(value, checked((int)length)).ToArray();
        RocksApi.PinnedDestroy(pinned);
        return copy;
    }

    public bool Contains(Table table, ReadOnlySpan<byte> key)
    {
        using Passage passage = Enter();
        nint pinned = Pin(table, key);
        if (pinned == 0)
        {
            return false;
        }

        RocksApi.PinnedDestroy(pinned);
        return true;
    }

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[]? to, bool reverse = false)
    {
        ArgumentNullException.ThrowIfNull(from);
        return Enumerate(table, from, to, reverse);
    }

    public void Write(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (batch.Count == 0)
        {
            return;
        }

        _space.Take(batch.Changes.Sum(change => change.Key.Length + (change.Value?.Length ?? 0)));
        ReviveIfRefused();
        try
        {
            using Passage passage = Enter();
            WriteNow(batch);
        }
        catch (StoreFullException)
        {
            _refused = true;
            throw;
        }
    }

    /// <summary>Closes the store. Calls in progress end first; scans that were not read to their end are cut off.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _gate.EnterWriteLock();
        try
        {
            CloseDatabase();
            _mark.Dispose();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private nint Column(Table table) => _database.Column((int)table + 1);

    private unsafe nint Pin(Table table, ReadOnlySpan<byte> key)
    {
        fixed (byte* bytes = key)
        {
            nint pinned = RocksApi.GetPinned(
                _database, _database.ReadOptions, Column(table), bytes, (nuint)key.Length, out nint error);
            RocksError.ThrowIfAny(error, Folder);
            return pinned;
        }
    }

    private unsafe void WriteNow(StoreBatch batch)
    {
        nint native = RocksApi.BatchCreate();
        try
        {
            foreach (StoreChange change in batch.Changes)
            {
                nint column = Column(change.Table);
                fixed (byte* key = change.Key, value = change.Value)
                {
                    if (change.Value is null)
                    {
                        RocksApi.BatchDelete(native, column, key, (nuint)change.Key.Length);
                    }
                    else
                    {
                        RocksApi.BatchPut(
                            native, column, key, (nuint)change.Key.Length, value, (nuint)change.Value.Length);
                    }
                }
            }

            RocksApi.Write(_database, _database.WriteOptions, native, out nint error);
            RocksError.ThrowIfAny(error, Folder);
            Acknowledge(RocksApi.LatestSequence(_database));
        }
        finally
        {
            RocksApi.BatchDestroy(native);
        }
    }

    private IEnumerable<KeyValuePair<byte[], byte[]>> Enumerate(Table table, byte[] from, byte[]? to, bool reverse)
    {
        CursorHandle cursor;
        using (Passage passage = Enter())
        {
            // Bounds that leave nothing are no question to the disk; RocksDB does not define them.
            if (to is not null && from.AsSpan().SequenceCompareTo(to) >= 0)
            {
                yield break;
            }

            cursor = _cursors.Add(new CursorHandle(_database, Column(table), from, to, fillCache: true));
        }

        using (cursor)
        {
            for (bool first = true; TryRead(cursor, first, reverse, out KeyValuePair<byte[], byte[]> entry); first = false)
            {
                yield return entry;
            }
        }
    }

    private bool TryRead(CursorHandle cursor, bool first, bool reverse, out KeyValuePair<byte[], byte[]> entry)
    {
        using Passage passage = Enter();
        return !cursor.IsClosed
            ? Cursor.TryRead(cursor, first, reverse, Folder, out entry)
            : throw new IOException($"The store in {Folder} was opened anew during the scan: start the scan again.");
    }

    /// <summary>All changes up to <paramref name="sequence"/> are synced: RocksDB shows none earlier.</summary>
    private void Acknowledge(ulong sequence)
    {
        lock (_writtenGate)
        {
            _written = Math.Max(_written, sequence);
        }

        try
        {
            _mark.Advance(sequence);
        }
        catch (IOException)
        {
            // The batch is durable all the same; the bound stays where it was.
            Interlocked.Increment(ref _markFailures);
        }
    }
}

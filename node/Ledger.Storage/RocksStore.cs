using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;

namespace Ledger.Storage;

/// <summary>
/// <see cref="IStore"/> on RocksDB. Thread-safe for reading and writing; batches written by several threads at once
/// share one sync of the log. All methods block on the disk: call them from threads that may.
/// </summary>
public sealed partial class RocksStore : IStore
{
    private readonly DatabaseHandle _database;
    private readonly RocksStoreOptions _options;
    private readonly LiveCursors _cursors = new();
    private int _disposed;

    private RocksStore(string folder, DatabaseHandle database, RocksStoreOptions options)
    {
        Folder = folder;
        _database = database;
        _options = options;
    }

    /// <summary>Full path of the store's folder.</summary>
    public string Folder { get; }

    /// <summary>Opens the store in <paramref name="folder"/>, creating it if the folder is absent or empty.</summary>
    /// <exception cref="StoreCorruptException">Something acknowledged is missing or damaged. Nothing was changed.</exception>
    /// <exception cref="StoreInUseException">Another process has it open.</exception>
    /// <exception cref="StoreFormatException">The folder holds something else, or a newer version's store.</exception>
    /// <exception cref="RocksLibraryMissingException">librocksdb is not on this machine.</exception>
    public static RocksStore Open(string folder, RocksStoreOptions? options = null)
    {
        options ??= new RocksStoreOptions();
        RocksLibrary.Load();
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "rocksdb");
        bool create = !Directory.Exists(path);
        var settings = new RocksSettings(options, create, folder);
        string[] names = [TableLayout.Default.Name, .. TableLayout.All.Select(layout => layout.Name)];
        DatabaseHandle database = DatabaseHandle.Open(path, names, settings.Columns, settings, readOnly: false, folder);
        return new RocksStore(folder, database, options);
    }

    public unsafe byte[]? Get(Table table, ReadOnlySpan<byte> key)
    {
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
        nint column = Column(table);
        return Enumerate(column, from, to, reverse);
    }

    public unsafe void Write(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0)
        {
            return;
        }

        bool held = false;
        nint native = RocksApi.BatchCreate();
        try
        {
            _database.DangerousAddRef(ref held);
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
        }
        finally
        {
            RocksApi.BatchDestroy(native);
            if (held)
            {
                _database.DangerousRelease();
            }
        }
    }

    /// <summary>Closes the store. Calls in progress end first; scans that were not read to their end are cut off.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _cursors.CloseAll();
        _database.Dispose();
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

    private IEnumerable<KeyValuePair<byte[], byte[]>> Enumerate(nint column, byte[] from, byte[]? to, bool reverse)
    {
        // Bounds that leave nothing are no question to the disk; RocksDB does not define them.
        if (to is not null && from.AsSpan().SequenceCompareTo(to) >= 0)
        {
            yield break;
        }

        using CursorHandle cursor = _cursors.Add(new CursorHandle(_database, column, from, to, fillCache: true));
        bool first = true;
        while (Cursor.TryRead(cursor, first, reverse, Folder, out KeyValuePair<byte[], byte[]> entry))
        {
            first = false;
            yield return entry;
        }
    }
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Runtime.Ports;

namespace Ledger.TestKit;

/// <summary>
/// <see cref="IStore"/> in memory with the semantic of the one on disk, and with the faults that a disk has: a power cut
/// that loses what was not synced, a write that fails, a full disk. Thread-safe; deterministic.
/// </summary>
public sealed class MemoryStore : IStore
{
    private readonly Lock _gate = new();
    private Image _visible = Image.Empty;
    private Image _durable = Image.Empty;
    private long _writes;
    private bool _disposed;

    /// <summary>
    /// False breaks the port's promise on purpose: writes return before they are durable, and a
    /// <see cref="PowerCut"/> loses them. For tests that must fail on such a store.
    /// </summary>
    public bool SyncWrites { get; set; } = true;

    /// <summary>While true every write is refused as on a full disk; reading goes on.</summary>
    public bool Full { get; set; }

    /// <summary>The write that fails with an <see cref="IOException"/>, counted from 1 over the store's life; null for none.</summary>
    public long? FailWrite { get; set; }

    /// <summary>Bytes of keys and values that fit before the store is full; null for no limit.</summary>
    public long? CapacityBytes { get; set; }

    /// <summary>Writes tried so far, refused ones included.</summary>
    public long Writes
    {
        get
        {
            lock (_gate)
            {
                return _writes;
            }
        }
    }

    /// <summary>Bytes of all keys and values held.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _visible.Bytes;
            }
        }
    }

    public byte[]? Get(Table table, ReadOnlySpan<byte> key) =>
        Read().Find(table, key) is { } value ? ByteCopy.Of(value) : null;

    public bool Contains(Table table, ReadOnlySpan<byte> key) => Read().Find(table, key) is not null;

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[]? to, bool reverse = false)
    {
        ArgumentNullException.ThrowIfNull(from);
        return Enumerate(table, from, to, reverse);
    }

    public void Write(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (batch.Count == 0)
            {
                return;
            }

            _writes++;
            if (_writes == FailWrite)
            {
                throw new IOException($"Write {_writes} was told to fail.");
            }

            Image next = _visible.Apply(batch);
            if (Full || next.Bytes > CapacityBytes)
            {
                throw new StoreFullException("No space is left in the memory store: nothing was written.");
            }

            _visible = next;
            if (SyncWrites)
            {
                _durable = next;
            }
        }
    }

    /// <summary>What a sync would do: all that is visible becomes durable.</summary>
    public void Sync()
    {
        lock (_gate)
        {
            _durable = _visible;
        }
    }

    /// <summary>
    /// The machine loses power: this store is closed, and the one returned holds what was durable, with the same
    /// switches. Scans in progress keep their snapshot no longer.
    /// </summary>
    public MemoryStore PowerCut()
    {
        lock (_gate)
        {
            _disposed = true;
            return Successor(_durable);
        }
    }

    /// <summary>Closes and opens again without a power cut (process killed or stopped): what was visible stays.</summary>
    public MemoryStore Reopen()
    {
        lock (_gate)
        {
            _disposed = true;
            return Successor(_visible);
        }
    }

    /// <summary>A backup: another store with what is visible now. This one goes on.</summary>
    public MemoryStore Copy()
    {
        lock (_gate)
        {
            return Successor(_visible);
        }
    }

    /// <summary>What a power cut would leave, while this one goes on and nothing was cut.</summary>
    public MemoryStore DurableCopy()
    {
        lock (_gate)
        {
            return new MemoryStore { _visible = _durable, _durable = _durable, SyncWrites = SyncWrites };
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }
    }

    private MemoryStore Successor(Image image) => new()
    {
        _visible = image,
        _durable = image,
        _writes = _writes,
        SyncWrites = SyncWrites,
        Full = Full,
        FailWrite = FailWrite,
        CapacityBytes = CapacityBytes,
    };

    private Image Read()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _visible;
        }
    }

    private IEnumerable<KeyValuePair<byte[], byte[]>> Enumerate(Table table, byte[] from, byte[]? to, bool reverse)
    {
        foreach ((byte[] key, byte[] value) in Read().Range(table, from, to, reverse))
        {
            Read(); // a closed store cuts its scans off
            yield return new(ByteCopy.Of(key), ByteCopy.Of(value));
        }
    }

    /// <summary>One state of all tables. Immutable, so that a scan's snapshot costs nothing.</summary>
    /// <param name="Tables">In the order of their numbers.</param>
    private sealed record Image(ImmutableArray<ImmutableSortedSet<Entry>> Tables, long Bytes)
    {
        internal static readonly Image Empty = new(
            [.. Enumerable.Repeat(
                ImmutableSortedSet.Create<Entry>(KeyOrder.Instance), 1 + (int)Enum.GetValues<Table>().Max())],
            0);

        internal byte[]? Find(Table table, ReadOnlySpan<byte> key) =>
            Tables[(int)table].TryGetValue(new Entry(key.ToArray(), []), out Entry found) ? found.Value : null;

        internal Image Apply(StoreBatch batch)
        {
            long bytes = Bytes;
            var changed = new ImmutableSortedSet<Entry>.Builder?[Tables.Length];
            foreach (StoreChange change in batch.Changes)
            {
                var table = changed[(int)change.Table] ??= Tables[(int)change.Table].ToBuilder();
                Entry entry = new(change.Key, change.Value ?? []);
                if (table.TryGetValue(entry, out Entry old))
                {
                    bytes -= old.Key.Length + old.Value.Length;
                    table.Remove(old);
                }

                if (change.Value is not null)
                {
                    bytes += entry.Key.Length + entry.Value.Length;
                    table.Add(entry);
                }
            }

            return new Image([.. Tables.Select((table, i) => changed[i]?.ToImmutable() ?? table)], bytes);
        }

        internal IEnumerable<Entry> Range(Table table, byte[] from, byte[]? to, bool reverse)
        {
            ImmutableSortedSet<Entry> entries = Tables[(int)table];
            int low = LowerBound(entries, from);
            int high = to is null ? entries.Count : LowerBound(entries, to);
            for (int i = low; i < high; i++)
            {
                yield return entries[reverse ? high - 1 - (i - low) : i];
            }
        }

        private static int LowerBound(ImmutableSortedSet<Entry> entries, byte[] key)
        {
            int index = entries.IndexOf(new Entry(key, []));
            return index < 0 ? ~index : index;
        }
    }

    private readonly record struct Entry(byte[] Key, byte[] Value);

    /// <summary>Bytewise by key, as RocksDB sorts.</summary>
    private sealed class KeyOrder : IComparer<Entry>
    {
        internal static readonly KeyOrder Instance = new();

        public int Compare(Entry x, Entry y) => x.Key.AsSpan().SequenceCompareTo(y.Key);
    }
}

using Ledger.Core;

namespace Ledger.Runtime.Ports;

/// <summary>
/// The durable, ordered key-value store under a node. Thread-safe; writers that call at once may share a sync.
/// An implementation keeps three promises: a batch is atomic; <see cref="Write"/> returns only after the batch
/// is on the disk (data sync, not merely handed to the operating system); damage is reported, never repaired.
/// All calls block on the disk. After <see cref="IDisposable.Dispose"/> every call, and every scan that is still
/// being read, throws <see cref="ObjectDisposedException"/>.
/// </summary>
public interface IStore : IDisposable
{
    /// <summary>The value of <paramref name="key"/>, or null. The array is the caller's.</summary>
    /// <exception cref="StoreCorruptException">A checksum does not match: the node must stop.</exception>
    byte[]? Get(Table table, ReadOnlySpan<byte> key);

    /// <summary>Whether the key exists, without copying the value.</summary>
    /// <exception cref="StoreCorruptException">A checksum does not match: the node must stop.</exception>
    bool Contains(Table table, ReadOnlySpan<byte> key);

    /// <summary>
    /// Entries with <paramref name="from"/> ≤ key &lt; <paramref name="to"/> (null: to the end of the table), in bytewise
    /// key order, or from the largest down when <paramref name="reverse"/>. Each enumeration reads one consistent
    /// snapshot, taken at its first step. Dispose the enumerator (foreach does): an open one keeps old data on the disk.
    /// The arrays are the caller's.
    /// </summary>
    /// <exception cref="StoreCorruptException">A checksum does not match: the node must stop.</exception>
    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[]? to, bool reverse = false);

    /// <summary>
    /// Applies all of <paramref name="batch"/> or nothing, and returns when it is durable. Of several changes to one
    /// key the last counts. Readers see the batch no earlier than it is durable.
    /// </summary>
    /// <exception cref="StoreFullException">No space: nothing was written, and the caller refuses politely.</exception>
    /// <exception cref="StoreCorruptException">Damage was found: the node must stop.</exception>
    /// <exception cref="IOException">
    /// The disk failed. Nothing of the batch is visible; after a restart it may be there as a whole or not at all.
    /// </exception>
    void Write(StoreBatch batch);
}

/// <summary>Changes that become durable together. Not thread-safe.</summary>
public sealed class StoreBatch
{
    private readonly List<StoreChange> _changes = [];

    public IReadOnlyList<StoreChange> Changes => _changes;

    public int Count => _changes.Count;

    public StoreBatch Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _changes.Add(new StoreChange(table, key.ToArray(), ByteCopy.Of(value)));
        return this;
    }

    public StoreBatch Delete(Table table, ReadOnlySpan<byte> key)
    {
        _changes.Add(new StoreChange(table, key.ToArray(), null));
        return this;
    }
}

/// <param name="Value">Null deletes the key.</param>
public readonly record struct StoreChange(Table Table, byte[] Key, byte[]? Value);

/// <summary>Bytes on the disk are not the bytes that were written. The node stops and says so; nothing is repaired.</summary>
public sealed class StoreCorruptException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The disk is full. Nothing of the batch was written.</summary>
public sealed class StoreFullException(string message, Exception? inner = null) : Exception(message, inner);

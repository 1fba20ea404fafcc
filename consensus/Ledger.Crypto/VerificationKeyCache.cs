using System.Buffers.Binary;
using System.Numerics;
using Ledger.Core;

namespace Ledger.Crypto;

/// <summary>
/// Expanded keys by their id, at most <see cref="Capacity"/> of 30 KB each; when it is full, the key that was not asked
/// for longest makes room. Not for several threads at once: each worker has its own, or its owner locks. The keys that it
/// hands out are immutable and may be kept.
/// </summary>
public sealed class VerificationKeyCache
{
    private const int None = -1;

    // A hash table with open addressing of slot numbers, and a ring through the slots in the order of their use. Ids are
    // hashes already, so their first bytes serve as the hash; who grinds ids to collide pays more than a slow look-up costs.
    private readonly int[] _table;
    private readonly Slot[] _slots;
    private int _count;
    private int _latest = None;

    /// <param name="capacity">From 1 to 1,048,576; 2,048 keys take 60 MB once they have all been seen.</param>
    public VerificationKeyCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 20);
        _slots = new Slot[capacity];
        _table = new int[BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
        _table.AsSpan().Fill(None);
    }

    public int Capacity => _slots.Length;

    /// <summary>Keys held.</summary>
    public int Count => _count;

    /// <summary>How often <see cref="Get"/> found its key.</summary>
    public ulong Hits { get; private set; }

    /// <summary>How often it had to expand one.</summary>
    public ulong Misses { get; private set; }

    /// <summary>
    /// The expanded key, from the cache or expanded now. A hit compares all bytes of the key, and so never gives another.
    /// </summary>
    /// <param name="id">SHA-256 of <paramref name="publicKey"/>: who knows it saves a microsecond. Throws if it is wrong.</param>
    public VerificationKey Get(KeyId id, ReadOnlySpan<byte> publicKey)
    {
        int slot = _table[Find(id)];
        if (slot == None)
        {
            slot = Insert(id, publicKey);
            Misses++;
        }
        else if (!_slots[slot].Key.PublicKey.SequenceEqual(publicKey))
        {
            throw new ArgumentException("This is not the key of that id.", nameof(publicKey));
        }
        else
        {
            Unlink(slot);
            Hits++;
        }

        LinkAsLatest(slot);
        return _slots[slot].Key;
    }

    private int Insert(KeyId id, ReadOnlySpan<byte> publicKey)
    {
        VerificationKey key = new(publicKey);
        if (key.Id != id)
        {
            throw new ArgumentException($"The key's id is {key.Id}, not {id}.", nameof(id));
        }

        int slot;
        if (_count < _slots.Length)
        {
            slot = _count++;
        }
        else
        {
            // The ring closes: before the latest stands the one not asked for longest.
            slot = _slots[_latest].Previous;
            Remove(Find(_slots[slot].Key.Id));
            Unlink(slot);
        }

        _slots[slot].Key = key;
        _table[Find(id)] = slot;
        return slot;
    }

    private int Home(KeyId id) => (int)(BinaryPrimitives.ReadUInt32LittleEndian(id.Value.Span) & (uint)(_table.Length - 1));

    /// <summary>The place of this id in the table, or the free one where it belongs. Half of the table is always free.</summary>
    private int Find(KeyId id)
    {
        int place = Home(id);
        while (_table[place] != None && _slots[_table[place]].Key.Id != id)
        {
            place = (place + 1) & (_table.Length - 1);
        }

        return place;
    }

    /// <summary>Frees a place, and moves up those behind it that would no longer be found.</summary>
    private void Remove(int place)
    {
        int mask = _table.Length - 1;
        for (int next = (place + 1) & mask; _table[next] != None; next = (next + 1) & mask)
        {
            int home = Home(_slots[_table[next]].Key.Id);
            if (((next - home) & mask) >= ((next - place) & mask))
            {
                _table[place] = _table[next];
                place = next;
            }
        }

        _table[place] = None;
    }

    private void Unlink(int slot)
    {
        (int previous, int next) = (_slots[slot].Previous, _slots[slot].Next);
        _slots[previous].Next = next;
        _slots[next].Previous = previous;
        if (_latest == slot)
        {
            _latest = next == slot ? None : next;
        }
    }

    private void LinkAsLatest(int slot)
    {
        int next = _latest == None ? slot : _latest;
        int previous = _latest == None ? slot : _slots[next].Previous;
        _slots[slot].Next = next;
        _slots[slot].Previous = previous;
        _slots[previous].Next = slot;
        _slots[next].Previous = slot;
        _latest = slot;
    }

    private struct Slot
    {
        public VerificationKey Key;
        public int Previous;
        public int Next;
    }
}

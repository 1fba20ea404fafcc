using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>
/// A disk at the height of the store's promises: what was synced stays, of what was not each write stays, is torn or is
/// lost. The journal lies on it as the bytes of the product's codec, and is read back through its strict reader.
/// </summary>
internal sealed class SimulatedDisk(World world)
{
    private readonly List<(JournalEntry Entry, byte[] Bytes)> _journal = [];
    private readonly SortedDictionary<ulong, Action<List<(JournalEntry Entry, byte[] Bytes)>>> _unsynced = [];
    private readonly List<Commit> _chain = [];
    private readonly HashSet<BlockId> _held = [];
    private List<(JournalEntry Entry, byte[] Bytes)> _backup = [];
    private int _backupBlocks;
    private ulong _writes;
    private ulong _writesInBackup;
    private ulong _writesInJournal;
    private ulong _writesOutside;

    /// <summary>Until when nothing can be written.</summary>
    public long FullUntilMs { get; set; }

    /// <summary>Last height under quarantine, kept beside the journal.</summary>
    public Height? Quarantine { get; set; }

    public IReadOnlyList<Commit> Chain => _chain;

    public bool IsFull => world.NowMs < FullUntilMs;

    /// <summary>
    /// The number of writes that is kept outside every backup is higher than the journal's own. A lower one is no
    /// matter: a write under way at a crash may have reached the journal alone.
    /// </summary>
    public bool IsNotAsItWasLeft => _writesInJournal < _writesOutside;

    public bool HoldsBlock(BlockId block) => _held.Contains(block);

    public void HoldBlock(BlockId block) => _held.Add(block);

    public bool HoldsEntry(Predicate<JournalEntry> condition)
    {
        for (int i = _journal.Count - 1; i >= 0; i--)
        {
            if (condition(_journal[i].Entry))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Begins a write; it is durable once <see cref="Sync"/> was called with the number returned.</summary>
    public ulong Write(JournalEntry entry)
    {
        _unsynced.Add(++_writes, journal => journal.Add((entry, entry.Encode())));
        return _writes;
    }

    public ulong Write(Commit commit)
    {
        _unsynced.Add(++_writes, _ => Append(commit));
        return _writes;
    }

    public void Sync(ulong write)
    {
        if (_unsynced.Remove(write, out Action<List<(JournalEntry Entry, byte[] Bytes)>>? apply))
        {
            apply(_journal);
            _writesInJournal++;
            _writesOutside++;
        }
    }

    /// <summary>Entries at or below the settled height bind to nothing any more.</summary>
    public void Drop(Height settled) => _journal.RemoveAll(held => held.Entry.Height <= settled);

    /// <summary>Writes under way stay, are torn or are lost, as luck will have it; nothing else is.</summary>
    public void Crash()
    {
        foreach (Action<List<(JournalEntry Entry, byte[] Bytes)>> apply in _unsynced.Values)
        {
            int luck = world.Random.Below(100);
            if (luck < 30)
            {
                world.Count(Fault.SurvivingWrite);
                apply(_journal);
                _writesInJournal++;
            }
            else if (luck < 50)
            {
                Tear(apply);
            }
            else
            {
                world.Count(Fault.LostWrite);
            }
        }

        _unsynced.Clear();
    }

    /// <summary>Every entry from this height on, read from its bytes; what is torn is no entry.</summary>
    public List<JournalEntry> Load(Height from)
    {
        var entries = new List<JournalEntry>();
        _journal.RemoveAll(held => !JournalEntry.TryDecode(held.Bytes, out _, out _));
        foreach ((_, byte[] bytes) in _journal)
        {
            if (JournalEntry.TryDecode(bytes, out JournalEntry? entry, out _) && entry!.Height >= from)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    public void Back()
    {
        _backup = [.. _journal];
        _backupBlocks = _chain.Count;
        _writesInBackup = _writesInJournal;
    }

    /// <summary>The backup instead of all that was written since; the count outside stays as it was.</summary>
    public void Restore()
    {
        world.Count(Fault.OldBackup);
        _journal.Clear();
        _journal.AddRange(_backup);
        _chain.RemoveRange(_backupBlocks, _chain.Count - _backupBlocks);
        _writesInJournal = _writesInBackup;
    }

    /// <summary>
    /// A start is a write too, and numbers never go back: else a backup could come to have the number of what was
    /// written since.
    /// </summary>
    public void CountStart()
    {
        _writesOutside = Math.Max(_writesInJournal, _writesOutside) + 1;
        _writesInJournal = _writesOutside;
    }

    private void Append(Commit commit)
    {
        if (commit.Height.Value == (ulong)_chain.Count + 1)
        {
            _chain.Add(commit);
        }
    }

    private void Tear(Action<List<(JournalEntry Entry, byte[] Bytes)>> apply)
    {
        world.Count(Fault.TornWrite);
        var written = new List<(JournalEntry Entry, byte[] Bytes)>();
        int blocks = _chain.Count;
        apply(written);
        _chain.RemoveRange(blocks, _chain.Count - blocks);
        foreach ((JournalEntry entry, byte[] bytes) in written)
        {
            _journal.Add((entry, bytes[..world.Random.Below(bytes.Length)]));
        }
    }
}

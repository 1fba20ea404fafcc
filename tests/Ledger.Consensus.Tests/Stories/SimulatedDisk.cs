using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// A disk that keeps the store's promises. The journal lies on it as the bytes of the product's codec, and is read back
/// through its strict reader.
/// </summary>
internal sealed class SimulatedDisk(World world)
{
    private readonly List<(JournalEntry Entry, byte[] Bytes)> _journal = [];
    private readonly SortedDictionary<ulong, Action> _unsynced = [];
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

    public bool HoldsEntry(Predicate<JournalEntry> condition) => _journal.Exists(held => condition(held.Entry));

    /// <summary>Begins a write; it is durable once <see cref="Sync"/> was called with the number returned.</summary>
    public ulong Write(JournalEntry entry)
    {
        _unsynced.Add(++_writes, () => _journal.Add((entry, entry.Encode())));
        return _writes;
    }

    public ulong Write(Commit commit)
    {
        _unsynced.Add(++_writes, () => Append(commit));
        return _writes;
    }

    public void Sync(ulong write)
    {
        if (_unsynced.Remove(write, out Action? apply))
        {
            apply();
            _writesInJournal++;
            _writesOutside++;
        }
    }

    /// <summary>Entries at or below the settled height bind to nothing any more.</summary>
    public void Drop(Height settled) => _journal.RemoveAll(held => held.Entry.Height <= settled);

    /// <summary>Writes under way are lost.</summary>
    public void Crash() => _unsynced.Clear();

    /// <summary>Every entry from this height on, read from its bytes.</summary>
    public List<JournalEntry> Load(Height from)
    {
        var entries = new List<JournalEntry>();
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
}

using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;

namespace Ledger.Storage;

public sealed partial class RocksStore
{
    /// <summary>Figures for /metrics. Cheap: RocksDB keeps them all.</summary>
    public StoreStatistics Statistics()
    {
        using Passage passage = Enter();
        return new StoreStatistics(
            SortedBytes: Sum("rocksdb.live-sst-files-size"),
            BlobBytes: Sum("rocksdb.live-blob-file-size"),
            MemoryTableBytes: Sum("rocksdb.cur-size-all-mem-tables"),
            BlockCacheBytes: One("rocksdb.block-cache-usage"),
            PendingCompactionBytes: Sum("rocksdb.estimate-pending-compaction-bytes"),
            RunningCompactions: (int)One("rocksdb.num-running-compactions"),
            RunningFlushes: (int)One("rocksdb.num-running-flushes"),
            WritesStopped: One("rocksdb.is-write-stopped") != 0,
            BackgroundErrors: One("rocksdb.background-errors"),
            Entries: Sum("rocksdb.estimate-num-keys"),
            Changes: (long)RocksApi.LatestSequence(_database),
            MarkFailures: Interlocked.Read(ref _markFailures),
            FreeBytes: new DriveInfo(Folder).AvailableFreeSpace);
    }

    /// <summary>
    /// Makes a copy of the store as of now in <paramref name="target"/>, which must not exist, while the store goes on. On
    /// the same file system it costs little time and space, since finished files are linked and not copied; such a copy
    /// shares their fate, so move it to another disk. The copy is a whole store: open it, or check it
    /// with <see cref="StoreCheck"/>.
    /// </summary>
    /// <exception cref="StoreFullException">No space; nothing is left behind.</exception>
    /// <exception cref="IOException">The target exists, or its disk failed; nothing is left behind.</exception>
    public void Checkpoint(string target)
    {
        target = Path.GetFullPath(target);
        if (Path.Exists(target))
        {
            throw new IOException($"{target} exists. Name a folder that does not.");
        }

        string unfinished = target + ".unfinished";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        try
        {
            Directory.CreateDirectory(unfinished);
            FillCheckpoint(unfinished);
            Directory.Move(unfinished, target);
            FolderSync.Run(Path.GetDirectoryName(target)!);
        }
        catch (Exception error)
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }

            if (error is IOException io && RocksError.IsNoSpace(io))
            {
                throw RocksError.Full(target, io.Message);
            }

            throw;
        }
    }

    /// <summary>Moves what is in memory to sorted files. Only tests need to say when.</summary>
    internal void Flush(Table table)
    {
        using Passage passage = Enter();
        nint options = RocksApi.FlushOptionsCreate();
        RocksApi.Flush(_database, options, Column(table), out nint error);
        RocksApi.FlushOptionsDestroy(options);
        RocksError.ThrowIfAny(error, Folder);
    }

    private void FillCheckpoint(string folder)
    {
        using Passage passage = Enter();
        string path = Path.Combine(folder, DatabaseFolder);
        ulong sequence = _mark.Sequence; // what was acknowledged before the copy began is in it
        nint checkpoint = RocksApi.CheckpointObjectCreate(_database, out nint error);
        RocksError.ThrowIfAny(error, Folder);
        RocksApi.CheckpointCreate(checkpoint, path, 0, out error);
        RocksApi.CheckpointObjectDestroy(checkpoint);
        RocksError.ThrowIfAny(error, folder);

        using AcknowledgedMark mark = AcknowledgedMark.Open(folder);
        mark.Create(sequence);
        FolderSync.Run(folder);
    }

    private long One(string property) =>
        RocksApi.Property(_database, Column(default), property, out ulong value) == 0 ? (long)value : 0;

    private long Sum(string property)
    {
        long sum = 0;
        foreach (Table table in Enum.GetValues<Table>())
        {
            sum += RocksApi.Property(_database, Column(table), property, out ulong value) == 0 ? (long)value : 0;
        }

        return sum;
    }
}

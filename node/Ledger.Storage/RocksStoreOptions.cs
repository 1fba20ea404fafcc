namespace Ledger.Storage;

/// <summary>Limits of one store. All sizes in bytes.</summary>
public sealed record RocksStoreOptions
{
    /// <summary>Cache of uncompressed blocks, indexes and filters, shared by all tables.</summary>
    public long BlockCacheBytes { get; init; } = 128 << 20;

    /// <summary>Written entries held in memory over all tables before they go to sorted files.</summary>
    public long WriteBufferBytes { get; init; } = 64 << 20;

    /// <summary>Write-ahead log kept before tables are flushed; bounds the time that a start after a crash takes.</summary>
    public long LogBytesMax { get; init; } = 128 << 20;

    /// <summary>Files kept open.</summary>
    public int OpenFilesMax { get; init; } = 512;

    /// <summary>Size at which a sorted file is closed and the next begun; blob files grow to four times this.</summary>
    public long FileBytes { get; init; } = 64 << 20;

    /// <summary>
    /// A write is refused while the file system has less than this free, so that RocksDB's own upkeep never meets
    /// a full disk and the operator still has room to act. 0 switches the reserve off.
    /// </summary>
    public long FreeBytesReserve { get; init; } = 256 << 20;

    /// <summary>Indexes and filters count against the cache. A check switches it off to have each read and verified.</summary>
    internal bool IndexInCache { get; init; } = true;

    /// <summary>Tests switch this off to show that their durability checks bite. Not reachable from outside.</summary>
    internal bool SyncWrites { get; init; } = true;
}

namespace Ledger.Storage;

/// <summary>Figures of an open store for /metrics. Sizes in bytes; summed over all tables.</summary>
/// <param name="SortedBytes">Live sorted files.</param>
/// <param name="BlobBytes">Live blob files.</param>
/// <param name="MemoryTableBytes">Written entries that are in the log and in memory only.</param>
/// <param name="BlockCacheBytes">Cached blocks, indexes and filters.</param>
/// <param name="PendingCompactionBytes">Estimate of what upkeep still has to rewrite; growing means it falls behind.</param>
/// <param name="RunningCompactions">Compactions at work now.</param>
/// <param name="RunningFlushes">Flushes at work now.</param>
/// <param name="WritesStopped">Writers wait until upkeep has caught up.</param>
/// <param name="BackgroundErrors">Errors met by upkeep since the store was opened.</param>
/// <param name="Entries">Estimate of the number of keys.</param>
/// <param name="Changes">Changes acknowledged since the store was created: its sequence number.</param>
/// <param name="MarkFailures">Writes of the file <c>acknowledged</c> that failed; the batches themselves are durable.</param>
/// <param name="FreeBytes">Free space of the file system.</param>
public readonly record struct StoreStatistics(
    long SortedBytes,
    long BlobBytes,
    long MemoryTableBytes,
    long BlockCacheBytes,
    long PendingCompactionBytes,
    int RunningCompactions,
    int RunningFlushes,
    bool WritesStopped,
    long BackgroundErrors,
    long Entries,
    long Changes,
    long MarkFailures,
    long FreeBytes);

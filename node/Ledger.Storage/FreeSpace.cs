using Ledger.Runtime.Ports;

namespace Ledger.Storage;

/// <summary>
/// Refuses writes while the file system has less free than the reserve. The system is asked at most ten times a
/// second, or after each mebibyte written.
/// </summary>
internal sealed class FreeSpace(string folder, long reserve, TimeProvider time, Func<long> ask)
{
    /// <summary>
    /// What opening writes at least: the header of RocksDB's log, options, a manifest. With less RocksDB is not even asked:
    /// built with assertions, it ends the process where a line of the header cannot be written.
    /// </summary>
    internal const long ToOpen = 4 << 20;

    private const long AskEveryBytes = 1 << 20;
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private long _free;
    private long _writtenSince = long.MaxValue / 2;
    private long _askedAt;

    internal FreeSpace(string folder, long reserve)
        : this(folder, reserve, TimeProvider.System, () => new DriveInfo(folder).AvailableFreeSpace)
    {
    }

    /// <exception cref="StoreFullException">The batch would go below the reserve.</exception>
    internal void Take(long bytes)
    {
        if (reserve <= 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_writtenSince >= AskEveryBytes || time.GetElapsedTime(_askedAt) >= AskEvery)
            {
                _free = ask();
                _writtenSince = 0;
                _askedAt = time.GetTimestamp();
            }

            if (_free - _writtenSince - bytes < reserve)
            {
                throw new StoreFullException(
                    $"The file system of {folder} has {_free >> 20} MiB free, and {reserve >> 20} MiB are kept in reserve: "
                    + "nothing was written. Free some space; the store goes on by itself.");
            }

            _writtenSince += bytes;
        }
    }

    /// <summary>Whether so much is free now.</summary>
    internal bool HasRoom(long bytes) => ask() >= bytes;
}

using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;

namespace Ledger.Storage;

/// <summary>One thing that is wrong with a store.</summary>
/// <param name="Message">Names the file and says what to do.</param>
public readonly record struct StoreDamage(string Message);

/// <summary>What one table holds.</summary>
/// <param name="Entries">Keys; those before the damage only, where there is one.</param>
/// <param name="KeyBytes">Bytes of all keys.</param>
/// <param name="ValueBytes">Bytes of all values.</param>
public readonly record struct StoreTableCount(Table Table, long Entries, long KeyBytes, long ValueBytes);

/// <summary>The result of <see cref="StoreCheck.Run"/>.</summary>
/// <param name="Damages">Empty for a sound store.</param>
/// <param name="Tables">One for each table that could be opened.</param>
/// <param name="Changes">Changes since the store was created: its sequence number.</param>
public sealed record StoreCheckReport(
    IReadOnlyList<StoreDamage> Damages, IReadOnlyList<StoreTableCount> Tables, long Changes)
{
    public bool IsSound => Damages.Count == 0;
}

/// <summary>
/// Reads every byte that a store depends on and verifies every checksum: logs, MANIFEST, each block of each sorted
/// file, each value in each blob file. Changes nothing, and works on a checkpoint or a restored backup as
/// well. What the entries mean is for the node's own check to judge.
/// </summary>
public static class StoreCheck
{
    /// <param name="folder">A store that no node has open.</param>
    /// <param name="options">Limits; the cache is not filled.</param>
    /// <param name="progress">Told each table's count when it has been read.</param>
    /// <param name="stop">Stops between two entries.</param>
    /// <exception cref="StoreInUseException">A node has it open: stop it, or check a checkpoint.</exception>
    /// <exception cref="StoreFormatException">It was written by a newer version.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no store in the folder.</exception>
    public static StoreCheckReport Run(
        string folder, RocksStoreOptions? options = null, IProgress<StoreTableCount>? progress = null,
        CancellationToken stop = default)
    {
        RocksLibrary.Load();
        folder = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(folder, AcknowledgedMark.FileName)))
        {
            throw new DirectoryNotFoundException($"There is no store in {folder}.");
        }

        var damages = new List<StoreDamage>();
        var tables = new List<StoreTableCount>();
        long changes = 0;
        try
        {
            using AcknowledgedMark mark = AcknowledgedMark.Open(folder);
            string path = Path.Combine(folder, RocksStore.DatabaseFolder);
            Try(damages, () => RecoveryCheck.Run(path, mark.Sequence));
            using DatabaseHandle database = RocksStore.OpenReadOnly(
                folder, (options ?? new RocksStoreOptions()) with { IndexInCache = false });
            changes = (long)RocksApi.LatestSequence(database);
            Try(damages, () => RecoveryCheck.CheckSequence(path, RocksApi.LatestSequence(database), mark.Sequence));
            foreach (Table table in Enum.GetValues<Table>())
            {
                if (database.Find(TableLayout.All[(int)table].Name) is { } column)
                {
                    StoreTableCount count = Read(database, column, table, folder, damages, stop);
                    tables.Add(count);
                    progress?.Report(count);
                }
            }

            damages.AddRange(BlobScanner.Files(path).Select(BlobScanner.FindDamage).OfType<StoreCorruptException>()
                .Select(error => new StoreDamage(error.Message)));
        }
        catch (StoreCorruptException error)
        {
            damages.Add(new StoreDamage(error.Message));
        }

        return new StoreCheckReport([.. damages.Distinct()], tables, changes);
    }

    private static StoreTableCount Read(
        DatabaseHandle database, nint column, Table table, string folder, List<StoreDamage> damages,
        CancellationToken stop)
    {
        long entries = 0;
        long keyBytes = 0;
        long valueBytes = 0;
        Try(damages, () =>
        {
            using var cursor = new CursorHandle(database, column, [], null, fillCache: false);
            while (Cursor.TryRead(cursor, entries == 0, reverse: false, folder, out KeyValuePair<byte[], byte[]> entry))
            {
                stop.ThrowIfCancellationRequested();
                entries++;
                keyBytes += entry.Key.Length;
                valueBytes += entry.Value.Length;
            }
        });
        return new StoreTableCount(table, entries, keyBytes, valueBytes);
    }

    private static void Try(List<StoreDamage> damages, Action check)
    {
        try
        {
            check();
        }
        catch (StoreCorruptException error)
        {
            damages.Add(new StoreDamage(error.Message));
        }
    }
}

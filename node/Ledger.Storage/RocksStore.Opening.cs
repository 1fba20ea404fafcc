using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;

namespace Ledger.Storage;

/// <content>
/// The store's folder holds <c>acknowledged</c> (see <see cref="AcknowledgedMark"/>) and RocksDB's own folder. A new store is
/// made under another name and moved in place when whole, so that a missing file always means damage.
/// </content>
public sealed partial class RocksStore
{
    internal const string DatabaseFolder = "rocksdb";
    private const string UnfinishedFolder = "rocksdb.new";

    /// <summary>Opens the store in <paramref name="folder"/>, creating it if the folder is absent or holds none.</summary>
    /// <exception cref="StoreCorruptException">
    /// Something acknowledged is missing or damaged. The message names the file; nothing was changed or deleted.
    /// </exception>
    /// <exception cref="StoreFullException">No space to open it.</exception>
    /// <exception cref="StoreInUseException">Another process, or this one, has it open.</exception>
    /// <exception cref="StoreFormatException">It was written by a newer version.</exception>
    /// <exception cref="RocksLibraryMissingException">librocksdb is not on this machine.</exception>
    public static RocksStore Open(string folder, RocksStoreOptions? options = null)
    {
        options ??= new RocksStoreOptions();
        RocksLibrary.Load();
        folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(folder);
            AcknowledgedMark mark = AcknowledgedMark.Open(folder);
            try
            {
                return Open(folder, mark, options);
            }
            catch
            {
                mark.Dispose();
                throw;
            }
        }
        catch (IOException error) when (RocksError.IsNoSpace(error))
        {
            throw RocksError.Full(folder, error.Message);
        }
    }

    private static RocksStore Open(string folder, AcknowledgedMark mark, RocksStoreOptions options)
    {
        string path = Path.Combine(folder, DatabaseFolder);
        if (Directory.Exists(path))
        {
            if (mark.IsNew)
            {
                throw RocksError.Corrupt(mark.Path, "it is missing or empty");
            }
        }
        else if (mark.Sequence > 0)
        {
            throw RocksError.Corrupt(path, "the folder is missing");
        }
        else
        {
            Create(folder, mark, options);
        }

        DatabaseHandle database = OpenChecked(folder, mark.Sequence, options);
        return new RocksStore(folder, database, mark, options);
    }

    /// <summary>
    /// Checks, then opens. RocksDB's own reading is tried read-only first: what it refuses, or what it reads short, is
    /// found while every file is still as it was.
    /// </summary>
    private static DatabaseHandle OpenChecked(string folder, ulong acknowledged, RocksStoreOptions options)
    {
        string path = Path.Combine(folder, DatabaseFolder);
        RecoveryCheck.Run(path, acknowledged);
        using (DatabaseHandle trial = OpenReadOnly(folder, options))
        {
            RecoveryCheck.CheckSequence(path, RocksApi.LatestSequence(trial), acknowledged);
        }

        DatabaseHandle database = OpenForWriting(folder, path, create: false, options);
        try
        {
            RecoveryCheck.CheckSequence(path, RocksApi.LatestSequence(database), acknowledged);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static void Create(string folder, AcknowledgedMark mark, RocksStoreOptions options)
    {
        string unfinished = Path.Combine(folder, UnfinishedFolder);
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        OpenForWriting(folder, unfinished, create: true, options).Dispose();
        mark.Create(0);
        Directory.Move(unfinished, Path.Combine(folder, DatabaseFolder));
        FolderSync.Run(folder);
    }

    private static DatabaseHandle OpenForWriting(string folder, string path, bool create, RocksStoreOptions options)
    {
        if (!new FreeSpace(folder, reserve: 0).HasRoom(FreeSpace.ToOpen))
        {
            throw RocksError.Full(folder, $"less than {FreeSpace.ToOpen >> 20} MiB are free");
        }

        var settings = new RocksSettings(options, create, folder);
        string[] names = [TableLayout.Default.Name, .. TableLayout.All.Select(layout => layout.Name)];
        return DatabaseHandle.Open(path, names, settings.Columns, settings, readOnly: false, folder);
    }

    /// <summary>Opens without changing a file. A table that is not there yet has column 0.</summary>
    internal static DatabaseHandle OpenReadOnly(string folder, RocksStoreOptions options)
    {
        string path = Path.Combine(folder, DatabaseFolder);
        var settings = new RocksSettings(options, create: false, folder);
        IReadOnlySet<string> present = settings.ListColumns(path, folder);
        string[] names = [TableLayout.Default.Name, .. TableLayout.All.Select(layout => layout.Name)];
        string? unknown = present.Except(names).Order().FirstOrDefault();
        if (unknown is not null)
        {
            settings.Dispose();
            throw new StoreFormatException(
                $"The store in {folder} has the table '{unknown}', which this version does not know. "
                + "It was written by a newer one: use that.");
        }

        int[] indexes = [.. Enumerable.Range(0, names.Length).Where(index => present.Contains(names[index]))];
        return DatabaseHandle.Open(
            path, [.. indexes.Select(index => names[index])], [.. indexes.Select(index => settings.Columns[index])],
            settings, readOnly: true, folder);
    }
}

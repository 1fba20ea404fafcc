using System.Globalization;
using System.Runtime.InteropServices;

namespace Ledger.Storage.Interop;

/// <summary>
/// RocksDB's options for one opening. Most are set through RocksDB's own option text, which rejects an unknown name,
/// so a typing error or an option that a later version drops is seen at once.
/// </summary>
internal sealed class RocksSettings : IDisposable
{
    private readonly List<nint> _columns = [];
    private readonly List<nint> _tables = [];
    private bool _disposed;

    internal RocksSettings(RocksStoreOptions options, bool create, string folder)
    {
        Cache = RocksApi.CacheCreate((nuint)options.BlockCacheBytes);
        ReadOptions = RocksApi.ReadOptionsCreate();
        RocksApi.ReadOptionsSetVerify(ReadOptions, 1);
        WriteOptions = RocksApi.WriteOptionsCreate();
        RocksApi.WriteOptionsSetSync(WriteOptions, Flag(options.SyncWrites));
        try
        {
            Database = Parse(DatabaseText(options, create), folder);
            Column(TableLayout.Default, options, folder);
            foreach (TableLayout layout in TableLayout.All)
            {
                Column(layout, options, folder);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal nint Cache { get; }

    internal nint Database { get; }

    internal nint ReadOptions { get; }

    internal nint WriteOptions { get; }

    /// <summary>Options of the default column, then of each table in <see cref="TableLayout.All"/>.</summary>
    internal IReadOnlyList<nint> Columns => _columns;

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _columns.ForEach(RocksApi.OptionsDestroy);
        _tables.ForEach(RocksApi.TableDestroy);
        if (Database != 0)
        {
            RocksApi.OptionsDestroy(Database);
        }

        RocksApi.ReadOptionsDestroy(ReadOptions);
        RocksApi.WriteOptionsDestroy(WriteOptions);
        RocksApi.CacheDestroy(Cache);
    }

    /// <summary>Names of the columns in a database that is not open.</summary>
    internal unsafe IReadOnlySet<string> ListColumns(string path, string folder)
    {
        nint* names = RocksApi.ListColumns(Database, path, out nuint count, out nint error);
        if (error != 0)
        {
            Dispose();
            RocksError.ThrowIfAny(error, folder);
        }

        var found = new HashSet<string>(StringComparer.Ordinal);
        for (nuint i = 0; i < count; i++)
        {
            found.Add(Marshal.PtrToStringUTF8(names[i])!);
        }

        RocksApi.ListColumnsDestroy(names, count);
        return found;
    }

    /// <remarks>
    /// Flushed together or not at all: after a failed sync the log holds a batch that no table has taken. Tables that were
    /// flushed since would pass over it at the next start and others would take it from there, half a batch.
    /// RocksDB's own log gets no line but its header. Debian's RocksDB is built with assertions: where the disk was too
    /// full for one line, the next ends the process. What went wrong is in the errors of the calls.
    /// </remarks>
    private static string DatabaseText(RocksStoreOptions options, bool create) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        create_if_missing={Bool(create)};
        error_if_exists={Bool(create)};
        create_missing_column_families=true;
        paranoid_checks=true;
        atomic_flush=true;
        wal_recovery_mode=kPointInTimeRecovery;
        track_and_verify_wals_in_manifest=true;
        max_open_files={options.OpenFilesMax};
        max_file_opening_threads=1;
        db_write_buffer_size={options.WriteBufferBytes};
        max_total_wal_size={options.LogBytesMax};
        max_background_jobs=2;
        bytes_per_sync=1048576;
        info_log_level=HEADER_LEVEL;
        stats_dump_period_sec=0;
        stats_persist_period_sec=0
        """).ReplaceLineEndings("");

    private static string Bool(bool value) => value ? "true" : "false";

    private static byte Flag(bool value) => value ? (byte)1 : (byte)0;

    private static nint Parse(string text, string folder)
    {
        nint defaults = RocksApi.OptionsCreate();
        nint options = RocksApi.OptionsCreate();
        RocksApi.OptionsFromString(defaults, text, options, out nint error);
        RocksApi.OptionsDestroy(defaults);
        if (error != 0)
        {
            RocksApi.OptionsDestroy(options);
            RocksError.ThrowIfAny(error, folder);
        }

        return options;
    }

    private nint Column(TableLayout layout, RocksStoreOptions options, string folder)
    {
        nint column = Parse(layout.OptionText(options), folder);
        _columns.Add(column);
        nint table = RocksApi.TableCreate();
        _tables.Add(table);
        RocksApi.TableSetCache(table, Cache);
        RocksApi.TableSetFormat(table, 5); // the newest that 7.8 writes and 9.x still does
        RocksApi.TableSetIndexInCache(table, Flag(options.IndexInCache)); // else they escape the memory limit
        RocksApi.TableSetPinL0(table, Flag(options.IndexInCache));
        if (layout.PointLookups)
        {
            RocksApi.TableSetFilter(table, RocksApi.BloomCreate(10)); // about 1 % false positives
        }

        RocksApi.OptionsSetTable(column, table);
        return column;
    }
}

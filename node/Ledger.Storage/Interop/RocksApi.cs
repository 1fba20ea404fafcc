using System.Runtime.InteropServices;

namespace Ledger.Storage.Interop;

/// <summary>
/// The calls of RocksDB's C API (rocksdb/c.h) that this project uses, and no others. All of them have the same
/// signature from 7.8 to 9.x. Booleans are C <c>unsigned char</c>; an error comes back as a malloc'ed text in the
/// last argument (see <see cref="RocksError"/>).
/// </summary>
internal static unsafe partial class RocksApi
{
    internal const string Library = "rocksdb";

    static RocksApi() => NativeLibrary.SetDllImportResolver(
        typeof(RocksApi).Assembly, static (name, _, _) => name == Library ? RocksLibrary.Load() : 0);

    // Options.
    [LibraryImport(Library, EntryPoint = "rocksdb_options_create")]
    internal static partial nint OptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_options_destroy")]
    internal static partial void OptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_get_options_from_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void OptionsFromString(nint baseOptions, string text, nint options, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_block_based_table_factory")]
    internal static partial void OptionsSetTable(nint options, nint table);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_create")]
    internal static partial nint TableCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_destroy")]
    internal static partial void TableDestroy(nint table);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_block_cache")]
    internal static partial void TableSetCache(nint table, nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_filter_policy")]
    internal static partial void TableSetFilter(nint table, nint ownedFilter);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_cache_index_and_filter_blocks")]
    internal static partial void TableSetIndexInCache(nint table, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache")]
    internal static partial void TableSetPinL0(nint table, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_format_version")]
    internal static partial void TableSetFormat(nint table, int version);

    [LibraryImport(Library, EntryPoint = "rocksdb_filterpolicy_create_bloom_full")]
    internal static partial nint BloomCreate(double bitsPerKey);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_create_lru")]
    internal static partial nint CacheCreate(nuint capacity);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_destroy")]
    internal static partial void CacheDestroy(nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_get_usage")]
    internal static partial nuint CacheUsage(nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_create")]
    internal static partial nint WriteOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_set_sync")]
    internal static partial void WriteOptionsSetSync(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_destroy")]
    internal static partial void WriteOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_create")]
    internal static partial nint ReadOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_verify_checksums")]
    internal static partial void ReadOptionsSetVerify(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_fill_cache")]
    internal static partial void ReadOptionsSetFillCache(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_iterate_lower_bound")]
    internal static partial void ReadOptionsSetLower(nint options, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_iterate_upper_bound")]
    internal static partial void ReadOptionsSetUpper(nint options, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_destroy")]
    internal static partial void ReadOptionsDestroy(nint options);

    // Opening and closing.
    [LibraryImport(Library, EntryPoint = "rocksdb_open_column_families", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint Open(
        nint options, string path, int count, nint* names, nint* columnOptions, nint* columns, out nint error);

    [LibraryImport(
        Library, EntryPoint = "rocksdb_open_for_read_only_column_families",
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint OpenReadOnly(
        nint options, string path, int count, nint* names, nint* columnOptions, nint* columns,
        byte failIfLogExists, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_list_column_families", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint* ListColumns(nint options, string path, out nuint count, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_list_column_families_destroy")]
    internal static partial void ListColumnsDestroy(nint* names, nuint count);

    [LibraryImport(Library, EntryPoint = "rocksdb_column_family_handle_destroy")]
    internal static partial void ColumnDestroy(nint column);

    [LibraryImport(Library, EntryPoint = "rocksdb_cancel_all_background_work")]
    internal static partial void CancelBackgroundWork(nint database, byte wait);

    [LibraryImport(Library, EntryPoint = "rocksdb_close")]
    internal static partial void Close(nint database);

    // Reading.
    [LibraryImport(Library, EntryPoint = "rocksdb_get_pinned_cf")]
    internal static partial nint GetPinned(
        DatabaseHandle database, nint options, nint column, byte* key, nuint length, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_pinnableslice_value")]
    internal static partial byte* PinnedValue(nint pinned, out nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_pinnableslice_destroy")]
    internal static partial void PinnedDestroy(nint pinned);

    [LibraryImport(Library, EntryPoint = "rocksdb_create_iterator_cf")]
    internal static partial nint IteratorCreate(DatabaseHandle database, nint options, nint column);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_destroy")]
    internal static partial void IteratorDestroy(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_seek_to_first")]
    internal static partial void IteratorSeekFirst(CursorHandle iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_seek_to_last")]
    internal static partial void IteratorSeekLast(CursorHandle iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_next")]
    internal static partial void IteratorNext(CursorHandle iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_prev")]
    internal static partial void IteratorPrevious(CursorHandle iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_valid")]
    internal static partial byte IteratorValid(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_key")]
    internal static partial byte* IteratorKey(nint iterator, out nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_value")]
    internal static partial byte* IteratorValue(nint iterator, out nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_get_error")]
    internal static partial void IteratorError(nint iterator, out nint error);

    // Writing.
    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_create")]
    internal static partial nint BatchCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_destroy")]
    internal static partial void BatchDestroy(nint batch);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_put_cf")]
    internal static partial void BatchPut(
        nint batch, nint column, byte* key, nuint keyLength, byte* value, nuint valueLength);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_delete_cf")]
    internal static partial void BatchDelete(nint batch, nint column, byte* key, nuint keyLength);

    [LibraryImport(Library, EntryPoint = "rocksdb_write")]
    internal static partial void Write(DatabaseHandle database, nint options, nint batch, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_get_latest_sequence_number")]
    internal static partial ulong LatestSequence(DatabaseHandle database);

    // Care.
    [LibraryImport(Library, EntryPoint = "rocksdb_property_int_cf", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Property(DatabaseHandle database, nint column, string name, out ulong value);

    [LibraryImport(Library, EntryPoint = "rocksdb_flushoptions_create")]
    internal static partial nint FlushOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_flushoptions_destroy")]
    internal static partial void FlushOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_flush_cf")]
    internal static partial void Flush(DatabaseHandle database, nint options, nint column, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_checkpoint_object_create")]
    internal static partial nint CheckpointObjectCreate(DatabaseHandle database, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_checkpoint_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void CheckpointCreate(nint checkpoint, string folder, ulong logSizeForFlush, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_checkpoint_object_destroy")]
    internal static partial void CheckpointObjectDestroy(nint checkpoint);

    [LibraryImport(Library, EntryPoint = "rocksdb_free")]
    internal static partial void Free(nint memory);
}

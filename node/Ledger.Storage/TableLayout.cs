using System.Collections.Frozen;
using System.Globalization;
using Ledger.Runtime.Ports;

namespace Ledger.Storage;

/// <summary>How one table lies on the disk: a RocksDB column family of its own.</summary>
/// <param name="Name">The column family's name. Part of the format on disk: never changed.</param>
/// <param name="PointLookups">Keys are hashes, asked for one by one: a bloom filter saves the reads for absent ones.</param>
/// <param name="Blobs">Values are large and written once: kept out of the tree, so that compaction does not copy them.</param>
internal sealed record TableLayout(string Name, bool PointLookups = false, bool Blobs = false)
{
    /// <summary>Values from this size on go to blob files, in bytes.</summary>
    internal const int BlobBytesMin = 1024;

    /// <summary>RocksDB demands a column of this name; it stays empty.</summary>
    internal static readonly TableLayout Default = new("default");

    private static readonly FrozenDictionary<Table, TableLayout> Layouts = new Dictionary<Table, TableLayout>
    {
        [Table.Meta] = new("meta"),
        [Table.Records] = new("records", PointLookups: true, Blobs: true),
        [Table.Pending] = new("pending"),
        [Table.Settled] = new("settled", PointLookups: true),
        [Table.Entries] = new("entries"),
        [Table.Leaves] = new("leaves", PointLookups: true),
        [Table.Tiles] = new("tiles"),
        [Table.MapNodes] = new("map-nodes", PointLookups: true),
        [Table.Streams] = new("streams", PointLookups: true),
        [Table.StreamStates] = new("stream-states", PointLookups: true),
        [Table.StreamRecords] = new("stream-records"),
        [Table.PublicKeys] = new("public-keys", PointLookups: true),
        [Table.Blocks] = new("blocks", Blobs: true),
        [Table.BlockHeights] = new("block-heights", PointLookups: true),
        [Table.Configurations] = new("configurations", PointLookups: true),
        [Table.Usage] = new("usage", PointLookups: true),
        [Table.Anchors] = new("anchors"),
        [Table.Journal] = new("journal"),
    }.ToFrozenDictionary();

    /// <summary>One layout for each member of <see cref="Table"/>, in its order.</summary>
    internal static readonly IReadOnlyList<TableLayout> All = [.. Enum.GetValues<Table>().Select(table => Layouts[table])];

    internal string OptionText(RocksStoreOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        compression=kNoCompression;
        write_buffer_size={options.WriteBufferBytes / 4};
        max_write_buffer_number=3;
        target_file_size_base={options.FileBytes};
        level_compaction_dynamic_level_bytes=true;
        force_consistency_checks=true;
        enable_blob_files={(Blobs ? "true" : "false")};
        min_blob_size={BlobBytesMin};
        blob_file_size={options.FileBytes * 4};
        enable_blob_garbage_collection=true
        """).ReplaceLineEndings("");
}

using System.Globalization;
using System.Text;
using Ledger.Runtime.Ports;

namespace Ledger.Storage;

/// <summary>How one table lies on the disk: a RocksDB column family of its own.</summary>
/// <param name="Name">The column family's name. Part of the format on disk.</param>
/// <param name="PointLookups">Keys are hashes, asked for one by one: a bloom filter saves the reads for absent ones.</param>
/// <param name="Blobs">Values are large and written once: kept out of the tree, so that compaction does not copy them.</param>
internal sealed record TableLayout(string Name, bool PointLookups = false, bool Blobs = false)
{
    /// <summary>Values from this size on go to blob files, in bytes.</summary>
    internal const int BlobBytesMin = 1024;

    /// <summary>RocksDB demands a column of this name; it stays empty.</summary>
    internal static readonly TableLayout Default = new("default");

    /// <summary>One layout for each member of <see cref="Table"/>, in its order.</summary>
    internal static readonly IReadOnlyList<TableLayout> All = [.. Enum.GetValues<Table>().Select(Of)];

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

    private static TableLayout Of(Table table) => table switch
    {
        Table.Records => new(NameOf(table), PointLookups: true, Blobs: true),
        Table.Blocks => new(NameOf(table), Blobs: true),
        Table.Settled or Table.Leaves or Table.MapNodes or Table.Streams or Table.StreamStates or Table.PublicKeys
            or Table.BlockHeights or Table.Configurations or Table.Usage or Table.Digests => new(NameOf(table), PointLookups: true),

        // Keys are numbers in order, or few.
        _ => new(NameOf(table)),
    };

    /// <summary>MapNodes is kept as map-nodes. Who renames a table renames what is on every disk: a test pins the names.</summary>
    private static string NameOf(Table table)
    {
        var name = new StringBuilder();
        foreach (char letter in table.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
            {
                name.Append('-');
            }

            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }
}

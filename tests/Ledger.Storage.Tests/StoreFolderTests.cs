using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;

namespace Ledger.Storage.Tests;

/// <summary>What else may be found in the folder: another process, another version, an unfinished creation.</summary>
public sealed class StoreFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_opening_is_refused_and_names_the_folder()
    {
        using var store = RocksStore.Open(_folder.Path);

        StoreInUseException error = Assert.Throws<StoreInUseException>(() => RocksStore.Open(_folder.Path));

        Assert.Contains(_folder.Path, error.Message);
        Assert.Contains("Stop that node first", error.Message);
        store.Write(new StoreBatch().Put(Table.Meta, "a"u8, []));
    }

    [Fact]
    public void RocksDBs_own_lock_gives_the_same_message()
    {
        const string InOtherProcess =
            "IO error: While lock file: /data/rocksdb/LOCK: Resource temporarily unavailable";
        const string InThisProcess =
            "IO error: lock hold by current process, acquire time 1 acquiring thread 2: /data/rocksdb/LOCK: No locks available";

        Assert.IsType<StoreInUseException>(RocksError.Classify(InOtherProcess, "/data"));
        Assert.IsType<StoreInUseException>(RocksError.Classify(InThisProcess, "/data"));
        Assert.IsType<IOException>(RocksError.Classify("IO error: While appending: /BLOCK.log: Input/output error", "/data"));
    }

    [Fact]
    public void A_closed_store_opens_again_at_once()
    {
        for (int i = 0; i < 5; i++)
        {
            using var store = RocksStore.Open(_folder.Path);
            store.Write(new StoreBatch().Put(Table.Meta, [(byte)i], []));
            Assert.Equal(i + 1, store.Scan(Table.Meta, [], null).Count());
        }
    }

    [Fact]
    public void An_unfinished_creation_is_begun_again()
    {
        Directory.CreateDirectory(_folder.Sub("rocksdb.new"));
        File.WriteAllText(Path.Combine(_folder.Sub("rocksdb.new"), "CURRENT"), "half");

        using var store = RocksStore.Open(_folder.Path);
        store.Write(new StoreBatch().Put(Table.Meta, "a"u8, []));

        Assert.False(Directory.Exists(_folder.Sub("rocksdb.new")));
    }

    [Fact]
    public void A_creation_that_ended_before_the_last_step_is_begun_again()
    {
        RocksStore.Open(_folder.Path).Dispose();
        Directory.Move(_folder.Sub("rocksdb"), _folder.Sub("rocksdb.new"));

        using var store = RocksStore.Open(_folder.Path);
        store.Write(new StoreBatch().Put(Table.Meta, "a"u8, []));
    }

    [Fact]
    public void Other_files_in_the_folder_are_left_alone()
    {
        Directory.CreateDirectory(_folder.Sub("lost+found"));
        File.WriteAllText(_folder.Sub("note"), "mine");

        RocksStore.Open(_folder.Path).Dispose();

        Assert.Equal("mine", File.ReadAllText(_folder.Sub("note")));
        Assert.True(Directory.Exists(_folder.Sub("lost+found")));
    }

    [Fact]
    public void A_store_of_a_newer_format_is_refused_as_such()
    {
        RocksStore.Open(_folder.Path).Dispose();
        string mark = _folder.Sub(AcknowledgedMark.FileName);
        byte[] bytes = File.ReadAllBytes(mark);
        bytes[AcknowledgedMark.Title.Length - 2] = (byte)'2';
        File.WriteAllBytes(mark, bytes);

        StoreFormatException error = Assert.Throws<StoreFormatException>(() => RocksStore.Open(_folder.Path));

        Assert.Contains("format 2", error.Message);
    }

    [Fact]
    public void A_table_of_a_newer_version_is_refused_by_name()
    {
        RocksStore.Open(_folder.Path).Dispose();
        AddColumn("from-the-future");

        StoreFormatException error = Assert.Throws<StoreFormatException>(() => RocksStore.Open(_folder.Path));

        Assert.Contains("'from-the-future'", error.Message);
    }

    /// <summary>The names are on every node's disk: a table may be added here, and none renamed or removed.</summary>
    [Fact]
    public void The_names_of_the_tables_on_disk_do_not_change()
    {
        string[] names =
        [
            "anchors", "block-heights", "blocks", "configurations", "entries", "journal", "leaves", "map-nodes", "meta",
            "pending", "public-keys", "records", "settled", "stream-records", "stream-states", "streams", "tiles", "usage",
        ];

        Assert.Subset(TableLayout.All.Select(layout => layout.Name).ToHashSet(), names.ToHashSet());
        Assert.Equal(Enum.GetValues<Table>().Length, TableLayout.All.DistinctBy(layout => layout.Name).Count());
    }

    [Fact]
    public void A_table_that_is_new_to_an_old_store_is_made()
    {
        RocksStore.Open(_folder.Path).Dispose();
        DropLastColumn();

        Table added = Enum.GetValues<Table>()[^1];
        using (var store = RocksStore.Open(_folder.Path))
        {
            store.Write(new StoreBatch().Put(added, "a"u8, "b"u8));
        }

        using (var store = RocksStore.Open(_folder.Path))
        {
            Assert.Equal("b"u8.ToArray(), store.Get(added, "a"u8));
        }
    }

    /// <summary>Makes the store again as a version that did not know the last table would have.</summary>
    private void DropLastColumn()
    {
        Directory.Delete(_folder.Sub("rocksdb"), recursive: true);
        var options = new RocksStoreOptions();
        var settings = new RocksSettings(options, create: true, _folder.Path);
        string[] names = [TableLayout.Default.Name, .. TableLayout.All.SkipLast(1).Select(layout => layout.Name)];
        DatabaseHandle.Open(
            _folder.Sub("rocksdb"), names, [.. settings.Columns.SkipLast(1)], settings, readOnly: false,
            _folder.Path).Dispose();
    }

    private void AddColumn(string name)
    {
        var options = new RocksStoreOptions();
        var settings = new RocksSettings(options, create: false, _folder.Path);
        string[] names = [TableLayout.Default.Name, .. TableLayout.All.Select(layout => layout.Name), name];
        DatabaseHandle.Open(
            _folder.Sub("rocksdb"), names, [.. settings.Columns, settings.Columns[0]], settings, readOnly: false,
            _folder.Path).Dispose();
    }
}

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

    [Fact]
    public void Every_table_has_a_layout_and_a_name_of_its_own()
    {
        Assert.Equal(Enum.GetValues<Table>().Length, TableLayout.All.Count);
        Assert.Equal(TableLayout.All.Count, TableLayout.All.Select(layout => layout.Name).Distinct().Count());
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

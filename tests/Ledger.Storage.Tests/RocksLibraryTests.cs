using Ledger.Storage.Interop;

namespace Ledger.Storage.Tests;

public sealed class RocksLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_library_is_found_on_this_machine() => Assert.NotEqual(0, RocksLibrary.Load());

    [Fact]
    public void When_there_is_none_the_message_says_what_to_do()
    {
        var error = Assert.Throws<RocksLibraryMissingException>(
            () => RocksLibrary.Find(null, [_folder.Path, _folder.Sub("absent")], [_folder.Path]));

        Assert.Contains("node/setup.sh", error.Message);
        Assert.Contains("apt install librocksdb", error.Message);
        Assert.Contains(RocksLibrary.FileVariable, error.Message);
    }

    [Fact]
    public void A_named_file_that_does_not_load_is_an_error_and_not_passed_over()
    {
        string file = _folder.Sub("librocksdb.so.9.10");
        File.WriteAllText(file, "not a library");

        var error = Assert.Throws<RocksLibraryMissingException>(() => RocksLibrary.Find(file, [], []));

        Assert.Contains(file, error.Message);
        Assert.Contains("Correct the variable", error.Message);
    }

    [Fact]
    public void A_system_library_that_does_not_load_is_named()
    {
        File.WriteAllText(_folder.Sub("librocksdb.so.9.10"), "not a library");

        var error = Assert.Throws<RocksLibraryMissingException>(() => RocksLibrary.Find(null, [_folder.Path], []));

        Assert.Contains("Found but not loadable: " + _folder.Sub("librocksdb.so.9.10"), error.Message);
    }

    [Fact]
    public void A_load_order_that_names_a_missing_library_says_how_to_begin_again()
    {
        Directory.CreateDirectory(_folder.Sub("rocksdb"));
        File.WriteAllText(Path.Combine(_folder.Sub("rocksdb"), "load-order"), "lib/libsnappy.so.1\n");

        var error = Assert.Throws<RocksLibraryMissingException>(() => RocksLibrary.Find(null, [], [_folder.Path]));

        Assert.Contains(Path.Combine(_folder.Sub("rocksdb"), "lib/libsnappy.so.1"), error.Message);
        Assert.Contains("run node/setup.sh", error.Message);
    }

    [Fact]
    public void An_empty_load_order_is_an_error()
    {
        Directory.CreateDirectory(_folder.Sub("rocksdb"));
        File.WriteAllText(Path.Combine(_folder.Sub("rocksdb"), "load-order"), "\n");

        Assert.Throws<RocksLibraryMissingException>(() => RocksLibrary.Find(null, [], [_folder.Path]));
    }

    [Fact]
    public void The_private_folder_is_looked_for_upwards_unless_it_is_named()
    {
        Assert.Equal(["/a/b/.local", "/a/.local", "/.local"], RocksLibrary.LocalFolders(null, "/a/b"));
        Assert.Equal(["/elsewhere"], RocksLibrary.LocalFolders("/elsewhere", "/a/b"));
    }
}

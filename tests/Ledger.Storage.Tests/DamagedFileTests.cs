using Ledger.Storage.Recovery;

namespace Ledger.Storage.Tests;

/// <summary>Which file is named where RocksDB names none.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private const string BlobError = "Corruption: Error while decoding blob log footer: Magic number mismatch";

    private readonly SampleStore _sample = new();
    private readonly TemporaryFolder _folder = new();

    /// <summary>An open store is often about to write another file, which is not whole before it is done.</summary>
    [Fact]
    public void A_sorted_file_that_is_being_written_is_not_taken_for_the_damaged_blob_file()
    {
        string victim = _sample.CopyTo(_folder.Sub("victim"));
        string path = Path.Combine(victim, RocksStore.DatabaseFolder);
        string blob = Path.Combine(victim, _sample.Files("*.blob").First());
        Assert.Null(DamagedFile.Find(path, BlobError));

        Damage.Cut(blob, 1);
        string written = Path.Combine(path, "999999.sst");
        File.WriteAllBytes(written, [1, 2, 3]);
        Assert.Equal(blob, DamagedFile.Find(path, BlobError));
        Assert.Equal(written, DamagedFile.Find(path, "Corruption: block checksum mismatch"));
    }

    public void Dispose()
    {
        _sample.Dispose();
        _folder.Dispose();
    }
}

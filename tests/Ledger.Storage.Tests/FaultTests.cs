using Ledger.TestKit;

namespace Ledger.Storage.Tests;

/// <summary>
/// Each system call on the store's files fails in turn, once or from then on. The writer stops with a clear error or goes
/// on; afterwards the store opens, is taken for sound, and holds everything that was acknowledged.
/// </summary>
[Trait("Tier", "process")]
public sealed class FaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new(onDisk: true);

    public void Dispose() => _folder.Dispose();

    [TheoryThatNeeds("strace", "rocksdb")]
    [InlineData("write", "ENOSPC", 4, "")]
    [InlineData("write", "ENOSPC", 60, "+")]
    [InlineData("write", "EIO", 150, "")]
    [InlineData("fdatasync", "EIO", 2, "")]
    [InlineData("fdatasync", "EIO", 30, "+")]
    [InlineData("fsync", "ENOSPC", 3, "")]
    [InlineData("pwrite64", "EIO", 5, "+")]
    [InlineData("rename", "EIO", 4, "")]
    [InlineData("openat", "ENOSPC", 5, "")]
    [InlineData("unlink", "EIO", 1, "+")]
    [InlineData("unlink", "ENOSPC", 2, "")]
    public void A_failing_call_loses_nothing_that_was_acknowledged(string call, string error, int number, string more) =>
        Run(call, error, number, more);

    [FactThatNeeds("strace", "rocksdb")]
    [Trait("Tier", "full")]
    public void Every_call_in_turn()
    {
        var random = new Random(11);
        foreach (string call in (string[])["write", "fdatasync", "fsync", "pwrite64", "rename", "openat", "unlink", "ftruncate"])
        {
            for (int number = 1; number < 400; number += 1 + random.Next(number / 2 + 2))
            {
                Run(call, random.Next(2) == 0 ? "ENOSPC" : "EIO", number, random.Next(2) == 0 ? "" : "+");
            }
        }
    }

    /// <summary>Whether tables are flushed between the fault and the end is chance, so it is given many.</summary>
    [FactThatNeeds("strace", "rocksdb")]
    [Trait("Tier", "full")]
    public void A_batch_whose_sync_failed_is_there_as_a_whole_or_not_at_all()
    {
        for (int i = 0; i < 60; i++)
        {
            Run("fdatasync", "ENOSPC", 6, "");
        }
    }

    /// <summary>Its bytes are in the log; a writer that goes on as if they were not would disagree with its own disk.</summary>
    [FactThatNeeds("strace", "rocksdb")]
    public void A_write_that_was_refused_and_is_there_after_all_stops_the_store()
    {
        (int exitCode, IReadOnlyList<int> acknowledged) = Write("fdatasync:error=ENOSPC:when=6", patient: true);

        Assert.Equal(WriterHost.Failed, exitCode);
        Assert.InRange(acknowledged.Count, 1, 1199);
        using var store = RocksStore.Open(_folder.Sub("store"));
        SampleStore.AssertWhole(store, acknowledged);
    }

    private void Run(string call, string error, int number, string more)
    {
        string fault = $"{call}:error={error}:when={number}{more}";
        (int exitCode, IReadOnlyList<int> acknowledged) = Write(fault, patient: false);
        Assert.True(exitCode is 0 or WriterHost.Full or WriterHost.Failed, $"{fault}: exit code {exitCode}");
        Assert.True(exitCode != 0 || acknowledged.Count == 1200, fault);
        try
        {
            using var store = RocksStore.Open(_folder.Sub("store"));
            SampleStore.AssertWhole(store, acknowledged);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{fault}, {acknowledged.Count} acknowledged: {failure.Message}", failure);
        }
    }

    private (int ExitCode, IReadOnlyList<int> Acknowledged) Write(string fault, bool patient)
    {
        string folder = _folder.Sub("store");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        // Only calls that touch the store's files: strace wants each path by name.
        string[] paths =
        [
            .. Enumerable.Range(1, 300).SelectMany(index => (string[])
                [$"{index:D6}.log", $"{index:D6}.sst", $"{index:D6}.blob", $"MANIFEST-{index:D6}", $"{index:D6}.dbtmp"]),
            "CURRENT",
        ];
        string[] command =
        [
            Needs.Get("strace"), "-f", "-o", _folder.Sub("trace"), "-e", "trace=" + fault[..fault.IndexOf(':', StringComparison.Ordinal)], "-e", "inject=" + fault,
            "-P", Path.Combine(folder, "acknowledged"),
            .. paths.SelectMany(path => (string[])["-P", Path.Combine(folder, "rocksdb", path)]),
        ];
        using var writer = Writer.Start(folder, batches: 1200, patient: patient, strace: command);
        writer.WaitForExit();
        return (writer.ExitCode, writer.Acknowledged);
    }
}

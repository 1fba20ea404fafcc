using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

/// <summary>Checkpoints, checks and figures.</summary>
public sealed class CareTests(SampleStoreFixture fixture) : IClassFixture<SampleStoreFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Victim => _folder.Sub("victim");

    private string Copy => _folder.Sub("copy");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_checkpoint_is_a_whole_store_as_of_its_moment()
    {
        using (var store = RocksStore.Open(fixture.Sample.CopyTo(Victim)))
        {
            store.Write(SampleStore.Batch(SampleStore.Batches));
            store.Checkpoint(Copy);
            store.Write(SampleStore.Batch(SampleStore.Batches + 1));
        }

        Assert.True(StoreCheck.Run(Copy).IsSound);
        using var copy = RocksStore.Open(Copy);
        Assert.Null(SampleStore.Judge(copy, SampleStore.Batches + 1));
    }

    [Fact]
    public async Task A_checkpoint_is_taken_while_others_write()
    {
        const int Writers = 4;
        using var store = RocksStore.Open(Victim, new RocksStoreOptions { WriteBufferBytes = 1 << 18 });
        using var stop = new CancellationTokenSource();
        int[] acknowledged = new int[Writers];
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                store.Write(new StoreBatch().Put(Table.Records, [(byte)writer, .. Numbered(i)], Noise.Bytes(i, 2000)));
                Volatile.Write(ref acknowledged[writer], i + 1);
            }
        }))];
        try
        {
            for (int round = 0; round < 5; round++)
            {
                Thread.Sleep(50);
                int[] before = [.. acknowledged.Select((_, writer) => Volatile.Read(ref acknowledged[writer]))];
                string target = _folder.Sub("copy" + round);
                store.Checkpoint(target);

                using var copy = RocksStore.Open(target);
                for (int writer = 0; writer < Writers; writer++)
                {
                    int found = copy.Scan(Table.Records, [(byte)writer], [(byte)(writer + 1)]).Count();
                    Assert.True(found >= before[writer], $"{found} of {before[writer]}");
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }
    }

    [Fact]
    public void A_checkpoint_onto_something_is_refused()
    {
        Directory.CreateDirectory(Copy);
        using var store = RocksStore.Open(fixture.Sample.CopyTo(Victim));

        Assert.Contains(Copy, Assert.Throws<IOException>(() => store.Checkpoint(Copy)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Copy));
    }

    [Fact]
    public void A_checkpoint_that_was_not_finished_leaves_nothing_in_the_way()
    {
        using var store = RocksStore.Open(fixture.Sample.CopyTo(Victim));
        Directory.CreateDirectory(Copy + ".unfinished/rocksdb");

        store.Checkpoint(Copy);

        Assert.False(Path.Exists(Copy + ".unfinished"));
        Assert.True(StoreCheck.Run(Copy).IsSound);
    }

    [Fact]
    public void A_sound_store_passes_its_check_and_is_counted()
    {
        StoreCheckReport report = StoreCheck.Run(fixture.Sample.CopyTo(Victim));

        Assert.Empty(report.Damages);
        Assert.Equal(SampleStore.Batches * 5, report.Changes);
        Assert.Equal(SampleStore.Batches, report.Tables.Single(table => table.Table == Table.Records).Entries);
        Assert.Equal(1, report.Tables.Single(table => table.Table == Table.Pending).Entries);
        Assert.Equal(SampleStore.Batches * 64, report.Tables.Single(table => table.Table == Table.Settled).KeyBytes);
        Assert.Equal(SampleStore.Batches * 16, report.Tables.Single(table => table.Table == Table.Settled).ValueBytes);
    }

    [Fact]
    public void A_check_changes_no_file_that_counts()
    {
        fixture.Sample.CopyTo(Victim);
        var before = Contents();

        StoreCheck.Run(Victim);

        Assert.Equal(before, Contents());
    }

    [Fact]
    public void A_check_finds_a_flipped_byte_wherever_it_is()
    {
        var random = new Random(5);
        foreach (string file in fixture.Sample.Files().Where(IsChecked))
        {
            long length = new FileInfo(Path.Combine(fixture.Sample.Image, file)).Length;
            for (int i = 0; i < 4 && length > 0; i++)
            {
                long offset = random.NextInt64(length);
                Damage.Flip(Path.Combine(fixture.Sample.CopyTo(Victim), file), offset);

                StoreCheckReport report = StoreCheck.Run(Victim);

                Assert.False(report.IsSound, $"{file} at {offset}");
                Assert.Contains(report.Damages, damage => damage.Message.Contains(
                    Path.GetFileName(file), StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void A_check_reports_all_damaged_files_not_just_the_first()
    {
        string[] files = [.. fixture.Sample.Files("*.sst").Take(2), fixture.Sample.Files("*.blob").First()];
        fixture.Sample.CopyTo(Victim);
        foreach (string file in files)
        {
            Damage.Flip(Path.Combine(Victim, file), 200);
        }

        StoreCheckReport report = StoreCheck.Run(Victim);

        Assert.All(files, file => Assert.Contains(
            report.Damages, damage => damage.Message.Contains(Path.GetFileName(file), StringComparison.Ordinal)));
    }

    [Fact]
    public void A_store_in_use_or_absent_is_not_checked()
    {
        using var store = RocksStore.Open(fixture.Sample.CopyTo(Victim));

        Assert.Throws<StoreInUseException>(() => StoreCheck.Run(Victim));
        Assert.Throws<DirectoryNotFoundException>(() => StoreCheck.Run(Copy));
        Assert.False(Directory.Exists(Copy));
    }

    [Fact]
    public void A_check_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => StoreCheck.Run(fixture.Sample.CopyTo(Victim), stop: stop.Token));
    }

    [Fact]
    public void Statistics_follow_what_is_written()
    {
        using var store = RocksStore.Open(fixture.Sample.CopyTo(Victim));
        StoreStatistics before = store.Statistics();
        for (int number = SampleStore.Batches; number < SampleStore.Batches + 50; number++)
        {
            store.Write(SampleStore.Batch(number));
        }

        StoreStatistics after = store.Statistics();

        Assert.Equal(SampleStore.Batches * 5, before.Changes);
        Assert.Equal(before.Changes + 250, after.Changes);
        Assert.True(before.SortedBytes > 0 && before.BlobBytes > 100_000);
        Assert.True(after.MemoryTableBytes > before.MemoryTableBytes);
        Assert.True(after.FreeBytes > 0);
        Assert.False(after.WritesStopped);
        Assert.Equal(0, after.BackgroundErrors + after.MarkFailures);
    }

    private Dictionary<string, string> Contents() => Directory
        .EnumerateFiles(Victim, "*", SearchOption.AllDirectories)
        .Where(file => !Path.GetFileName(file).StartsWith("LOG", StringComparison.Ordinal))
        .ToDictionary(file => file, file => Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));

    private static bool IsChecked(string file) =>
        Path.GetExtension(file) is ".sst" or ".blob" or ".log"
        || Path.GetFileName(file).StartsWith("MANIFEST", StringComparison.Ordinal);

    private static byte[] Numbered(int number) =>
        [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
}

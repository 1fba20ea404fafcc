using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;

namespace Ledger.Storage.Tests;

public sealed class SampleStoreFixture : IDisposable
{
    internal SampleStore Sample { get; } = new();

    /// <summary>Its last act was a flush, so its last MANIFEST entries made logs disappear.</summary>
    internal SampleStore Flushed { get; } = new(flushedLast: true);

    public void Dispose()
    {
        Sample.Dispose();
        Flushed.Dispose();
    }
}

/// <summary>
/// Damage gives everything that was acknowledged, or a <see cref="StoreCorruptException"/> that names the file and leaves
/// the store as it was. Each test first passes the untouched input.
/// </summary>
public sealed class DamageTests(SampleStoreFixture fixture) : IClassFixture<SampleStoreFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private SampleStore Sample => fixture.Sample;

    private string Victim => _folder.Sub("victim");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_killed_store_opens_with_everything()
    {
        Assert.Equal("everything", Outcome(Sample.CopyTo(Victim)));
        Assert.Equal("everything", Outcome(fixture.Flushed.CopyTo(Victim)));
    }

    [Fact]
    public void The_sample_has_one_of_everything()
    {
        Assert.NotEmpty(Sample.Files("*.sst"));
        Assert.NotEmpty(Sample.Files("*.blob"));
        Assert.True(Sample.Files("*.log").Count(file => Length(Sample, file) > 0) >= 3);
    }

    [Fact]
    public void A_log_cut_by_any_number_of_bytes_is_corrupt()
    {
        string log = LastLog(Sample);
        foreach (long bytes in (long[])[1, 6, 7, 8, 500, 2_000, 10_000, Length(Sample, log)])
        {
            AssertCorrupt(Sample, log, path => Damage.Cut(path, bytes));
        }
    }

    [Fact]
    public void A_byte_flipped_anywhere_in_a_log_is_corrupt()
    {
        foreach (string log in Sample.Files("*.log").Where(file => Length(Sample, file) > 0))
        {
            long length = Length(Sample, log);
            foreach (long offset in (long[])[0, 4, 5, 6, 7, 15, 19, length / 3, length / 2, length - 1])
            {
                AssertCorrupt(Sample, log, path => Damage.Flip(path, offset));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void The_length_and_type_of_the_last_record_are_no_exception(int field)
    {
        string log = LastLog(Sample);
        long last = Records(Path.Combine(Sample.Image, log))[^1];

        AssertCorrupt(Sample, log, path => Damage.Flip(path, last + field, 0x40));
    }

    [Fact]
    public void A_zeroed_sector_in_a_log_is_corrupt()
    {
        foreach (string log in Sample.Files("*.log").Where(file => Length(Sample, file) > 0))
        {
            AssertCorrupt(Sample, log, path => Damage.Zero(path, 0, 512));
            AssertCorrupt(Sample, log, path => Damage.Zero(path, Length(Sample, log) / 2 / 512 * 512, 4096));
            AssertCorrupt(Sample, log, path => Damage.Zero(path, Length(Sample, log) - 100, 100));
        }
    }

    [Fact]
    public void A_missing_log_is_corrupt()
    {
        foreach (string log in Sample.Files("*.log").Where(file => Length(Sample, file) > 0))
        {
            AssertCorrupt(Sample, log, File.Delete, nameTheFile: false);
        }
    }

    [Fact]
    public void A_torn_write_that_nobody_was_told_of_is_dropped()
    {
        string log = LastLog(Sample);
        foreach (byte[] torn in (byte[][])[[0], [1, 2, 3, 4, 5, 6, 7, 8], new byte[4096], Noise.Bytes(7, 3000), Begun()])
        {
            Damage.Append(Path.Combine(Sample.CopyTo(Victim), log), torn);

            Assert.Equal("everything", Outcome(Victim));
            Assert.Equal("everything", Outcome(Victim));
        }
    }

    [Fact]
    public void After_a_torn_write_was_dropped_the_store_goes_on()
    {
        Damage.Append(Path.Combine(Sample.CopyTo(Victim), LastLog(Sample)), Begun());
        using (var store = RocksStore.Open(Victim))
        {
            for (int number = SampleStore.Batches; number < SampleStore.Batches + 20; number++)
            {
                store.Write(SampleStore.Batch(number));
            }
        }

        Assert.Equal("everything", Outcome(Victim, SampleStore.Batches + 20));
    }

    [Fact]
    public void Without_the_check_rocksdb_loses_acknowledged_batches_in_silence()
    {
        string log = LastLog(Sample);
        long inTheMiddle = Records(Path.Combine(Sample.Image, log))[5];
        Sample.CopyTo(Victim);
        Damage.Flip(Path.Combine(Victim, log), inTheMiddle + 5, 0x40);

        using (var unchecked_ = UncheckedDatabase(Victim))
        {
            Assert.True(RocksApi.LatestSequence(unchecked_) < SampleStore.Batches * 5);
        }
    }

    [Fact]
    public void A_byte_flipped_in_a_sorted_file_is_corrupt()
    {
        foreach (string file in Sample.Files("*.sst"))
        {
            long length = Length(Sample, file);
            foreach (long offset in (long[])[0, length / 4, length / 2, length - 1])
            {
                AssertCorrupt(Sample, file, path => Damage.Flip(path, offset));
            }
        }
    }

    [Fact]
    public void A_byte_flipped_in_a_blob_file_is_corrupt()
    {
        foreach (string file in Sample.Files("*.blob"))
        {
            long length = Length(Sample, file);
            foreach (long offset in (long[])[0, 35, 70, length / 2, length - 1])
            {
                AssertCorrupt(Sample, file, path => Damage.Flip(path, offset));
            }
        }
    }

    [Fact]
    public void A_sorted_or_blob_file_that_is_missing_or_cut_is_corrupt()
    {
        foreach (string file in Sample.Files("*.sst").Concat(Sample.Files("*.blob")))
        {
            AssertCorrupt(Sample, file, File.Delete);
            AssertCorrupt(Sample, file, path => Damage.Cut(path, 1));
            AssertCorrupt(Sample, file, path => Damage.Cut(path, Length(Sample, file) / 2));
        }
    }

    [Fact]
    public void A_manifest_that_is_missing_is_corrupt() => AssertCorrupt(Sample, Manifest(Sample), File.Delete);

    [Fact]
    public void A_current_file_that_is_missing_empty_or_wrong_is_corrupt()
    {
        const string Current = "rocksdb/CURRENT";
        AssertCorrupt(Sample, Current, File.Delete);
        AssertCorrupt(Sample, Current, path => Damage.Cut(path, 1));
        AssertCorrupt(Sample, Current, path => File.WriteAllText(path, ""));
        AssertCorrupt(Sample, Current, path => File.WriteAllText(path, "MANIFEST-999999\n"), nameTheFile: false);
        AssertCorrupt(Sample, Current, path => File.WriteAllText(path, "../../etc/passwd\n"));
    }

    [Fact]
    public void A_missing_database_folder_is_corrupt_and_not_made_anew()
    {
        Directory.Delete(Path.Combine(Sample.CopyTo(Victim), "rocksdb"), recursive: true);

        Assert.Contains("the folder is missing", Assert.Throws<StoreCorruptException>(() => RocksStore.Open(Victim)).Message);
        Assert.False(Directory.Exists(Path.Combine(Victim, "rocksdb")));
    }

    [Fact]
    public void A_missing_or_unreadable_acknowledged_file_is_corrupt()
    {
        const string Mark = AcknowledgedMark.FileName;
        AssertCorrupt(Sample, Mark, File.Delete);
        AssertCorrupt(Sample, Mark, path => Damage.Flip(path, 3));
        AssertCorrupt(Sample, Mark, path => Damage.Zero(path, 4096, 8192));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void One_torn_entry_of_the_acknowledged_file_does_no_harm(int page)
    {
        Damage.Zero(Path.Combine(Sample.CopyTo(Victim), AcknowledgedMark.FileName), page * 4096, 20);

        Assert.Equal("everything", Outcome(Victim));
    }

    [Fact]
    public void A_manifest_cut_at_any_entry_is_corrupt_or_loses_nothing()
    {
        foreach (SampleStore sample in (SampleStore[])[Sample, fixture.Flushed])
        {
            string manifest = Manifest(sample);
            int corrupt = 0;
            foreach (long offset in Records(Path.Combine(sample.Image, manifest)))
            {
                foreach (int more in (int[])[0, 3, 9])
                {
                    string outcome = Try(sample, manifest, path => Damage.Cut(path, Length(sample, manifest) - offset - more));
                    Assert.True(outcome is "everything" or "corrupt", $"cut at {offset} + {more}: {outcome}");
                    corrupt += outcome == "corrupt" ? 1 : 0;
                }
            }

            Assert.True(corrupt > 10);
        }
    }

    [Fact]
    public void The_length_fields_of_a_manifest_cannot_hide_its_end()
    {
        foreach (SampleStore sample in (SampleStore[])[Sample, fixture.Flushed])
        {
            string manifest = Manifest(sample);
            foreach (long offset in Records(Path.Combine(sample.Image, manifest)).TakeLast(12))
            {
                string outcome = Try(sample, manifest, path => Damage.Flip(path, offset + 5, 0x40));
                Assert.True(outcome is "everything" or "corrupt", $"length at {offset}: {outcome}");
            }
        }
    }

    [Theory]
    [InlineData(100)]
    public void A_byte_flipped_in_any_file_never_loses_in_silence(int flips) => FlipAnywhere(flips, seed: 1);

    [Theory]
    [Trait("Tier", "full")]
    [InlineData(1500)]
    public void A_byte_flipped_in_any_file_never_loses_in_silence_long(int flips) => FlipAnywhere(flips, seed: 2);

    private void FlipAnywhere(int flips, int seed)
    {
        var random = new Random(seed);
        int corrupt = 0;
        for (int i = 0; i < flips; i++)
        {
            SampleStore sample = random.Next(3) == 0 ? fixture.Flushed : Sample;
            string[] files = [.. sample.Files().Where(file => IsNeeded(file) && Length(sample, file) > 0)];
            string file = files[random.Next(files.Length)];
            long offset = random.NextInt64(Length(sample, file));
            byte mask = (byte)(1 << random.Next(8));

            string outcome = Try(sample, file, path => Damage.Flip(path, offset, mask));

            Assert.True(outcome is "everything" or "corrupt", $"seed {seed}, {file} at {offset}, mask {mask}: {outcome}");
            corrupt += outcome == "corrupt" ? 1 : 0;
        }

        Assert.True(corrupt > flips / 2, $"only {corrupt} of {flips} were noticed");
    }

    private void AssertCorrupt(SampleStore sample, string file, Action<string> damage, bool nameTheFile = true)
    {
        string path = Path.Combine(sample.CopyTo(Victim), file);
        byte[] before = File.ReadAllBytes(path);
        damage(path);

        StoreCorruptException error = Assert.Throws<StoreCorruptException>(() => OpenAndRead(Victim));

        Assert.True(!nameTheFile || error.Message.Contains(Path.GetFileName(file), StringComparison.Ordinal), error.Message);
        Assert.Contains("restore this store from a backup", error.Message);
        File.WriteAllBytes(path, before);
        Assert.Equal("everything", Outcome(Victim));
    }

    /// <summary>"everything", "corrupt" (and everything once the damage is undone), or what went wrong.</summary>
    private string Try(SampleStore sample, string file, Action<string> damage)
    {
        string path = Path.Combine(sample.CopyTo(Victim), file);
        byte[] before = File.ReadAllBytes(path);
        damage(path);
        string outcome = Outcome(Victim);
        if (outcome == "corrupt")
        {
            File.WriteAllBytes(path, before);
            string undone = Outcome(Victim);
            outcome = undone == "everything" ? outcome : "opening the damaged store destroyed it: " + undone;
        }

        return outcome;
    }

    private static string Outcome(string folder, int batches = SampleStore.Batches)
    {
        try
        {
            using var store = RocksStore.Open(folder);
            return SampleStore.Judge(store, batches) ?? "everything";
        }
        catch (StoreCorruptException)
        {
            return "corrupt";
        }
    }

    private static void OpenAndRead(string folder)
    {
        using var store = RocksStore.Open(folder);
        SampleStore.Judge(store);
    }

    private static DatabaseHandle UncheckedDatabase(string folder)
    {
        var options = new RocksStoreOptions();
        var settings = new RocksSettings(options, create: false, folder);
        string[] names = [TableLayout.Default.Name, .. TableLayout.All.Select(layout => layout.Name)];
        return DatabaseHandle.Open(
            Path.Combine(folder, "rocksdb"), names, settings.Columns, settings, readOnly: false, folder);
    }

    /// <summary>A whole record's beginning, as a write that the power cut ended leaves it.</summary>
    private byte[] Begun()
    {
        string log = Path.Combine(Sample.Image, LastLog(Sample));
        long[] records = Records(log);
        return File.ReadAllBytes(log).AsSpan((int)records[^1], 700).ToArray();
    }

    private static bool IsNeeded(string file) =>
        Path.GetFileName(file) is not ("LOCK" or "IDENTITY") && !Path.GetFileName(file).StartsWith("OPTIONS", StringComparison.Ordinal)
        && !Path.GetFileName(file).StartsWith("LOG", StringComparison.Ordinal);

    private static string LastLog(SampleStore sample) => sample.Files("*.log").Last(file => Length(sample, file) > 0);

    private static string Manifest(SampleStore sample) => sample.Files("MANIFEST-*").Single();

    private static long Length(SampleStore sample, string file) => new FileInfo(Path.Combine(sample.Image, file)).Length;

    /// <summary>Offsets of the records of a log file, found by walking its headers.</summary>
    private static long[] Records(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var offsets = new List<long>();
        for (int at = 0; at + LogScanner.HeaderBytes <= bytes.Length;)
        {
            int left = LogScanner.BlockBytes - (at % LogScanner.BlockBytes);
            if (left < LogScanner.HeaderBytes)
            {
                at += left;
                continue;
            }

            offsets.Add(at);
            at += LogScanner.HeaderBytes + BitConverter.ToUInt16(bytes, at + 4);
        }

        return [.. offsets];
    }
}

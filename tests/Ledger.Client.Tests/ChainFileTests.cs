using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>What a chain file survives, and what it refuses.</summary>
public sealed class ChainFileTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");

    private string Chain => _folder.Of("a.oar");

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(100_000)]
    public async Task What_was_acknowledged_survives_a_power_cut(int luckyBytes) =>
        Assert.Equal(0, await LostInPowerCutAsync(new ScriptedDisk(), luckyBytes));

    /// <summary>The switch that shows that the test above sees anything.</summary>
    [Fact]
    public async Task Without_syncs_a_power_cut_takes_what_was_acknowledged() =>
        Assert.NotEqual(0, await LostInPowerCutAsync(new ScriptedDisk { Syncs = false }, 0));

    [Fact]
    public async Task A_record_is_acknowledged_only_behind_its_sync()
    {
        ScriptedDisk disk = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        for (int i = 0; i < 10; i++)
        {
            await sealer.NoteAsync();
            Assert.Equal(new FileInfo(Chain).Length, disk.DurableBytes(Chain));
        }
    }

    [Fact]
    public async Task A_second_writer_is_refused_until_the_first_has_closed()
    {
        StreamSealer first = await Samples.NewStreamAsync(Chain, _key);
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => Samples.OpenAsync(Chain, _key));
        Assert.Equal(ChainFileError.Locked, refused.Error);
        await first.DisposeAsync();
        await using StreamSealer second = await Samples.OpenAsync(Chain, _key);
    }

    [Fact]
    public async Task An_end_torn_anywhere_inside_the_last_record_is_cut_kept_and_told()
    {
        byte[] whole = await ThreeRecordsAsync();
        int last = LengthOfLast(whole);
        foreach (int torn in new[] { 1, 2, 3, 4, 5, 30, 70, 200, last - 1 })
        {
            string chain = _folder.Of($"torn-{torn}.oar");
            await File.WriteAllBytesAsync(chain, whole[..(whole.Length - last + torn)]);
            await using (StreamSealer sealer = await Samples.OpenAsync(chain, _key))
            {
                Assert.Contains($"{torn} bytes", Assert.Single(sealer.Warnings));
                Assert.Equal(1UL, sealer.State.Seq.Value);
                await sealer.NoteAsync();
            }

            string kept = $"{chain}.torn-{whole.Length - last}";
            Assert.Equal(whole[^last..][..torn], await File.ReadAllBytesAsync(kept));
            Assert.Equal(Verdict.Verified, ChainVerifier.Verify(await File.ReadAllBytesAsync(chain)).Verdict);
        }
    }

    [Fact]
    public async Task An_end_that_begins_no_record_of_the_stream_is_left_alone_and_refused()
    {
        byte[] whole = await ThreeRecordsAsync();
        byte[] foreign = await ForeignRecordAsync();
        byte[] later = whole[^LengthOfLast(whole)..];
        byte[][] ends =
        [
            [0x00], new byte[100], [0xff], "garbage"u8.ToArray(), [0xd2, 0x85], [0xd2, 0x84, 0x43],
            foreign[..120], foreign, [.. foreign, .. later[..50]],
        ];
        foreach (byte[] end in ends)
        {
            await RefusedAsCorruptAsync([.. whole, .. end]);
        }
    }

    [Fact]
    public async Task A_changed_byte_anywhere_is_refused_and_the_file_is_left_alone()
    {
        byte[] whole = await ThreeRecordsAsync();
        await using (await Samples.OpenAsync(Chain, _key))
        {
        }

        for (int i = 0; i < whole.Length - 1; i += 331)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x10;
            await RefusedAsCorruptAsync(changed);
        }

        await RefusedAsCorruptAsync([]);
        await RefusedAsCorruptAsync(whole[LengthOfLast(whole)..]);
    }

    [Fact]
    public async Task A_missing_file_is_said_to_be_missing_and_none_is_overwritten()
    {
        ChainFileException missing = await Assert.ThrowsAsync<ChainFileException>(() => Samples.OpenAsync(Chain, _key));
        Assert.Equal(ChainFileError.Missing, missing.Error);
        await File.WriteAllTextAsync(Chain, "someone's");
        ChainFileException exists =
            await Assert.ThrowsAsync<ChainFileException>(() => Samples.NewStreamAsync(Chain, _key));
        Assert.Equal(ChainFileError.Exists, exists.Error);
        Assert.Equal("someone's", await File.ReadAllTextAsync(Chain));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("sync")]
    [InlineData("sync-folder")]
    [InlineData("open")]
    public async Task A_stream_that_cannot_be_begun_leaves_no_file(string call)
    {
        ScriptedDisk disk = new() { Refuse = (name, _) => name == call ? ScriptedDisk.Full : null, TornBytes = 99 };
        ChainFileException refused =
            await Assert.ThrowsAsync<ChainFileException>(() => Samples.NewStreamAsync(Chain, _key, disk));
        Assert.Equal(ChainFileError.Disk, refused.Error);
        Assert.False(File.Exists(Chain));
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_full_disk_refuses_the_record_whole_and_sealing_goes_on_once_there_is_room(int tornBytes)
    {
        ScriptedDisk disk = new() { TornBytes = tornBytes };
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk))
        {
            await sealer.NoteAsync();
            long length = new FileInfo(Chain).Length;
            disk.Refuse = (name, _) => name == "write" ? ScriptedDisk.Full : null;
            ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => sealer.NoteAsync());
            Assert.Equal(ChainFileError.Disk, refused.Error);
            Assert.Equal(length, new FileInfo(Chain).Length);
            Assert.Equal(1UL, sealer.State.Seq.Value);
            disk.Refuse = (_, _) => null;
            Assert.Equal(2UL, (await sealer.NoteAsync()).Seq.Value);
        }

        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(await File.ReadAllBytesAsync(Chain)).Verdict);
    }

    [Fact]
    public async Task A_torn_write_that_cannot_be_taken_back_ends_sealing_and_is_cut_at_the_next_opening()
    {
        ScriptedDisk disk = new() { TornBytes = 100 };
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk))
        {
            disk.Refuse = (name, _) => name is "write" or "cut" ? ScriptedDisk.Full : null;
            await Assert.ThrowsAsync<ChainFileException>(() => sealer.NoteAsync());
            disk.Refuse = (_, _) => null;
            await Assert.ThrowsAsync<ChainFileException>(() => sealer.NoteAsync());
        }

        await using StreamSealer again = await Samples.OpenAsync(Chain, _key);
        Assert.Contains("100 bytes", Assert.Single(again.Warnings));
        Assert.Equal(1UL, (await again.NoteAsync()).Seq.Value);
    }

    [Fact]
    public async Task After_a_failed_sync_nothing_is_sealed_until_the_chain_is_opened_again()
    {
        ScriptedDisk disk = new();
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk))
        {
            disk.Refuse = (name, _) => name == "sync" ? new IOException("Input/output error.") : null;
            await Assert.ThrowsAsync<ChainFileException>(() => sealer.NoteAsync());
            disk.Refuse = (_, _) => null;
            ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => sealer.NoteAsync());
            Assert.Contains("could not be synced", refused.Message);
        }

        // The record that nobody was told of stands in the file all the same: whole records are never taken back.
        await using StreamSealer again = await Samples.OpenAsync(Chain, _key);
        Assert.Equal(1UL, again.State.Seq.Value);
        Assert.Equal(2UL, (await again.NoteAsync()).Seq.Value);
    }

    [Fact]
    public async Task Opening_syncs_what_an_earlier_process_wrote_and_did_not_live_to_sync()
    {
        await ThreeRecordsAsync();
        ScriptedDisk disk = new();
        await using StreamSealer sealer = await Samples.OpenAsync(Chain, _key, disk);
        Assert.Contains("sync a.oar", disk.Calls);
    }

    /// <summary>How many acknowledged records are gone when the power fails while others are being sealed.</summary>
    private async Task<int> LostInPowerCutAsync(ScriptedDisk disk, int luckyBytes)
    {
        disk.SyncTime = TimeSpan.FromMilliseconds(2);
        StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        List<Record> acknowledged = [];
        TaskCompletionSource some = new();
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                Record record = await sealer.NoteAsync();
                lock (acknowledged)
                {
                    acknowledged.Add(record);
                    if (acknowledged.Count == 9)
                    {
                        some.SetResult();
                    }
                }
            }
        }))];
        await some.Task;
        disk.Refuse = (_, _) => new IOException("The power is off.");
        await Task.WhenAll(writers.Select(writer => writer.ContinueWith(static _ => { }, TaskScheduler.Default)));
        disk.CutPower(luckyBytes);
        await sealer.DisposeAsync();

        Record[] told;
        lock (acknowledged)
        {
            told = [.. acknowledged];
        }

        Assert.NotEmpty(told);
        if (!File.Exists(Chain))
        {
            return told.Length;
        }

        try
        {
            await using StreamSealer again = await Samples.OpenAsync(Chain, _key);
            byte[] found = await File.ReadAllBytesAsync(Chain);
            return told.Count(record => found.AsSpan().IndexOf(record.Bytes.Span) < 0);
        }
        catch (ChainFileException)
        {
            return told.Length;
        }
    }

    private async Task<byte[]> ThreeRecordsAsync()
    {
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        {
            await sealer.NoteAsync();
            await sealer.NoteAsync();
        }

        return await File.ReadAllBytesAsync(Chain);
    }

    private async Task<byte[]> ForeignRecordAsync()
    {
        using SigningKey other = Keys.Of("bob");
        await using (await Samples.NewStreamAsync(_folder.Of("b.oar"), other))
        {
        }

        return await File.ReadAllBytesAsync(_folder.Of("b.oar"));
    }

    private static int LengthOfLast(byte[] chain) =>
        RecordSequence.Split(chain, 100, out _)[^1].Length;

    private async Task RefusedAsCorruptAsync(byte[] bytes)
    {
        string chain = _folder.Of("corrupt.oar");
        await File.WriteAllBytesAsync(chain, bytes);
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => Samples.OpenAsync(chain, _key));
        Assert.Equal(ChainFileError.Corrupt, refused.Error);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(chain));
    }
}

using Ledger.TestKit;

namespace Ledger.Storage.Tests;

/// <summary>
/// Nothing is acknowledged before it is on the disk: read off the system calls of a writer in another process. The last
/// tests switch the sync off and show that the others would notice.
/// </summary>
[Trait("Tier", "process")]
public sealed class SyncTests : IDisposable
{
    private readonly TemporaryFolder _folder = new(onDisk: true);

    private string Store => _folder.Sub("store");

    public void Dispose() => _folder.Dispose();

    [FactThatNeeds("strace", "rocksdb")]
    public void A_write_is_synced_before_it_is_acknowledged() => Assert.Null(FirstUnsynced(TraceWriter(sync: true)));

    [FactThatNeeds("strace", "rocksdb")]
    public void Without_sync_that_check_fails() => Assert.NotNull(FirstUnsynced(TraceWriter(sync: false)));

    [FactThatNeeds("strace", "rocksdb")]
    public void Writers_that_write_at_once_share_syncs()
    {
        // Each sync lasts long enough for all others to come and wait for the next one.
        IReadOnlyList<SystemCall> calls = TraceWriter(
            sync: true, threads: 32, batches: 640, "-e", "inject=fdatasync:delay_exit=20000");

        int acknowledged = calls.Count(call => call.Acknowledges is not null);
        int syncs = calls.Count(call => call.IsSync && call.Path.EndsWith(".log", StringComparison.Ordinal));

        Assert.Equal(640, acknowledged);
        Assert.InRange(syncs, 1, acknowledged / 3);
    }

    [FactThatNeeds("strace", "rocksdb")]
    public void A_power_cut_loses_nothing_that_was_acknowledged()
    {
        foreach (int threads in (int[])[1, 8])
        {
            IReadOnlyList<int> acknowledged = CutPower(sync: true, threads, keepMark: threads == 8);

            using var store = RocksStore.Open(Store);
            SampleStore.AssertWhole(store, acknowledged);
            Assert.NotEmpty(acknowledged);
        }
    }

    [FactThatNeeds("strace", "rocksdb")]
    public void Without_sync_a_power_cut_does()
    {
        IReadOnlyList<int> acknowledged = CutPower(sync: false, threads: 1, keepMark: false);

        // The loss shows as records that are not there, or, where a log was lost between two others, as a refusal to open.
        Exception loss = Assert.ThrowsAny<Exception>(() =>
        {
            using var store = RocksStore.Open(Store);
            SampleStore.AssertWhole(store, acknowledged);
        });
        Assert.True(loss is Xunit.Sdk.XunitException or Ledger.Runtime.Ports.StoreCorruptException, loss.ToString());
    }

    [FactThatNeeds("strace", "rocksdb")]
    public void The_mark_notices_what_a_disk_lost_that_lied_about_its_syncs()
    {
        CutPower(sync: false, threads: 1, keepMark: true);

        Assert.Throws<Ledger.Runtime.Ports.StoreCorruptException>(() => RocksStore.Open(Store));
    }

    private IReadOnlyList<SystemCall> TraceWriter(bool sync, int threads = 1, int batches = 40, params string[] faults)
    {
        string trace = _folder.Sub("trace");
        using var writer = Writer.Start(Store, 0, batches, threads, sync, SystemCalls.Trace(trace, faults));
        writer.WaitForExit();
        Assert.Equal(0, writer.ExitCode);
        Assert.Equal(batches, writer.Acknowledged.Count);
        return SystemCalls.Read(trace);
    }

    /// <summary>The first number that was acknowledged with no sync of the log between its last write and that.</summary>
    private static int? FirstUnsynced(IReadOnlyList<SystemCall> calls)
    {
        SystemCall[] acknowledgements = [.. calls.Where(call => call.Acknowledges is not null)];
        Assert.Equal(40, acknowledgements.Length);
        return acknowledgements.FirstOrDefault(told =>
        {
            SystemCall written = calls.Last(call => call.IsLogWrite && call.End < told.Begin);
            return !calls.Any(call => call.IsSync && call.Name != "sync_file_range" && call.Path == written.Path
                && call.Begin > written.End && call.End < told.Begin);
        })?.Acknowledges;
    }

    /// <summary>
    /// Kills a traced writer and takes from each of its files what was written after that file's last sync, the most that
    /// a power cut may take. Returns what was acknowledged.
    /// </summary>
    private IReadOnlyList<int> CutPower(bool sync, int threads, bool keepMark)
    {
        string trace = _folder.Sub("trace");
        if (Directory.Exists(Store))
        {
            Directory.Delete(Store, recursive: true);
        }

        IReadOnlyList<int> acknowledged;
        using (var writer = Writer.Start(Store, 0, 0, threads, sync, SystemCalls.Trace(trace)))
        {
            writer.WaitFor(700); // several flushes
            writer.Kill();
            acknowledged = writer.Acknowledged;
        }

        Dictionary<string, long> durable = DurableBytes(SystemCalls.Read(trace));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Store, "rocksdb")))
        {
            // Names in the trace are those at the time of the call; the store was made as rocksdb.new.
            long kept = Math.Max(
                durable.GetValueOrDefault(file),
                durable.GetValueOrDefault(file.Replace("/rocksdb/", "/rocksdb.new/", StringComparison.Ordinal)));
            using var handle = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
            handle.SetLength(Math.Min(handle.Length, kept));
        }

        if (!keepMark)
        {
            string mark = Path.Combine(Store, Recovery.AcknowledgedMark.FileName);
            File.Delete(mark);
            using Recovery.AcknowledgedMark first = Recovery.AcknowledgedMark.Open(Store);
            first.Create(0);
        }

        return acknowledged;
    }

    private static Dictionary<string, long> DurableBytes(IReadOnlyList<SystemCall> calls)
    {
        var written = new Dictionary<string, List<(int End, long Size)>>();
        var durable = new Dictionary<string, long>();
        foreach (SystemCall call in calls.OrderBy(call => call.End))
        {
            if (call is { Name: "write", Result: > 0 })
            {
                List<(int End, long Size)> sizes = written.TryGetValue(call.Path, out var known) ? known : [(0, 0)];
                sizes.Add((call.End, sizes[^1].Size + call.Result));
                written[call.Path] = sizes;
            }
            else if (call is { Name: "fdatasync" or "fsync", Result: 0 } && written.TryGetValue(call.Path, out var sizes))
            {
                durable[call.Path] = sizes.Last(size => size.End < call.Begin || size.End == 0).Size;
            }
            else if (call is { Name: "rename", Result: 0 } && written.Remove(call.Path, out var moved))
            {
                written[call.Text] = moved;
                durable[call.Text] = durable.GetValueOrDefault(call.Path);
            }
        }

        return durable;
    }
}

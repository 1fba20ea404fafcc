using System.Diagnostics;
using Ledger.Runtime.Ports;
using Microsoft.Win32.SafeHandles;
using Xunit.Abstractions;

namespace Ledger.Storage.Tests;

/// <summary>
/// Figures, not guarantees: synced writes a second of records of 5 KB, beside a bare loop of write and fdatasync on the same
/// disk in the same run.
/// </summary>
[Collection("Alone")]
[Trait("Tier", "full")]
public sealed class ThroughputTests(ITestOutputHelper output)
{
    private const int RecordBytes = 5_000;
    private static readonly TimeSpan Run = TimeSpan.FromSeconds(4);

    [Fact]
    public void Synced_writes_a_second()
    {
        double bare = Bare();
        output.WriteLine($"bare write + fdatasync, 1 thread: {bare:F0}/s");
        double one = 0;
        double many = 0;
        foreach (int writers in (int[])[1, 8, 64])
        {
            many = Store(writers);
            one = writers == 1 ? many : one;
            output.WriteLine($"store, {writers} writers: {many:F0}/s ({many / bare:F2} of bare)");
        }

        Assert.True(many > one, $"64 writers share no syncs: {many:F0}/s against {one:F0}/s");
    }

    private static double Bare()
    {
        using var folder = new TemporaryFolder(onDisk: true);
        using SafeFileHandle file = File.OpenHandle(folder.Sub("log"), FileMode.CreateNew, FileAccess.Write);
        byte[] record = Noise.Bytes(1, RecordBytes);
        long start = Stopwatch.GetTimestamp();
        long count = 0;
        for (; Stopwatch.GetElapsedTime(start) < Run; count++)
        {
            RandomAccess.Write(file, record, count * RecordBytes);
            RandomAccess.FlushToDisk(file);
        }

        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Store(int writers)
    {
        using var folder = new TemporaryFolder(onDisk: true);
        using var store = RocksStore.Open(folder.Path);
        byte[] record = Noise.Bytes(1, RecordBytes);
        long count = 0;
        long start = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, writers).Select(writer => new Thread(() =>
        {
            byte[] key = new byte[64];
            for (int i = 0; Stopwatch.GetElapsedTime(start) < Run; i++)
            {
                BitConverter.TryWriteBytes(key, i);
                BitConverter.TryWriteBytes(key.AsSpan(8), writer);
                store.Write(new StoreBatch().Put(Table.Records, key, record));
                Interlocked.Increment(ref count);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return Interlocked.Read(ref count) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

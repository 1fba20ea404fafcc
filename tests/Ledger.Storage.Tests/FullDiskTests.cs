using System.Diagnostics;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Storage.Tests;

public sealed class FreeSpaceTests
{
    [Fact]
    public void A_write_that_would_go_below_the_reserve_is_refused_and_the_next_that_fits_is_not()
    {
        long free = 1000;
        var space = new FreeSpace("/data", 600, TimeProvider.System, () => free);

        space.Take(400);
        Assert.Contains("/data", Assert.Throws<StoreFullException>(() => space.Take(1)).Message);

        free = 2000;
        Thread.Sleep(120); // the system is not asked for every write
        space.Take(1400);
    }

    [Fact]
    public void Without_a_reserve_the_system_is_not_asked() =>
        new FreeSpace("/data", 0, TimeProvider.System, () => throw new InvalidOperationException()).Take(1);
}

/// <summary>A store on a file system that is really full: a small one in memory, which only root may mount.</summary>
[Trait("Tier", "process")]
public sealed class FullDiskTests
{
    [FactThatNeeds("root", "rocksdb")]
    public void A_full_disk_refuses_writes_keeps_what_was_acknowledged_and_goes_on_once_there_is_space()
    {
        using var disk = new SmallDisk(48);
        byte[] ballast = new byte[32 << 20];
        File.WriteAllBytes(disk.Sub("ballast"), ballast);
        var acknowledged = new List<int>();
        int number = 0;
        using (var store = RocksStore.Open(disk.Sub("store"), Options))
        {
            StoreFullException? full = null;
            for (; full is null; number++)
            {
                full = TryWrite(store, number, acknowledged);
            }

            Assert.Contains(disk.Sub("store"), full.Message);
            Assert.Null(store.Get(Table.Records, SampleStore.Batch(number - 1).Changes[0].Key));
            SampleStore.AssertWhole(store, acknowledged);

            File.Delete(disk.Sub("ballast"));
            long start = Stopwatch.GetTimestamp();
            while (TryWrite(store, number, acknowledged) is not null)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(120), "the store does not go on");
                Thread.Sleep(200);
            }

            SampleStore.AssertWhole(store, acknowledged);
        }

        using var again = RocksStore.Open(disk.Sub("store"), Options);
        SampleStore.AssertWhole(again, acknowledged);
        Assert.True(acknowledged.Count > 500);
    }

    /// <summary>RocksDB by itself would end the process here.</summary>
    [FactThatNeeds("root", "rocksdb")]
    public void A_store_on_a_full_disk_opens_once_there_is_space_and_says_so_until_then()
    {
        using var disk = new SmallDisk(48);
        using (var store = RocksStore.Open(disk.Sub("store"), Options))
        {
            store.Write(SampleStore.Batch(0));
        }

        disk.Fill("ballast");
        string message = Assert.Throws<StoreFullException>(() => RocksStore.Open(disk.Sub("store"), Options)).Message;
        Assert.Contains(disk.Sub("store"), message);
        Assert.Throws<StoreFullException>(() => RocksStore.Open(disk.Sub("another"), Options));

        File.Delete(disk.Sub("ballast"));
        using var again = RocksStore.Open(disk.Sub("store"), Options);
        SampleStore.AssertWhole(again, [0]);
    }

    [FactThatNeeds("root", "rocksdb")]
    public void The_reserve_refuses_before_the_disk_is_full()
    {
        using var disk = new SmallDisk(48);
        using var store = RocksStore.Open(disk.Sub("store"), Options with { FreeBytesReserve = 24 << 20 });
        var acknowledged = new List<int>();
        int number = 0;
        while (TryWrite(store, number, acknowledged) is null)
        {
            number++;
        }

        Assert.True(store.Statistics().FreeBytes > 16 << 20);
        SampleStore.AssertWhole(store, acknowledged);
    }

    private static RocksStoreOptions Options => new() { FreeBytesReserve = 0, WriteBufferBytes = 4 << 20 };

    private static StoreFullException? TryWrite(RocksStore store, int number, List<int> acknowledged)
    {
        try
        {
            store.Write(SampleStore.Batch(number));
            acknowledged.Add(number);
            return null;
        }
        catch (StoreFullException full)
        {
            return full;
        }
    }
}

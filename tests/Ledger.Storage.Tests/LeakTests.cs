using System.Globalization;
using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

/// <summary>Memory outside the collector's sight: each handle that is not freed shows as growth of the process.</summary>
[Collection("Alone")]
public sealed class LeakTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opening_reading_and_closing_leaks_nothing() => Rounds(warm: 100, rounds: 200, mebibytes: 48);

    [Fact]
    [Trait("Tier", "full")]
    public void Three_thousand_rounds_leak_nothing() => Rounds(warm: 500, rounds: 2_500, mebibytes: 48);

    [Fact]
    public void Scans_that_nobody_reads_to_the_end_leak_nothing()
    {
        using var store = Filled();
        void Abandon(int count)
        {
            for (int i = 0; i < count; i++)
            {
                IEnumerator<KeyValuePair<byte[], byte[]>> scan = store.Scan(Table.Blocks, [], null).GetEnumerator();
                scan.MoveNext(); // and never disposed
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Abandon(2_000);
        long before = ResidentBytes();
        for (int i = 0; i < 10; i++)
        {
            Abandon(2_000);
        }

        Assert.InRange(ResidentBytes() - before, long.MinValue, 32 << 20);
    }

    private void Rounds(int warm, int rounds, long mebibytes)
    {
        Filled().Dispose();
        for (int i = 0; i < warm; i++)
        {
            Round(i);
        }

        long before = ResidentBytes();
        for (int i = 0; i < rounds; i++)
        {
            Round(i);
        }

        long grown = ResidentBytes() - before;
        Assert.True(grown < mebibytes << 20, $"grown by {grown >> 20} MiB in {rounds} rounds");
    }

    private void Round(int number)
    {
        using var store = RocksStore.Open(_folder.Path);
        Assert.NotNull(store.Get(Table.Blocks, [1]));
        Assert.Null(store.Get(Table.Blocks, [2]));
        Assert.True(store.Contains(Table.Records, [1]));
        Assert.Equal(2, store.Scan(Table.Blocks, [], null).Count());
        IEnumerator<KeyValuePair<byte[], byte[]>> half = store.Scan(Table.Blocks, [], null, reverse: true).GetEnumerator();
        Assert.True(half.MoveNext());
        if (number % 2 == 0)
        {
            half.Dispose(); // the others are closed with the store
        }
    }

    private RocksStore Filled()
    {
        var store = RocksStore.Open(_folder.Path);
        store.Write(new StoreBatch()
            .Put(Table.Blocks, [1], new byte[5000]).Put(Table.Blocks, [3], []).Put(Table.Records, [1], new byte[5000]));
        return store;
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) << 10;
    }
}

/// <summary>Other tests' memory must not be counted.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class AloneCollection;

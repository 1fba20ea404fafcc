using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

/// <summary>A writer in another process is killed without warning; whatever it acknowledged is there.</summary>
[Trait("Tier", "process")]
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new(onDisk: true);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Fifty_kills_lose_nothing_that_was_acknowledged(int threads)
    {
        const int Kills = 25; // of each of the two cases
        var random = new Random(threads);
        var acknowledged = new List<int>();
        int next = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using (var writer = Writer.Start(_folder.Path, next, threads: threads))
            {
                // From before the first write to well into flushes and compactions.
                writer.WaitUntilOpen();
                writer.WaitFor(random.Next(4) * random.Next(150));
                Thread.Sleep(random.Next(30));
                writer.Kill();
                acknowledged.AddRange(writer.Acknowledged);
            }

            using var store = RocksStore.Open(_folder.Path);
            next = SampleStore.AssertWhole(store, acknowledged, from: next) + 1;
        }

        using (var store = RocksStore.Open(_folder.Path))
        {
            SampleStore.AssertWhole(store, acknowledged);
        }

        Assert.True(acknowledged.Count > Kills * 20, $"only {acknowledged.Count} batches were acknowledged");
        Assert.True(StoreCheck.Run(_folder.Path).IsSound);
    }

    [Fact]
    public void A_kill_while_the_store_is_created_or_opened_does_no_harm()
    {
        var random = new Random(3);
        for (int kill = 0; kill < 15; kill++)
        {
            string folder = _folder.Sub($"store{kill % 5}");
            using (var writer = Writer.Start(folder, batches: 3))
            {
                Thread.Sleep(60 + random.Next(250));
                writer.Kill();
            }

            using var store = RocksStore.Open(folder);
            store.Write(new StoreBatch().Put(Table.Meta, [(byte)kill], []));
            Assert.Equal((kill / 5) + 1, store.Scan(Table.Meta, [], null).Count());
        }
    }
}

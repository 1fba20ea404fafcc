using System.Buffers.Binary;
using System.Diagnostics;
using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

/// <summary>
/// A store's folder as a killed process leaves it, with everything in it that a store can have: sorted files, blob files,
/// several logs with entries that are nowhere else, deletions. All its batches were acknowledged.
/// </summary>
internal sealed class SampleStore : IDisposable
{
    internal const int Batches = 120;
    private const int FlushedAt = 80;

    private static readonly RocksStoreOptions Options = new() { FreeBytesReserve = 0 };

    private readonly TemporaryFolder _folder = new();

    /// <param name="flushedLast">The last thing done was a flush of everything, which deletes the logs.</param>
    internal SampleStore(bool flushedLast = false)
    {
        string live = _folder.Sub("live");
        using var store = RocksStore.Open(live, Options);
        for (int number = 0; number < Batches; number++)
        {
            store.Write(Batch(number));
            if (number == FlushedAt)
            {
                FlushAll(store);
            }
            else if (number is 90 or 100)
            {
                // A flush of one table begins another log and keeps the old ones, which the other tables need.
                store.Flush(Table.Settled);
            }
        }

        if (flushedLast)
        {
            FlushAll(store);
        }

        // Not File.Copy: it respects the lock that an open store holds, as a power cut does not.
        // RocksDB deletes files that it no longer needs meanwhile; a copy that met one is begun anew.
        Assert.Contains(Enumerable.Range(0, 20), _ => TryCopy(live, Image));
    }

    private static bool TryCopy(string source, string target)
    {
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }

        using Process copy = Process.Start("cp", ["-r", source, target]);
        copy.WaitForExit();
        return copy.ExitCode == 0;
    }

    private static void FlushAll(RocksStore store)
    {
        foreach (Table table in Enum.GetValues<Table>())
        {
            store.Flush(table);
        }
    }

    /// <summary>The folder. Copy it before use.</summary>
    internal string Image => _folder.Sub("image");

    public void Dispose() => _folder.Dispose();

    /// <summary>A fresh copy in <paramref name="folder"/>.</summary>
    internal string CopyTo(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Copy(Image, folder);
        return folder;
    }

    /// <summary>Names, relative to the folder, of the files that match.</summary>
    internal IEnumerable<string> Files(string pattern = "*") =>
        Directory.EnumerateFiles(Image, pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Image, file)).Order(StringComparer.Ordinal);

    /// <summary>Null when everything acknowledged is there, else what is missing or wrong.</summary>
    internal static string? Judge(IStore store, int batches = Batches)
    {
        for (int number = 0; number < batches; number++)
        {
            foreach (StoreChange change in Batch(number).Changes.Where(change => change.Table != Table.Pending))
            {
                byte[]? found = store.Get(change.Table, change.Key);
                if (found is null || !found.AsSpan().SequenceEqual(change.Value))
                {
                    return $"batch {number}: {change.Table} {(found is null ? "lost" : "changed")}";
                }
            }
        }

        byte[][] pending = [.. store.Scan(Table.Pending, [], null).Select(entry => entry.Key)];
        int blocks = store.Scan(Table.Blocks, [], null, reverse: true).Count();
        return blocks != batches ? $"{blocks} blocks"
            : pending.Length != 1 || !pending[0].AsSpan().SequenceEqual(Key(batches - 1))
                ? $"{pending.Length} entries pending, not just the last" : null;
    }

    /// <summary>
    /// Each number in <paramref name="acknowledged"/> is there as a whole, and so is every other batch of which anything
    /// is there, numbers below <paramref name="from"/> left out. Returns the highest number found, -1 for none. Tells nothing about pending entries, whose order
    /// several writers do not keep.
    /// </summary>
    internal static int AssertWhole(IStore store, IReadOnlyCollection<int> acknowledged, int from = 0)
    {
        int highest = store.Scan(Table.Blocks, [], null, reverse: true).Take(1)
            .Select(entry => (int)BinaryPrimitives.ReadInt64BigEndian(entry.Key)).DefaultIfEmpty(-1).Single();
        int last = acknowledged.DefaultIfEmpty(-1).Max();
        Assert.True(last <= highest, $"{last} is lost");
        var told = acknowledged.ToHashSet();
        for (int number = from; number <= highest; number++)
        {
            StoreChange[] puts = [.. Batch(number).Changes.Where(change => change.Table != Table.Pending)];
            int found = puts.Count(put => store.Get(put.Table, put.Key)?.AsSpan().SequenceEqual(put.Value) == true);
            Assert.True(found == puts.Length || (found == 0 && !told.Contains(number)),
                $"batch {number}, {(told.Contains(number) ? "" : "not ")}acknowledged: {found} of {puts.Length} changes are there");
        }

        return highest;
    }

    /// <summary>Batch <paramref name="number"/>: a large value, small ones, and the deletion of what the batch before put.</summary>
    internal static StoreBatch Batch(int number)
    {
        byte[] key = Key(number);
        return new StoreBatch()
            .Put(Table.Records, Noise.Bytes(number, 64), Noise.Bytes(number + 1000, number % 20 == 0 ? 40_000 : 1500))
            .Put(Table.Settled, Noise.Bytes(number, 64), Noise.Bytes(number, 16))
            .Put(Table.Blocks, key, Noise.Bytes(number + 2000, 200))
            .Put(Table.Pending, key, [])
            .Delete(Table.Pending, Key(number - 1));
    }

    private static byte[] Key(int number)
    {
        byte[] key = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, number);
        return key;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

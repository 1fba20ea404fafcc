using System.Buffers.Binary;
using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

/// <summary>What every <see cref="IStore"/> does. One suite, run against each implementation.</summary>
public abstract class StoreContract : IDisposable
{
    private IStore? _store;

    protected IStore Store => _store ??= Create();

    protected abstract IStore Create();

    /// <summary>Closes <paramref name="store"/> and opens its contents again.</summary>
    protected abstract IStore Reopen(IStore store);

    public virtual void Dispose()
    {
        _store?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void What_was_put_is_read_back()
    {
        Store.Write(new StoreBatch().Put(Table.Meta, "a"u8, "1"u8));

        Assert.Equal("1"u8.ToArray(), Store.Get(Table.Meta, "a"u8));
        Assert.True(Store.Contains(Table.Meta, "a"u8));
    }

    [Fact]
    public void An_absent_key_is_null()
    {
        Assert.Null(Store.Get(Table.Meta, "a"u8));
        Assert.False(Store.Contains(Table.Meta, "a"u8));
    }

    [Fact]
    public void An_empty_value_is_not_an_absent_one()
    {
        Store.Write(new StoreBatch().Put(Table.Records, "a"u8, []));

        Assert.Equal(Array.Empty<byte>(), Store.Get(Table.Records, "a"u8));
        Assert.True(Store.Contains(Table.Records, "a"u8));
    }

    [Fact]
    public void An_empty_key_is_a_key()
    {
        Store.Write(new StoreBatch().Put(Table.Meta, [], "x"u8).Put(Table.Settled, [], "y"u8));

        Assert.Equal("x"u8.ToArray(), Store.Get(Table.Meta, []));
        Assert.Equal("y"u8.ToArray(), Store.Get(Table.Settled, []));
        Assert.Single(Store.Scan(Table.Meta, [], null));
    }

    [Fact]
    public void Tables_do_not_share_keys()
    {
        foreach (Table table in Enum.GetValues<Table>())
        {
            Store.Write(new StoreBatch().Put(table, "k"u8, [(byte)table]));
        }

        foreach (Table table in Enum.GetValues<Table>())
        {
            Assert.Equal(new[] { (byte)table }, Store.Get(table, "k"u8));
        }
    }

    [Fact]
    public void The_last_change_of_a_key_in_a_batch_counts()
    {
        Store.Write(new StoreBatch()
            .Put(Table.Meta, "a"u8, "1"u8).Put(Table.Meta, "a"u8, "2"u8)
            .Put(Table.Meta, "b"u8, "1"u8).Delete(Table.Meta, "b"u8)
            .Delete(Table.Meta, "c"u8).Put(Table.Meta, "c"u8, "3"u8));

        Assert.Equal("2"u8.ToArray(), Store.Get(Table.Meta, "a"u8));
        Assert.Null(Store.Get(Table.Meta, "b"u8));
        Assert.Equal("3"u8.ToArray(), Store.Get(Table.Meta, "c"u8));
    }

    [Fact]
    public void Deleting_an_absent_key_is_no_error()
    {
        Store.Write(new StoreBatch().Delete(Table.Pending, "nothing"u8));

        Assert.Empty(Store.Scan(Table.Pending, [], null));
    }

    [Fact]
    public void An_empty_batch_is_no_error() => Store.Write(new StoreBatch());

    [Fact]
    public void The_array_that_get_returns_is_the_callers()
    {
        Store.Write(new StoreBatch().Put(Table.Meta, "a"u8, "1"u8));
        Store.Get(Table.Meta, "a"u8)![0] = 0xff;

        Assert.Equal("1"u8.ToArray(), Store.Get(Table.Meta, "a"u8));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(60_000)]
    [InlineData(3_000_000)]
    public void Values_of_every_size_come_back(int size)
    {
        byte[] value = Noise.Bytes(seed: size, size);
        foreach (Table table in (Table[])[Table.Records, Table.Tiles])
        {
            Store.Write(new StoreBatch().Put(table, "k"u8, value));
            Assert.Equal(value, Store.Get(table, "k"u8));
        }
    }

    [Fact]
    public void A_scan_is_ordered_bytewise()
    {
        byte[][] keys = [[], [0], [0, 0], [0, 1], [1], [0x7f], [0x80], [0xff], [0xff, 0]];
        foreach (byte[] key in keys.Reverse())
        {
            Store.Write(new StoreBatch().Put(Table.Usage, key, key));
        }

        Assert.Equal(keys, Keys(Store.Scan(Table.Usage, [], null)));
        Assert.Equal(keys.Reverse(), Keys(Store.Scan(Table.Usage, [], null, reverse: true)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_scan_takes_from_and_leaves_to(bool reverse)
    {
        PutNumbers(10);
        ulong[] expected = [3, 4, 5, 6];

        ulong[] found = [.. Store.Scan(Table.Blocks, Key(3), Key(7), reverse).Select(entry => Number(entry.Key))];

        Assert.Equal(reverse ? expected.Reverse() : expected, found);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bounds_need_not_be_present(bool reverse)
    {
        PutNumbers(10);

        Assert.Empty(Store.Scan(Table.Blocks, Key(20), null, reverse));
        Assert.Empty(Store.Scan(Table.Blocks, Key(20), Key(30), reverse));
        Assert.Empty(Store.Scan(Table.Blocks, Key(5), Key(5), reverse));
        Assert.Empty(Store.Scan(Table.Blocks, Key(7), Key(5), reverse));
        Assert.Empty(Store.Scan(Table.Blocks, [], [], reverse));
        Assert.Equal(10, Store.Scan(Table.Blocks, [], Key(1000), reverse).Count());
    }

    [Fact]
    public void Scans_agree_with_a_sorted_list()
    {
        var random = new Random(4711);
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int round = 0; round < 200; round++)
        {
            var batch = new StoreBatch();
            for (int i = 0; i < 5; i++)
            {
                byte[] key = Noise.Bytes(random.Next(300), 4);
                if (random.Next(3) == 0)
                {
                    batch.Delete(Table.StreamRecords, key);
                    model.Remove(Convert.ToHexString(key));
                }
                else
                {
                    byte[] value = Noise.Bytes(random.Next(), random.Next(40));
                    batch.Put(Table.StreamRecords, key, value);
                    model[Convert.ToHexString(key)] = Convert.ToHexString(value);
                }
            }

            Store.Write(batch);
            byte[] from = Noise.Bytes(random.Next(300), random.Next(5));
            byte[] to = Noise.Bytes(random.Next(300), random.Next(5));
            bool reverse = random.Next(2) == 0;
            var expected = model
                .Where(pair => string.CompareOrdinal(pair.Key, Convert.ToHexString(from)) >= 0)
                .Where(pair => string.CompareOrdinal(pair.Key, Convert.ToHexString(to)) < 0)
                .Select(pair => (pair.Key, pair.Value));
            Assert.Equal(
                reverse ? expected.Reverse() : expected,
                Store.Scan(Table.StreamRecords, from, to, reverse)
                    .Select(entry => (Convert.ToHexString(entry.Key), Convert.ToHexString(entry.Value))));
        }
    }

    [Fact]
    public void A_scan_sees_one_snapshot()
    {
        PutNumbers(10);
        using var scan = Store.Scan(Table.Blocks, [], null).GetEnumerator();
        Assert.True(scan.MoveNext());

        Store.Write(new StoreBatch().Delete(Table.Blocks, Key(5)).Put(Table.Blocks, Key(20), []));
        int rest = 0;
        while (scan.MoveNext())
        {
            rest++;
        }

        Assert.Equal(9, rest);
        Assert.Equal(10, Store.Scan(Table.Blocks, [], null).Count());
        Assert.Null(Store.Get(Table.Blocks, Key(5)));
    }

    [Fact]
    public void A_scan_may_be_enumerated_twice()
    {
        PutNumbers(3);
        IEnumerable<KeyValuePair<byte[], byte[]>> scan = Store.Scan(Table.Blocks, [], null);

        Assert.Equal(3, scan.Count());
        Store.Write(new StoreBatch().Put(Table.Blocks, Key(3), []));
        Assert.Equal(4, scan.Count());
    }

    [Fact]
    public void What_was_written_survives_a_restart()
    {
        PutNumbers(100);
        Store.Write(new StoreBatch().Put(Table.Records, "r"u8, Noise.Bytes(1, 5000)).Delete(Table.Blocks, Key(7)));

        _store = Reopen(Store);

        Assert.Equal(99, Store.Scan(Table.Blocks, [], null).Count());
        Assert.Equal(Noise.Bytes(1, 5000), Store.Get(Table.Records, "r"u8));
    }

    [Fact]
    public void A_closed_store_says_so()
    {
        PutNumbers(2);
        var scan = Store.Scan(Table.Blocks, [], null).GetEnumerator();
        scan.MoveNext();

        Store.Dispose();
        Store.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Store.Get(Table.Meta, "a"u8));
        Assert.Throws<ObjectDisposedException>(() => Store.Contains(Table.Meta, "a"u8));
        Assert.Throws<ObjectDisposedException>(() => Store.Write(new StoreBatch().Put(Table.Meta, [], [])));
        Assert.Throws<ObjectDisposedException>(() => Store.Scan(Table.Meta, [], null).Count());
        Assert.Throws<ObjectDisposedException>(() => scan.MoveNext());
        scan.Dispose();
    }

    [Fact]
    public void Readers_and_writers_work_side_by_side()
    {
        const int Each = 50;
        IStore store = Store;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, writer =>
        {
            for (int i = 0; i < Each; i++)
            {
                ulong number = (ulong)((writer * Each) + i);
                store.Write(new StoreBatch().Put(Table.Blocks, Key(number), Key(number)).Put(Table.Entries, Key(number), []));
                Assert.Equal(Key(number), store.Get(Table.Blocks, Key(number)));
                Assert.All(store.Scan(Table.Blocks, [], null).Take(20), entry => Assert.Equal(entry.Key, entry.Value));
            }
        });

        Assert.Equal(8 * Each, store.Scan(Table.Blocks, [], null).Count());
        Assert.Equal(8 * Each, store.Scan(Table.Entries, [], null).Count());
    }

    protected static byte[] Key(ulong number)
    {
        byte[] key = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(key, number);
        return key;
    }

    private static ulong Number(byte[] key) => BinaryPrimitives.ReadUInt64BigEndian(key);

    private static IEnumerable<byte[]> Keys(IEnumerable<KeyValuePair<byte[], byte[]>> entries) =>
        entries.Select(entry => entry.Key);

    private void PutNumbers(ulong count)
    {
        var batch = new StoreBatch();
        for (ulong i = 0; i < count; i++)
        {
            batch.Put(Table.Blocks, Key(i), Key(i));
        }

        Store.Write(batch);
    }
}

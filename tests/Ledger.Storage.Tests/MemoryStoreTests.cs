using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Storage.Tests;

public sealed class MemoryStoreTests
{
    private readonly StoreBatch _batch = new StoreBatch().Put(Table.Journal, "a"u8, "vote"u8);

    [Fact]
    public void A_power_cut_keeps_what_was_synced()
    {
        var store = new MemoryStore();
        store.Write(_batch);

        Assert.True(store.PowerCut().Contains(Table.Journal, "a"u8));
    }

    [Fact]
    public void Without_sync_a_power_cut_loses_what_was_written()
    {
        var store = new MemoryStore { SyncWrites = false };
        store.Write(_batch);
        Assert.True(store.Contains(Table.Journal, "a"u8));

        Assert.False(store.PowerCut().Contains(Table.Journal, "a"u8));
    }

    [Fact]
    public void Without_sync_a_kill_loses_nothing()
    {
        var store = new MemoryStore { SyncWrites = false };
        store.Write(_batch);

        Assert.True(store.Reopen().Contains(Table.Journal, "a"u8));
    }

    [Fact]
    public void An_explicit_sync_makes_all_durable()
    {
        var store = new MemoryStore { SyncWrites = false };
        store.Write(_batch);
        store.Sync();
        store.Write(new StoreBatch().Put(Table.Journal, "b"u8, []));

        MemoryStore after = store.PowerCut();

        Assert.True(after.Contains(Table.Journal, "a"u8));
        Assert.False(after.Contains(Table.Journal, "b"u8));
    }

    [Fact]
    public void The_store_from_before_the_cut_is_closed()
    {
        var store = new MemoryStore();
        store.PowerCut();

        Assert.Throws<ObjectDisposedException>(() => store.Get(Table.Meta, []));
    }

    [Fact]
    public void The_nth_write_fails_and_leaves_nothing()
    {
        var store = new MemoryStore { FailWrite = 2 };
        store.Write(new StoreBatch().Put(Table.Meta, "1"u8, []));

        Assert.Throws<IOException>(() => store.Write(_batch));
        Assert.False(store.Contains(Table.Journal, "a"u8));

        store.Write(_batch);
        Assert.True(store.Contains(Table.Journal, "a"u8));
        Assert.Equal(3, store.Writes);
    }

    [Fact]
    public void A_full_store_refuses_and_goes_on_once_there_is_space()
    {
        var store = new MemoryStore { Full = true };
        Assert.Throws<StoreFullException>(() => store.Write(_batch));
        Assert.Null(store.Get(Table.Journal, "a"u8));

        store.Full = false;
        store.Write(_batch);
        Assert.True(store.Contains(Table.Journal, "a"u8));
    }

    [Fact]
    public void A_store_of_limited_size_is_full_when_it_is_and_not_before()
    {
        var store = new MemoryStore { CapacityBytes = 5 };
        store.Write(_batch); // one byte of key, four of value
        Assert.Equal(5, store.Bytes);

        Assert.Throws<StoreFullException>(() => store.Write(new StoreBatch().Put(Table.Meta, "b"u8, [])));
        store.Write(new StoreBatch().Delete(Table.Journal, "a"u8).Put(Table.Meta, "b"u8, []));
        Assert.Equal(1, store.Bytes);
    }
}

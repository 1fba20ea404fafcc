using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Storage.Tests;

public sealed class RocksStoreContractTests : StoreContract
{
    private readonly TemporaryFolder _folder = new();

    public override void Dispose()
    {
        base.Dispose();
        _folder.Dispose();
    }

    protected override IStore Create() => RocksStore.Open(_folder.Path);

    protected override IStore Reopen(IStore store)
    {
        store.Dispose();
        return Create();
    }
}

public sealed class MemoryStoreContractTests : StoreContract
{
    protected override IStore Create() => new MemoryStore();

    protected override IStore Reopen(IStore store) => ((MemoryStore)store).Reopen();
}

using Ledger.Runtime.Ports;

namespace Ledger.TestKit.Simulation;

/// <summary>A store whose writes a witness sees before and after.</summary>
internal sealed class WitnessedStore(IStore store, NodeWitness witness) : IStore
{
    public byte[]? Get(Table table, ReadOnlySpan<byte> key) => store.Get(table, key);

    public bool Contains(Table table, ReadOnlySpan<byte> key) => store.Contains(table, key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[]? to, bool reverse = false) =>
        store.Scan(table, from, to, reverse);

    public void Write(StoreBatch batch)
    {
        witness.Writing(batch);
        try
        {
            store.Write(batch);
        }
        catch (StoreFullException) when (witness.TakesFullForDone)
        {
            return;
        }

        witness.Written(batch);
    }

    public void Dispose() => store.Dispose();
}

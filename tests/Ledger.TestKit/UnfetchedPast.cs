using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.TestKit;

/// <summary>Makes a store that of a node which joined by a snapshot and has not fetched the past yet.</summary>
public static class UnfetchedPast
{
    /// <param name="from">The lowest height that stays.</param>
    public static void Leave(IStore store, Height from)
    {
        ChainStore chain = new(store);
        StoreBatch batch = new();
        for (Height height = new(1); height < from; height = height.Next)
        {
            SettledBlock block = chain.Block(height)!;
            batch.Delete(Table.Blocks, StoreKeys.Of(height)).Delete(Table.BlockHeights, block.Header.Id.Value.Span);
            foreach (RecordId id in block.Body.Records)
            {
                Record record = chain.Record(id)!;
                batch.Delete(Table.Entries, StoreKeys.Of(chain.Placement(id)!.Value.Index))
                    .Delete(Table.Records, id.Span)
                    .Delete(Table.Settled, id.Span)
                    .Delete(Table.Leaves, record.Entry.Value.Span)
                    .Delete(Table.StreamRecords, StoreKeys.StreamRecord(record.Stream, record.Seq));
            }
        }

        ChainStore.PutHeldFrom(batch, from);
        store.Write(batch);
    }
}

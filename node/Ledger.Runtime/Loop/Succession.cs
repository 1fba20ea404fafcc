using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>
/// The store of a chain that ended goes over to the one that its owners founded upon it: log, streams map, streams, quotas
/// and everything that settled stay, votes and approvals of the old chain do not (G11 to G13).
/// </summary>
internal static class Succession
{
    /// <summary>One batch: a node is of the one chain or of the other.</summary>
    /// <exception cref="SuccessionException">The store does not stand where the genesis document says that it does.</exception>
    public static void Adopt(ChainStore store, GenesisDocument ended, GenesisDocument genesis)
    {
        if (genesis.Predecessor is not { } last || last.Chain != ended.Chain)
        {
            throw new SuccessionException(
                $"The store belongs to chain {ended.Chain}, the genesis document to {genesis.Chain}: point the node at the right folder.");
        }

        Header header = store.Header(store.Height) ?? throw new SuccessionException(
            "The genesis document continues a chain of which this store holds no block. Start with an empty store.");
        if (header.Height < last.Height)
        {
            throw new SuccessionException(
                $"The genesis document continues block {last.Height}, and this store stands at {header.Height}. Start the node with the "
                + "old genesis document until it has fetched the blocks between from another, then with the new one.");
        }

        if (header.Height > last.Height || header.Id != last.Block || header.Size != last.Size || header.Root != last.Root
            || header.Streams != last.Streams || genesis.Time <= header.Time || genesis.Bitcoin != ended.Bitcoin)
        {
            throw new SuccessionException(
                $"The genesis document continues block {last.Height} ({last.Block}), and this store stands at {header.Height} "
                + $"({header.Id}). What settled is not taken back: make a genesis document from the highest block that any member holds.");
        }

        StoreBatch batch = new();
        ChainStore.PutEnd(batch, last.Height, ended);
        ChainStore.PutGenesis(batch, genesis);
        ChainStore.PutHead(batch, last.Height);
        ChainStore.PutUpcoming(batch, genesis.Configuration);
        Journal.DeleteUpTo(batch, store.Raw);
        foreach ((byte[] approval, _) in store.Raw.Scan(Table.Approvals, [], null))
        {
            batch.Delete(Table.Approvals, approval);
        }

        store.Raw.Write(batch);
    }

    /// <summary>Where the new chain begins: upon the last block of the old one.</summary>
    public static ChainHead Begin(ChainStore store, ChainHead start, Predecessor last)
    {
        if (!LogFrontier.TryLoad(store, last.Size, out LogFrontier log, out LogFault fault) || log.Root != last.Root
            || (last.Streams != StreamsMap.EmptyRoot && store.Raw.Get(Table.MapNodes, last.Streams.Span) is null))
        {
            throw new StoreCorruptException(
                $"The node's store is damaged: log and map are not those that the genesis document continues ({fault}). Nothing was "
                + "changed; restore the folder from a backup.");
        }

        return start with { Height = last.Height, Block = last.Block, Log = log, Streams = last.Streams };
    }
}

/// <summary>A genesis document does not continue what a store holds; the message says what to do.</summary>
public sealed class SuccessionException(string message) : Exception(message);

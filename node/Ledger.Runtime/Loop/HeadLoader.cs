using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>Finds where the stored chain stands, and refuses a store whose parts do not agree.</summary>
internal static class HeadLoader
{
    /// <summary>Loads the head, or lays down the genesis document in an empty store.</summary>
    /// <exception cref="StoreCorruptException">Its log or map is not the last header's.</exception>
    /// <exception cref="SuccessionException">The store belongs to another chain, which the document does not continue from there.</exception>
    public static ChainHead Load(ChainStore store, GenesisDocument genesis)
    {
        if (store.Genesis is not { } stored)
        {
            StoreBatch batch = new();
            ChainStore.PutGenesis(batch, genesis);
            store.Raw.Write(batch);
            return ChainHead.Before(genesis);
        }

        if (stored.Chain != genesis.Chain)
        {
            Succession.Adopt(store, stored, genesis);
        }

        ChainHead start = ChainHead.Before(genesis);
        Height height = store.Height;
        return height == Height.Zero ? start
            : height == genesis.Predecessor?.Height ? Succession.Begin(store, start, genesis.Predecessor)
            : AtBlock(store, start, height);
    }

    private static ChainHead AtBlock(ChainStore store, ChainHead start, Height height)
    {
        SettledBlock block = store.Block(height)
            ?? throw Damaged($"block {height}, the head of the chain, is missing");
        Header header = block.Header;
        if (header.Height != height || header.Chain != start.Chain || block.Body.Digest != header.Body
            || block.Commit.Block != header.Id || store.HeightOf(header.Id) != height)
        {
            throw Damaged($"block {height} is not the block that was settled there");
        }

        if (!LogFrontier.TryLoad(store, header.Size, out LogFrontier log, out LogFault fault))
        {
            throw Damaged($"the log cannot be read: {fault}");
        }

        if (log.Root != header.Root)
        {
            throw Damaged("the stored log has another root than the last header");
        }

        CheckLastRecords(store, block);
        if (header.Streams != StreamsMap.EmptyRoot && store.Raw.Get(Table.MapNodes, header.Streams.Span) is null)
        {
            throw Damaged("the root of the streams map is missing");
        }

        return start with
        {
            Height = height,
            Block = header.Id,
            Time = header.Time,
            Commit = block.Commit,
            LastHadContent = !block.Body.IsEmpty,
            Log = log,
            Streams = header.Streams,
            Configuration = header.Next == start.Configuration.Digest
                ? start.Configuration
                : store.Configuration(header.Next),
            Upcoming = store.Upcoming ?? start.Configuration,
        };
    }

    /// <summary>The records of the last block must be there: its batch was one, so a part of it alone is damage.</summary>
    private static void CheckLastRecords(ChainStore store, SettledBlock block)
    {
        ulong index = block.Header.Size.Value - (ulong)block.Body.Records.Length;
        foreach (RecordId id in block.Body.Records)
        {
            if (store.Placement(id) != (block.Header.Height, new LogIndex(index)) || store.RecordBytes(id) is null)
            {
                throw Damaged($"record {id} of block {block.Header.Height} is missing");
            }

            index++;
        }
    }

    private static StoreCorruptException Damaged(string what) =>
        new($"The node's store is damaged: {what}. Nothing was changed; restore the folder from a backup.");
}

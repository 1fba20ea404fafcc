using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Execution;

/// <summary>Writes what settles a block into one batch.</summary>
internal static class BlockWriter
{
    /// <summary>Adds all of the block: if the batch never reaches the disk, nothing of it is there.</summary>
    /// <param name="parent">What the block was executed on, as it lies in the store.</param>
    public static void Put(StoreBatch batch, ChainStore store, ChainHead parent, ExecutedBlock block, Commit commit)
    {
        Header header = block.Header;
        PutNamedCommit(batch, store, parent, block);
        batch.Put(Table.Blocks, StoreKeys.Of(header.Height), new SettledBlock(header, block.Body, commit).LayOut().WrittenSpan)
            .Put(Table.BlockHeights, header.Id.Value.Span, StoreKeys.Of(header.Height));
        ulong index = header.Size.Value - (ulong)block.Records.Length;
        foreach (VerifiedRecord verified in block.Records)
        {
            Record record = verified.Record;
            LogIndex at = new(index++);
            batch.Put(Table.Records, record.Id.Span, record.Bytes.Span)
                .Put(Table.Settled, record.Id.Span, StoreKeys.Placement(header.Height, at))
                .Put(Table.Entries, StoreKeys.Of(at), record.Id.Span)
                .Put(Table.Leaves, record.Entry.Value.Span, StoreKeys.Of(at))
                .Put(Table.StreamRecords, StoreKeys.StreamRecord(record.Stream, record.Seq), record.Id.Span);
        }

        PutState(batch, block);
        block.Governance.Put(batch);
        if (header.Next != header.Validators)
        {
            ChainStore.PutChange(batch, header);
        }

        ChainStore.PutHead(batch, header.Height);
    }

    /// <summary>
    /// Nodes may hold different commits of one block; from here on it is the one that the chain names (H4), which
    /// Bitcoin will date.
    /// </summary>
    private static void PutNamedCommit(StoreBatch batch, ChainStore store, ChainHead parent, ExecutedBlock block)
    {
        if (block.Before is { } named && !named.IsSameAs(parent.Commit) && store.Block(parent.Height) is { } before)
        {
            batch.Put(Table.Blocks, StoreKeys.Of(parent.Height), (before with { Commit = named }).LayOut().WrittenSpan);
        }
    }

    private static void PutState(StoreBatch batch, ExecutedBlock block)
    {
        foreach (TileUpdate update in block.Log.Tiles)
        {
            batch.Put(Table.Tiles, StoreKeys.Tile(update.Tile.Level, update.Tile.Index), update.Hashes.Span);
        }

        Span<byte> encoded = stackalloc byte[MapNode.EncodedBytes];
        foreach (StoredNode stored in block.Map.Created)
        {
            stored.Node.Encode(encoded);
            batch.Put(Table.MapNodes, stored.Hash.Span, encoded);
        }

        foreach ((StreamId stream, StreamState state) in block.State.Streams)
        {
            byte[] encodedState = state.Encode();
            batch.Put(Table.Streams, stream.Value.Span, encodedState)
                .Put(Table.StreamStates, Digest.Of(encodedState).Span, encodedState);
        }

        foreach ((byte[] key, Usage usage) in block.State.UsageCounts)
        {
            batch.Put(Table.Usage, key, usage.Encode());
        }

        foreach ((KeyId id, ReadOnlyMemory<byte> key) in block.State.PublicKeys)
        {
            batch.Put(Table.PublicKeys, id.Value.Span, key.Span);
        }

        foreach (byte[] offence in block.State.Offences)
        {
            batch.Put(Table.Misbehaviour, offence, StoreKeys.Of(block.Header.Height));
        }
    }

    /// <summary>Where the chain stands once the batch is durable.</summary>
    public static ChainHead After(ChainHead parent, ExecutedBlock block, Commit commit) => parent with
    {
        Height = block.Header.Height,
        Block = block.Header.Id,
        Time = block.Header.Time,
        Commit = commit,
        LastHadContent = !block.Body.IsEmpty,
        Log = block.Log.Frontier,
        Streams = block.Header.Streams,
        Configuration = parent.Upcoming,
        Upcoming = block.Governance.Upcoming,
    };
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// What no header commits to, and how a joining node comes to it all the same: what quotas have been used, which
/// misbehaviour stands in the chain, which approvals wait (N9, N10), and the batch that sets the node down at the
/// block of the snapshot (N11).
/// </summary>
internal static class SnapshotTail
{
    /// <summary>Governance records in one answer.</summary>
    private const int GovernanceMax = 4_096;

    /// <summary>
    /// N9: whether the next block's admission can depend on a block: it is of the window or the day, or misbehaviour that
    /// it holds may not be told again.
    /// </summary>
    /// <param name="next">The configuration in force at the next height.</param>
    public static bool Holds(Header block, SnapshotOffer offer, Configuration next, SnapshotRules rules)
    {
        Height after = offer.Next.Height;
        bool ofWindow = block.Validators == next.Digest
            && Usage.WindowOf(next, block.Height) == Usage.WindowOf(next, after);
        return ofWindow
            || Usage.DayOf(block.Time) == Usage.DayOf(offer.Block.Time)
            || block.Height.Value + rules.MisbehaviourBlocks > after.Value;
    }

    /// <summary>
    /// N10: governance records of an answer that stand in the log of the snapshot, by their places; null, and one
    /// clause, if one does not.
    /// </summary>
    public static IReadOnlyDictionary<LogIndex, Record>? TryReadGovernance(
        ChainStore store, SnapshotOffer offer, ReadOnlySpan<byte> answer, SnapshotRules rules, out string fault)
    {
        fault = "records of governance that cannot be read";
        SortedDictionary<LogIndex, Record> found = [];
        if (!PeerCodec.TryReadList(answer, GovernanceMax, out ImmutableArray<ReadOnlyMemory<byte>> items))
        {
            return null;
        }

        foreach (ReadOnlyMemory<byte> item in items)
        {
            CborReader reader = new(item.Span);
            if (!reader.TryReadArray(2) || !reader.TryReadUnsigned(out ulong index)
                || !reader.TryReadBytes(out ReadOnlySpan<byte> bytes) || !reader.EndArray() || !reader.TryFinish()
                || !Record.TryParse(bytes.ToArray(), out Record? record, out _))
            {
                return null;
            }

            TileId tile = TileId.In(offer.Block.Size, 0, index / TileId.WidthMax);
            int at = (int)(index % TileId.WidthMax);
            if (at >= tile.Width
                || !((ITileReader)store).TryRead(tile, out ReadOnlyMemory<byte> hashes)
                || !rules.IsInLog(
                    LeafHash.Of(record.Entry).Value, new Digest(hashes.Span.Slice(at * Digest.Size, Digest.Size))))
            {
                fault = $"a record of governance that the log does not hold: {record.Id}";
                return null;
            }

            found[new LogIndex(index)] = record;
        }

        fault = "";
        return found;
    }

    /// <summary>Sets the node down at the block: everything that is fetched is durable, and nothing else changes.</summary>
    /// <param name="governance">In the log's order.</param>
    public static void Put(
        StoreBatch batch, ChainStore store, GenesisDocument genesis, SnapshotOffer offer,
        IReadOnlyDictionary<LogIndex, Record> governance)
    {
        ChainHead head = ChainHead.Before(genesis) with
        {
            Height = offer.Height,
            Configuration = store.Configuration(offer.Next.Validators),
            Upcoming = store.Configuration(offer.Next.Next),
        };
        ChainStore.PutUpcoming(batch, head.Upcoming);
        PutApprovals(batch, store, head, governance.Values);
        PutStreams(batch, store, offer.Block.Streams);
        foreach ((byte[] key, Usage usage) in UsageOf(store, offer).UsageCounts)
        {
            batch.Put(Table.Usage, key, usage.Encode());
        }

        ChainStore.PutHead(batch, offer.Height);
        ChainStore.PutJoined(batch, offer.Height);
    }

    /// <summary>What quotas have been used after the block, counted from the records of the tail.</summary>
    private static WorkingState UsageOf(ChainStore store, SnapshotOffer offer)
    {
        WorkingState state = new(store);
        Dictionary<StreamId, string> sponsors = [];
        for (Height height = store.HeldFrom; height <= offer.Height; height = height.Next)
        {
            SettledBlock block = store.Block(height)!;
            Configuration configuration = store.Configuration(block.Header.Validators);
            foreach (RecordId id in block.Body.Records)
            {
                Record record = store.Record(id)!;
                if (!sponsors.TryGetValue(record.Stream, out string? sponsor))
                {
                    sponsors[record.Stream] = sponsor = SponsorOf(store, offer.Block.Streams, record.Stream);
                }

                AdmissionRules.Count(
                    state, configuration, record.Stream, sponsor, record.Bytes.Length, record.Seq == Sequence.Zero, height,
                    block.Header.Time);
            }
        }

        return state;
    }

    private static string SponsorOf(ChainStore store, Digest root, StreamId stream) =>
        StreamsMap.TryFind(store, root, stream, out Digest? value, out _) && value is { } found
        && store.StreamAt(found) is { } state
            ? state.Sponsor
            : throw new StoreCorruptException($"The streams map does not hold stream {stream}. Empty the node's store and join again.");

    /// <summary>Each record has the 32 looks (Q5) of a block to itself: of one block, more may be counted than was.</summary>
    private static void PutApprovals(
        StoreBatch batch, ChainStore store, ChainHead head, IEnumerable<Record> governance)
    {
        GovernanceTally tally = new(store, head, GovernanceRules.Sound);
        foreach (Record record in governance)
        {
            tally.Take(record);
            tally.EndBlock();
        }

        if (tally.Upcoming.Change == head.Upcoming.Change)
        {
            tally.Put(batch);
        }
    }

    private static void PutStreams(StoreBatch batch, ChainStore store, Digest root)
    {
        Stack<Digest> way = new([root]);
        while (way.TryPop(out Digest hash))
        {
            if (hash.IsZero)
            {
                continue;
            }

            if (!((IMapNodes)store).TryGet(hash, out MapNode node))
            {
                throw new StoreCorruptException($"Node {hash} of the streams map is missing. Empty the node's store and join again.");
            }

            if (!node.IsLeaf)
            {
                way.Push(node.Left);
                way.Push(node.Right);
                continue;
            }

            byte[] state = store.Raw.Get(Table.StreamStates, node.Value.Span)
                ?? throw new StoreCorruptException($"The state of stream {node.Key} is missing. Empty the node's store and join again.");
            batch.Put(Table.Streams, node.Key.Value.Span, state);
        }
    }
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;
using Checkpoint = Ledger.Proofs.Evidence.Checkpoint;

namespace Ledger.Runtime.Evidence;

/// <summary>
/// Puts settled records, their proofs and what anchors them into one file. Reads the store only, so it runs beside the
/// node on any thread.
/// </summary>
/// <param name="recordBytesMax">See <see cref="RecordBytesMax"/>.</param>
public sealed class EvidenceBuilder(
    ChainStore store, IAnchorProofs anchors, long recordBytesMax = EvidenceBuilder.RecordBytesMax)
{
    /// <summary>
    /// Bytes of records in one file that this node makes. It is made in memory, hence far less than what a reader takes
    /// (<see cref="EvidenceFile.BytesMax"/>); a thousand records always fit.
    /// </summary>
    public const long RecordBytesMax = 64L << 20;

    /// <summary>How far back links show a record's own height.</summary>
    private const ulong LinksMax = Checkpoint.LinksMax - 1;

    /// <summary>
    /// How many records from <paramref name="from"/> on, both ends included, go into one file, and their bytes; fewer than
    /// asked for where all of them are more than one file may hold.
    /// </summary>
    /// <param name="to">At most the stream's head.</param>
    public (ulong Count, long Bytes) Fitting(StreamId stream, Sequence from, Sequence to)
    {
        ulong count = 0;
        long bytes = 0;
        for (Sequence seq = from; Holds(stream, from) && seq <= to && count < EvidenceFile.RecordsMax; seq = seq.Next)
        {
            long length = store.Raw.Get(Table.Records, IdAt(stream, seq).Span)?.Length ?? 0;
            if (bytes + length > recordBytesMax)
            {
                break;
            }

            bytes += length;
            count++;
        }

        return (count, bytes);
    }

    /// <summary>Null if the record is unknown or not settled yet.</summary>
    public EvidenceFile? ForRecord(RecordId id)
    {
        if (store.Placement(id) is null || store.Record(id) is not { } record)
        {
            return null;
        }

        return Build(EvidenceScope.Record, record.Stream, record.Seq, record.Seq);
    }

    /// <summary>
    /// Whether a record and those after it are here: a node that joined by a snapshot fetches the past from the newest
    /// block down.
    /// </summary>
    private bool Holds(StreamId stream, Sequence from) => store.RecordAt(stream, from) is not null;

    /// <summary>
    /// The settled records of the stream from its genesis to its head; null if it has none, or this node does not hold
    /// them all yet.
    /// </summary>
    public EvidenceFile? ForStream(StreamId stream) =>
        store.Stream(stream) is { } state && state.Seq.Value < EvidenceFile.RecordsMax
            && Holds(stream, Sequence.Zero)
            ? Build(EvidenceScope.Stream, stream, Sequence.Zero, state.Seq)
            : null;

    /// <summary>Both ends included; null if the stream or this node does not hold them all, or they are too many for one file.</summary>
    public EvidenceFile? ForRange(StreamId stream, Sequence from, Sequence to) =>
        store.Stream(stream) is { } state && from <= to && to <= state.Seq && to.Value - from.Value < EvidenceFile.RecordsMax
            && Holds(stream, from)
            ? Build(EvidenceScope.Range, stream, from, to)
            : null;

    private EvidenceFile Build(EvidenceScope scope, StreamId stream, Sequence from, Sequence to)
    {
        List<Record> records = ReadRecords(stream, from, to);
        CheckpointPlan plan = Plan(scope, records);
        GenesisDocument genesis = store.GenesisOf(plan.Heights[0]);
        ImmutableArray<LogInclusion>.Builder log = ImmutableArray.CreateBuilder<LogInclusion>(records.Count);
        foreach (Record record in records)
        {
            LogIndex index = store.Placement(record.Id)!.Value.Index;
            int checkpoint = plan.CheckpointFor(index);
            log.Add(Include(index, checkpoint, plan.Sizes[checkpoint]));
        }

        return new EvidenceFile
        {
            Keys = KeysBeside(records, from),
            Chain = new ChainEvidence(log.MoveToImmutable(), Head(stream, plan), genesis.Encode(), plan.Checkpoints)
            {
                Walk = WalkBuilder.To(store, genesis, plan.Heights.Select(height => Block(height).Header)),
            },
            Scope = scope,
            Stream = stream,
            Records = [.. records.Select(record => record.Bytes)],
        };
    }

    private List<Record> ReadRecords(StreamId stream, Sequence from, Sequence to)
    {
        List<Record> records = [];
        for (Sequence seq = from; seq <= to; seq = seq.Next)
        {
            RecordId id = IdAt(stream, seq);
            records.Add(store.Record(id)
                ?? throw new StoreCorruptException($"The bytes of record {id} are missing. Restore the node's folder from a backup."));
        }

        return records;
    }

    private RecordId IdAt(StreamId stream, Sequence seq) => store.RecordAt(stream, seq)
        ?? throw new StoreCorruptException($"Record {seq} of stream {stream} is missing. Restore the node's folder from a backup.");

    /// <summary>
    /// One checkpoint if Bitcoin covers everything asked for; else an anchored one for the older records, where there is
    /// one, and the newest settled one for the rest. A whole stream always ends at a checkpoint that shows its head.
    /// </summary>
    private CheckpointPlan Plan(EvidenceScope scope, List<Record> records)
    {
        LogIndex first = store.Placement(records[0].Id)!.Value.Index;
        (Height ownHeight, LogIndex last) = store.Placement(records[^1].Id)!.Value;
        AnchorProof? covering = anchors.Covering(last);
        if (covering is not null)
        {
            return new CheckpointPlan([Anchored(covering, ownHeight)], [SizeAt(covering.Batch.Previous)], [covering.Batch.Previous]);
        }

        Height newest = store.Height;
        Checkpoint settled = Settled(newest, ownHeight);
        AnchorProof? partly = scope == EvidenceScope.Record ? null : anchors.Covering(first);
        return partly is null || partly.Batch.Previous >= newest || store.GenesisOf(partly.Batch).Chain != store.Genesis!.Chain
            ? new CheckpointPlan([settled], [SizeAt(newest)], [newest])
            : new CheckpointPlan(
                [Anchored(partly, ownHeight), settled],
                [SizeAt(partly.Batch.Previous), SizeAt(newest)],
                [partly.Batch.Previous, newest]);
    }

    private Checkpoint Anchored(AnchorProof proof, Height ownHeight)
    {
        SettledBlock block = Block(proof.Batch.Previous);
        SettledBlock next = Block(proof.Batch);
        return new Checkpoint(
            next.Header.Encode(), Links(block.Header.Height, ownHeight), block.Commit.Encode(), block.Header.Encode(), proof.Bitcoin);
    }

    private Checkpoint Settled(Height height, Height ownHeight)
    {
        SettledBlock block = Block(height);
        return new Checkpoint(default, Links(height, ownHeight), block.Commit.Encode(), block.Header.Encode(), null);
    }

    /// <summary>Headers from the one before the record's own block up to the checkpoint, if they are few enough.</summary>
    private ImmutableArray<ReadOnlyMemory<byte>> Links(Height checkpoint, Height ownHeight)
    {
        ulong start = ownHeight.Value > 1 ? ownHeight.Value - 1 : 1;
        if (ownHeight > checkpoint || checkpoint.Value - start > LinksMax || start < store.HeldFrom.Value
            || store.GenesisOf(new Height(start)).Chain != store.GenesisOf(checkpoint).Chain)
        {
            return [];
        }

        ImmutableArray<ReadOnlyMemory<byte>>.Builder links = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        for (ulong height = start; height < checkpoint.Value; height++)
        {
            links.Add(Block(new Height(height)).Header.Encode());
        }

        return links.ToImmutable();
    }

    private LogInclusion Include(LogIndex index, int checkpoint, TreeSize size)
    {
        if (!LogProofs.TryInclusion(store, index, size, out InclusionProof proof, out LogFault fault))
        {
            throw new StoreCorruptException($"The log cannot be read: {fault}. Restore the node's folder from a backup.");
        }

        return new LogInclusion(checkpoint, index, proof.Path);
    }

    /// <summary>The stream's state at the newest checkpoint of the file.</summary>
    private HeadEvidence Head(StreamId stream, CheckpointPlan plan)
    {
        int checkpoint = plan.Heights.Length - 1;
        Digest root = Block(plan.Heights[checkpoint]).Header.Streams;
        if (!StreamsMap.TryProve(store, root, stream, out MapProof proof, out MapFault fault))
        {
            throw new StoreCorruptException($"The streams map cannot be read: {fault}. Restore the node's folder from a backup.");
        }

        StreamState state = store.StreamAt(proof.Value)
            ?? throw new StoreCorruptException($"A state of stream {stream} that the map holds is missing. Restore the node's folder from a backup.");
        return new HeadEvidence(proof.Encode(), state.Encode(), checkpoint);
    }

    /// <summary>Keys that sign records of the file and come with none of them.</summary>
    private ImmutableArray<ReadOnlyMemory<byte>> KeysBeside(List<Record> records, Sequence from)
    {
        SortedSet<KeyId> carried = [];
        SortedSet<KeyId> needed = [];
        foreach (Record record in records)
        {
            foreach (ReadOnlyMemory<byte> key in record.PublicKeys())
            {
                carried.Add(KeyId.Of(key.Span));
            }

            if (!carried.Contains(record.Kid))
            {
                needed.Add(record.Kid);
            }
        }

        List<ReadOnlyMemory<byte>> keys = [];
        foreach (KeyId key in needed)
        {
            keys.Add(store.PublicKey(key)
                ?? throw new StoreCorruptException($"The public key {key} is missing. Restore the node's folder from a backup."));
        }

        keys.Sort((left, right) => left.Span.SequenceCompareTo(right.Span));
        return [.. keys];
    }

    private TreeSize SizeAt(Height height) => Block(height).Header.Size;

    private SettledBlock Block(Height height) => store.Block(height)
        ?? throw new StoreCorruptException($"Block {height} is missing. Restore the node's folder from a backup.");

    private sealed record CheckpointPlan(
        ImmutableArray<Checkpoint> Checkpoints, ImmutableArray<TreeSize> Sizes, ImmutableArray<Height> Heights)
    {
        /// <summary>The oldest checkpoint that holds the entry: an anchored one wherever there is one.</summary>
        public int CheckpointFor(LogIndex index)
        {
            int checkpoint = 0;
            while (index.Value >= Sizes[checkpoint].Value)
            {
                checkpoint++;
            }

            return checkpoint;
        }
    }
}

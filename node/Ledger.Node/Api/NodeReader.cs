using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Network.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;
using Ledger.Records;
using Ledger.Runtime;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Api;

/// <summary>What the host knows of the anchoring: its list, and the state of the Bitcoin daemon.</summary>
public interface IAnchorView : IAnchorProofs
{
    BitcoinModel Bitcoin { get; }

    AnchorModel? Anchor(Height batch);

    /// <summary>
    /// What anchors a block: the first batch at or above it that stands in a Bitcoin block, else the block's own batch.
    /// </summary>
    AnchorModel? Over(Height block);

    /// <summary>Newest first, batches below <paramref name="before"/>.</summary>
    IReadOnlyList<AnchorModel> Anchors(Height? before, int limit);
}

/// <summary>Reads settled state into the shapes of the interface. Thread-safe.</summary>
/// <param name="peers">Null for a node without peers.</param>
/// <param name="evidenceBytesMax">Bytes of records in one evidence file.</param>
internal sealed class NodeReader(
    LedgerNode node, IAnchorView anchors, ChainPeers? peers = null,
    long evidenceBytesMax = EvidenceBuilder.RecordBytesMax)
{
    public LedgerNode Node => node;

    public IAnchorView Anchors => anchors;

    public EvidenceBuilder Evidence { get; } = new(node.Store, anchors, evidenceBytesMax);

    /// <summary>This node's name among the validators in force; null while it is none of them.</summary>
    public string? Self => node.Self?.Name;

    public ChainPeers? Peers => peers;

    /// <summary>Integrators' digests; null at a host that takes none. Set before the doors open.</summary>
    public RootReader? Roots { get; set; }

    private readonly ConcurrentDictionary<Height, ulong> _blockTimes = [];

    /// <summary>Block times remembered: whoever lists records asks for the same few blocks again and again.</summary>
    private const int BlockTimesMax = 4_096;

    public static string Word(RecordPhase phase) => phase switch
    {
        RecordPhase.Sealed => "sealed",
        RecordPhase.Settled => "settled",
        _ => "anchored",
    };

    public RecordModel? Record(RecordId id) => node.Store.Record(id) is { } record ? Describe(record) : null;

    public RecordModel Describe(Record record)
    {
        (Height Height, LogIndex Index)? placement = node.Store.Placement(record.Id);
        AnchorModel? anchor = placement is { } settled && anchors.Covering(settled.Index) is { } proof ? anchors.Anchor(proof.Batch) : null;
        RecordPhase phase = anchor is not null ? RecordPhase.Anchored : placement is null ? RecordPhase.Sealed : RecordPhase.Settled;
        return new RecordModel(
            record.Id.ToString(), record.Entry.ToString(), record.Stream.ToString(), record.Seq.Value, record.Kind.Word(),
            record.Time.Milliseconds, record.Issuer, record.Subject, record.Bytes.Length, Word(phase),
            placement?.Height.Value, placement?.Index.Value,
            placement is { } at ? BlockTime(at.Height) : null,
            anchor is null ? null : new RecordAnchorModel(
                anchor.Batch, anchor.Txid!, anchor.BitcoinHeight!.Value, anchor.BitcoinTime!.Value, anchor.Confirmations));
    }

    public ReceiptModel Describe(Receipt receipt)
    {
        (Height Height, LogIndex Index)? placement = node.Store.Placement(receipt.Id);
        RecordPhase phase = node.PhaseOf(receipt.Id) ?? receipt.Phase;
        return new ReceiptModel(
            receipt.Id.ToString(), receipt.Entry.ToString(), receipt.Stream.ToString(), receipt.Seq.Value, Word(phase),
            placement?.Height.Value, placement?.Index.Value, placement is { } at ? BlockTime(at.Height) : null, null);
    }

    /// <summary>
    /// Newest first: what is only sealed, latest first, then the log from its end. <paramref name="before"/> skips to older
    /// log entries.
    /// </summary>
    public RecordsModel Records(ulong? before, int limit)
    {
        List<RecordModel> records = [];
        List<RecordId> waiting = before is null
            ? [.. node.Store.Raw.Scan(Table.Pending, [], null, reverse: true).Take(limit)
                .Select(entry => new RecordId(entry.Value.AsSpan(0, RecordId.Size)))]
            : [];

        // Read after the list of what waits: a block that settles in between then shows its records in the log, once.
        ulong size = node.Head.Log.Size.Value;
        foreach (RecordId id in waiting)
        {
            if (Record(id) is { } pending && (pending.Index is not { } index || index >= size))
            {
                records.Add(pending);
            }
        }

        ulong next = Math.Min(before ?? ulong.MaxValue, size);
        while (records.Count < limit && next > 0)
        {
            if (node.Store.RecordAt(new LogIndex(next - 1)) is not { } id)
            {
                // A node that joined by a snapshot fetches the past from its end: older ones are not here yet either.
                return new RecordsModel(records, null);
            }

            next--;
            if (Record(id) is { } record)
            {
                records.Add(record);
            }
        }

        return new RecordsModel(records, next > 0 ? next : null);
    }

    /// <summary>The record's OpenTimestamps proof; null until it is anchored.</summary>
    public OtsFile? Timestamp(Record record)
    {
        if (Anchored(record) is not { } anchored)
        {
            return null;
        }

        return RecordTimestamp.TryBuild(
            record.Entry, anchored.Inclusion, anchored.Header, anchored.Bitcoin, out OtsFile? file, out OtsFault broken)
            ? file
            : throw new InvalidOperationException($"A proof that was checked when the anchor was mined breaks: {broken}.");
    }

    /// <summary>What leads from a record into Bitcoin; null until it is anchored.</summary>
    public (InclusionProof Inclusion, Header Header, SpvProof Bitcoin)? Anchored(Record record)
    {
        if (node.Store.Placement(record.Id) is not { } placement || anchors.Covering(placement.Index) is not { } anchor)
        {
            return null;
        }

        Header header = node.Store.Block(anchor.Batch)!.Header;
        BitcoinEvidence bitcoin = anchor.Bitcoin;
        SpvProof proof = new(
            bitcoin.Tx, new TransactionIndex(bitcoin.Index), bitcoin.Branch, bitcoin.Header, new BitcoinHeight(bitcoin.Height));
        return LogProofs.TryInclusion(node.Store, placement.Index, header.Size, out InclusionProof inclusion, out LogFault fault)
            ? (inclusion, header, proof)
            : throw new StoreCorruptException($"The log cannot be read: {fault}. Restore the node's folder from a backup.");
    }

    public BlockModel Describe(SettledBlock block, bool withIds)
    {
        Header header = block.Header;
        Configuration configuration = node.Store.Configuration(header.Validators);
        Validator? proposer = configuration.Validators.FirstOrDefault(validator => validator.VoteKeyId == header.Proposer);
        return new BlockModel(
            header.Height.Value, header.Id.ToString(), header.Time.Milliseconds, header.Previous.ToString(), header.Commit.ToString(),
            header.Proposer.ToString(), proposer?.Name, header.Size.Value, header.Root.ToString(), header.Streams.ToString(),
            header.Body.ToString(), header.Validators.ToString(), header.Next.ToString(), block.Body.Records.Length,
            block.Commit.Round.Value, block.Commit.Votes.Length,
            anchors.Over(header.Height), withIds ? [.. block.Body.Records.Select(id => id.ToString())] : null);
    }

    public StatusModel Status()
    {
        ChainHead head = node.Head;
        ImmutableArray<string> problems = node.Problems;
        (int records, long bytes) = node.Waiting;
        return new StatusModel(
            head.Chain.ToString(), node.Genesis.Name, typeof(NodeReader).Assembly.GetName().Version!.ToString(3), node.Genesis.Bitcoin,
            head.Height.Value, head.Block.ToString(), head.Time.Milliseconds, head.Log.Size.Value, head.Log.Root.ToString(),
            head.Configuration.Validators.Length, Self, new MempoolModel(records, bytes), head.Log.Size.Value, node.AnchoredSize.Value,
            anchors.Bitcoin, problems.IsEmpty, problems, node.Store.HeldFrom.Value);
    }

    private ulong BlockTime(Height height)
    {
        if (_blockTimes.TryGetValue(height, out ulong time))
        {
            return time;
        }

        if (_blockTimes.Count >= BlockTimesMax)
        {
            _blockTimes.Clear();
        }

        return _blockTimes[height] = node.Store.Block(height)!.Header.Time.Milliseconds;
    }
}

/// <summary>A node without a Bitcoin daemon of its own.</summary>
internal sealed class NoAnchorView : IAnchorView
{
    public BitcoinModel Bitcoin { get; } = new(false, null, "This node is configured without a Bitcoin daemon.");

    public AnchorModel? Anchor(Height batch) => null;

    public AnchorModel? Over(Height block) => null;

    public IReadOnlyList<AnchorModel> Anchors(Height? before, int limit) => [];

    public AnchorProof? Covering(LogIndex index) => null;
}

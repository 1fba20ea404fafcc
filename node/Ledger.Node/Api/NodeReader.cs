using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
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

    /// <summary>Newest first, batches below <paramref name="before"/>.</summary>
    IReadOnlyList<AnchorModel> Anchors(Height? before, int limit);
}

/// <summary>Reads settled state into the shapes of the interface. Thread-safe.</summary>
internal sealed class NodeReader(LedgerNode node, IAnchorView anchors, string? self)
{
    public LedgerNode Node => node;

    public IAnchorView Anchors => anchors;

    public EvidenceBuilder Evidence { get; } = new(node.Genesis, node.Store, anchors);

    public string? Self => self;

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
            placement is { } at ? node.Store.Block(at.Height)!.Header.Time.Milliseconds : null,
            anchor is null ? null : new RecordAnchorModel(
                anchor.Batch, anchor.Txid!, anchor.BitcoinHeight!.Value, anchor.BitcoinTime!.Value, anchor.Confirmations));
    }

    /// <summary>Newest first: what is only sealed, then the log from its end. <paramref name="before"/> skips to older log entries.</summary>
    public RecordsModel Records(ulong? before, int limit)
    {
        List<RecordModel> records = [];
        if (before is null)
        {
            foreach ((_, byte[] id) in node.Store.Raw.Scan(Table.Pending, [], null, reverse: true).Take(limit))
            {
                if (Record(new RecordId(id)) is { } pending)
                {
                    records.Add(pending);
                }
            }
        }

        ulong next = Math.Min(before ?? ulong.MaxValue, node.Head.Log.Size.Value);
        while (records.Count < limit && next > 0)
        {
            next--;
            if (node.Store.RecordAt(new LogIndex(next)) is { } id && Record(id) is { } record)
            {
                records.Add(record);
            }
        }

        return new RecordsModel(records, next > 0 ? next : null);
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
            withIds ? [.. block.Body.Records.Select(id => id.ToString())] : null,
            anchors.Anchor(header.Height));
    }

    public StatusModel Status()
    {
        ChainHead head = node.Head;
        ImmutableArray<string> problems = node.Problems;
        (int records, long bytes) = node.Waiting;
        return new StatusModel(
            head.Chain.ToString(), node.Genesis.Name, typeof(NodeReader).Assembly.GetName().Version!.ToString(3), node.Genesis.Bitcoin,
            head.Height.Value, head.Block.ToString(), head.Time.Milliseconds, head.Log.Size.Value, head.Log.Root.ToString(),
            head.Configuration.Validators.Length, self, new MempoolModel(records, bytes), head.Log.Size.Value, node.AnchoredSize.Value,
            anchors.Bitcoin, problems.IsEmpty, problems);
    }
}

/// <summary>A node without a Bitcoin daemon of its own.</summary>
internal sealed class NoAnchorView : IAnchorView
{
    public BitcoinModel Bitcoin { get; } = new(false, null, "This node is configured without a Bitcoin daemon.");

    public AnchorModel? Anchor(Height batch) => null;

    public IReadOnlyList<AnchorModel> Anchors(Height? before, int limit) => [];

    public AnchorProof? Covering(LogIndex index) => null;
}

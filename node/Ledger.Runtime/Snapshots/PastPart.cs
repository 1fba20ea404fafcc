using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// Settled blocks with their records, from a header that is trusted downwards (N8): each header names the block before
/// it and the commit under that, a block names its body, a body its records. So nothing here rests on a signature, and
/// nothing on who served it.
/// </summary>
internal sealed class PastPart : ISnapshotPart
{
    private readonly ChainStore _store;
    private readonly SnapshotRules _rules;
    private readonly Predicate<Header> _isWanted;
    private readonly List<SettledBlock> _group = [];
    private readonly Dictionary<RecordId, (Height Height, LogIndex Index)> _missing = [];
    private readonly Queue<RecordId> _records = new();
    private readonly SortedSet<Digest> _configurations = [];
    private readonly Queue<Digest> _configurationsToAsk = new();
    private Header _above;
    private bool _ended;
    private bool _asksForBlocks;
    private int _asked;

    /// <param name="above">Trusted; what it names as the block before is the first to be fetched.</param>
    /// <param name="isWanted">Whether a block is still fetched; the first that is not ends it.</param>
    /// <param name="configurations">To be fetched besides, by the digests that trusted headers name.</param>
    public PastPart(
        ChainStore store, Header above, SnapshotRules rules, Predicate<Header> isWanted, params Digest[] configurations)
    {
        _store = store;
        _above = above;
        _rules = rules;
        _isWanted = isWanted;
        _ended = above.Height.Value <= 1;
        Array.ForEach(configurations, WantConfiguration);
    }

    public bool IsComplete => _ended && _asked == 0 && _group.Count == 0 && _configurations.Count == 0;

    public SnapshotQuestion? Next()
    {
        SnapshotQuestion? question =
            _configurationsToAsk.TryDequeue(out Digest configuration) ? new SnapshotQuestion.Configuration(configuration)
            : _records.Count > 0 ? new SnapshotQuestion.Records(TakeRecords())
            : !_ended && !_asksForBlocks && _group.Count == 0 ? new SnapshotQuestion.Past(_above.Height)
            : null;
        _asksForBlocks |= question is SnapshotQuestion.Past;
        _asked += question is null ? 0 : 1;
        return question;
    }

    public void Again(SnapshotQuestion question)
    {
        _asked--;
        switch (question)
        {
            case SnapshotQuestion.Configuration configuration:
                _configurationsToAsk.Enqueue(configuration.Digest);
                break;
            case SnapshotQuestion.Records records:
                Enqueue(records.Ids);
                break;
            default:
                _asksForBlocks = false;
                break;
        }
    }

    public string? Take(SnapshotQuestion question, ReadOnlyMemory<byte> answer, StoreBatch batch)
    {
        string? fault = question switch
        {
            SnapshotQuestion.Configuration asked => TakeConfiguration(asked.Digest, answer.Span, batch),
            SnapshotQuestion.Records asked => TakeRecords(asked.Ids, answer.Span, batch),
            _ => TakeBlocks(answer.Span, batch),
        };
        if (fault is null)
        {
            _asked--;
            CompleteGroup(batch);
        }

        return fault;
    }

    private ImmutableArray<RecordId> TakeRecords()
    {
        ImmutableArray<RecordId>.Builder ids = ImmutableArray.CreateBuilder<RecordId>();
        while (ids.Count < PeerCodec.IdsMax && _records.TryDequeue(out RecordId id))
        {
            ids.Add(id);
        }

        return ids.ToImmutable();
    }

    private void Enqueue(IEnumerable<RecordId> ids)
    {
        foreach (RecordId id in ids)
        {
            _records.Enqueue(id);
        }
    }

    private void WantConfiguration(Digest digest)
    {
        if (!_store.Raw.Contains(Table.Configurations, digest.Span) && _configurations.Add(digest))
        {
            _configurationsToAsk.Enqueue(digest);
        }
    }

    private string? TakeConfiguration(Digest asked, ReadOnlySpan<byte> answer, StoreBatch batch)
    {
        if (!_rules.IsConfiguration(Digest.Of(answer), asked) || !Configuration.TryParse(answer, out _, out _))
        {
            return $"the configuration is not {asked}, which a header names";
        }

        _configurations.Remove(asked);
        batch.Put(Table.Configurations, asked.Span, answer);
        return null;
    }

    private string? TakeBlocks(ReadOnlySpan<byte> answer, StoreBatch batch)
    {
        if (!PeerCodec.TryReadList(answer, SnapshotWriter.PastTogether, out ImmutableArray<ReadOnlyMemory<byte>> items)
            || items.IsEmpty)
        {
            return "blocks that cannot be read";
        }

        List<SettledBlock> group = [];
        Header above = _above;
        bool ended = false;
        foreach (ReadOnlyMemory<byte> item in items)
        {
            if (!SettledBlock.TryParse(item.Span, out SettledBlock block, out _)
                || !_rules.IsPast(above, block.Header, block.Body.Digest, block.Commit.Digest))
            {
                return $"a block that is not the one before block {above.Height}";
            }

            ended = !_isWanted(block.Header);
            if (ended)
            {
                break;
            }

            group.Add(block);
            above = block.Header;
            ended = above.Height.Value == 1;
        }

        (_above, _ended, _asksForBlocks) = (above, ended, false);
        group.ForEach(block => Keep(block, batch));
        return null;
    }

    private void Keep(SettledBlock block, StoreBatch batch)
    {
        Header header = block.Header;
        _group.Add(block);
        batch.Put(Table.Blocks, StoreKeys.Of(header.Height), block.LayOut().WrittenSpan)
            .Put(Table.BlockHeights, header.Id.Value.Span, StoreKeys.Of(header.Height));
        WantConfiguration(header.Validators);
        foreach (ReadOnlyMemory<byte> file in block.Body.Misbehaviour)
        {
            if (MisbehaviourFile.TryParse(file, out MisbehaviourFile parsed, out _))
            {
                byte[] offence = StoreKeys.Offence(parsed.Signer, MisbehaviourFile.Read(parsed.First));
                batch.Put(Table.Misbehaviour, offence, StoreKeys.Of(header.Height));
            }
        }

        ulong index = header.Size.Value - (ulong)block.Body.Records.Length;
        foreach (RecordId id in block.Body.Records)
        {
            LogIndex at = new(index++);
            if (_store.Placement(id) is null || !_store.Raw.Contains(Table.Records, id.Span))
            {
                _missing[id] = (header.Height, at);
                _records.Enqueue(id);
            }
        }
    }

    /// <summary>In the order of the question; what the peer does not hold is left out, and asked for again.</summary>
    private string? TakeRecords(ImmutableArray<RecordId> asked, ReadOnlySpan<byte> answer, StoreBatch batch)
    {
        if (!PeerCodec.TryReadList(answer, asked.Length, out ImmutableArray<ReadOnlyMemory<byte>> items))
        {
            return "records that cannot be read";
        }

        List<(RecordId Id, Record Record)> found = [];
        List<RecordId> left = [];
        int at = 0;
        foreach (ReadOnlyMemory<byte> item in items)
        {
            if (!Record.TryParse(item, out Record? record, out _))
            {
                return "what is no record";
            }

            while (at < asked.Length && !_rules.IsRecord(record.Id, asked[at]))
            {
                left.Add(asked[at++]);
            }

            if (at == asked.Length)
            {
                return $"a record that no block names where it was asked for: {record.Id}";
            }

            found.Add((asked[at++], record));
        }

        Enqueue(left.Concat(asked[at..]));
        found.ForEach(pair => Keep(pair.Id, pair.Record, batch));
        return null;
    }

    private void Keep(RecordId id, Record record, StoreBatch batch)
    {
        _missing.Remove(id, out (Height Height, LogIndex Index) placed);
        batch.Put(Table.Records, id.Span, record.Bytes.Span)
            .Put(Table.Settled, id.Span, StoreKeys.Placement(placed.Height, placed.Index))
            .Put(Table.Entries, StoreKeys.Of(placed.Index), id.Span)
            .Put(Table.Leaves, record.Entry.Value.Span, StoreKeys.Of(placed.Index))
            .Put(Table.StreamRecords, StoreKeys.StreamRecord(record.Stream, record.Seq), id.Span);
        foreach (ReadOnlyMemory<byte> key in record.PublicKeys())
        {
            batch.Put(Table.PublicKeys, KeyId.Of(key.Span).Value.Span, key.Span);
        }
    }

    /// <summary>Only now are these blocks called held, and a change among them told.</summary>
    private void CompleteGroup(StoreBatch batch)
    {
        if (_group.Count == 0 || _missing.Count > 0 || _configurations.Count > 0)
        {
            return;
        }

        foreach (SettledBlock block in _group.Where(block => block.Header.Next != block.Header.Validators))
        {
            ChainStore.PutChange(batch, block.Header);
        }

        ChainStore.PutHeldFrom(batch, _group[^1].Header.Height);
        _group.Clear();
    }
}

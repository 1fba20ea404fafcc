using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Log;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Streams;

namespace Ledger.Proofs.Checks;

/// <summary>Checks the records: form, signature, stream rules, and their places in the log.</summary>
internal sealed class RecordsCheck
{
    private readonly EvidenceFile _file;
    private readonly Findings _findings;
    private readonly SortedDictionary<KeyId, ReadOnlyMemory<byte>> _keys = [];

    public RecordsCheck(EvidenceFile file, Findings findings)
    {
        _file = file;
        _findings = findings;
        foreach (ReadOnlyMemory<byte> key in file.Keys)
        {
            _keys[KeyId.Of(key.Span)] = key;
        }
    }

    /// <summary>Reads all records in order; stops at the first that fails, since nothing after it can be judged.</summary>
    /// <param name="head">The stream's state at a checkpoint: gives the key in force to a file that starts in mid-stream.</param>
    public ImmutableArray<Record> Run(StreamState? head)
    {
        ImmutableArray<Record>.Builder records = ImmutableArray.CreateBuilder<Record>(_file.Records.Length);
        StreamState? state = null;
        for (int i = 0; i < _file.Records.Length; i++)
        {
            if (!Record.TryParse(_file.Records[i], out Record? record, out Fault? fault))
            {
                _findings.Add(i, fault.Layer, Say(fault));
                break;
            }

            if (i == 0 && record.Seq != Sequence.Zero)
            {
                state = StateBefore(record, head);
                if (state is null)
                {
                    _findings.Add(0, Layer.Link, "the file starts in mid-stream without showing the key in force there");
                    break;
                }
            }

            if (!TryFollow(ref state, record, out fault))
            {
                _findings.Add(i, fault!.Layer, Say(fault));
                break;
            }

            records.Add(record);
        }

        return records.ToImmutable();
    }

    /// <summary>Each record's place under the root of the checkpoint that it names.</summary>
    public void CheckLog(ImmutableArray<Record> records, CheckedChain chain, ImmutableArray<LogInclusion> log)
    {
        for (int i = 0; i < records.Length; i++)
        {
            if (chain.Checkpoints[log[i].Checkpoint] is not { } checkpoint)
            {
                continue;
            }

            if (!InclusionProof.Verify(
                records[i].Entry, log[i].Index, checkpoint.Header.Size, log[i].Path.AsSpan(), checkpoint.Header.Root))
            {
                _findings.Add(i, Layer.Log, "the record is not in the log at that place");
            }
        }
    }

    /// <summary>The stream's state and the records must tell one story.</summary>
    public void CheckAgainstHead(ImmutableArray<Record> records, StreamState head)
    {
        for (int i = 0; i < records.Length; i++)
        {
            Record record = records[i];
            if (record.Seq > head.Seq)
            {
                _findings.Add(i, Layer.Log, "the record lies beyond the stream's head at the checkpoint");
            }
            else if (record.Seq == head.Seq && record.Id != head.Head)
            {
                _findings.Add(i, Layer.Log, "another record is the stream's head at the checkpoint");
            }
            else if (record.Kid != head.Recovery && head.KeyInForce(record.Seq).Kid != record.Kid)
            {
                _findings.Add(i, Layer.Link, "the stream's state names another key in force at this record");
            }
        }
    }

    /// <summary>First record that the state marks as revoked; null if none is.</summary>
    public static int? FirstRevoked(ImmutableArray<Record> records, StreamState head)
    {
        for (int i = 0; i < records.Length; i++)
        {
            Record record = records[i];
            int key = head.IndexOf(record.Kid);
            if (key >= 0 && head.Keys[key].Revoked is { } since && record.Seq >= since && !CondemnsOnlyItself(record, since))
            {
                return i;
            }
        }

        return null;
    }

    /// <summary>A revoke record by the very key that it revokes from here on stays good.</summary>
    private static bool CondemnsOnlyItself(Record record, Sequence since) =>
        record.Kind == RecordKind.Revoke && record.Seq == since && Revocation.From(record).Kid == record.Kid;

    private bool TryFollow(ref StreamState? state, Record record, out Fault? fault)
    {
        if (record.TryGetCarriedKey(out ReadOnlySpan<byte> carried) && !_keys.ContainsKey(KeyId.Of(carried)))
        {
            _keys[KeyId.Of(carried)] = carried.ToArray();
        }

        if (!_keys.TryGetValue(record.Kid, out ReadOnlyMemory<byte> key))
        {
            fault = new Fault(Layer.Signature, "the file does not hold the key that the record names");
            return false;
        }

        if (!VerifiedRecord.TryVerify(record, key.Span, out VerifiedRecord? verified, out fault)
            || !StreamRules.TryApply(state, verified, GenesisTerms.None, out StreamState? after, out fault))
        {
            return false;
        }

        // Revocation is a verdict of its own, taken from the settled state; here the rest of the chain is still judged.
        state = after with { Keys = [.. after.Keys.Select(inForce => inForce with { Revoked = null })] };
        if (record.Kind == RecordKind.Key)
        {
            ReadOnlyMemory<byte> next = KeyChange.From(record).Key;
            _keys[KeyId.Of(next.Span)] = next;
        }

        return true;
    }

    /// <summary>What the stream rules knew before <paramref name="first"/>, as far as the settled state tells.</summary>
    private static StreamState? StateBefore(Record first, StreamState? head)
    {
        if (head is null || first.Seq > head.Seq)
        {
            return null;
        }

        ImmutableArray<StreamKey> keys =
            [.. head.Keys.Where(key => key.First <= first.Seq).Select(key => key with { Revoked = null })];
        return new StreamState(
            new Sequence(first.Seq.Value - 1), first.Prev, default, head.Recovery, head.Sponsor, keys);
    }

    private static string Say(Fault fault) =>
        fault.Offset is { } offset ? $"{fault.Reason} (offset {offset} of the record)" : fault.Reason;
}

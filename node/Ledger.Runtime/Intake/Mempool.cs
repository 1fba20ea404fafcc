using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;

namespace Ledger.Runtime.Intake;

/// <param name="Arrival">Order of acknowledgement at this node.</param>
internal sealed record PendingRecord(ulong Arrival, VerifiedRecord Verified)
{
    public Record Record => Verified.Record;
}

/// <summary>
/// Records that are acknowledged here and not settled, with the state their streams will have. Owned by the node's loop;
/// what it accepts is durable only once the loop has written it.
/// </summary>
internal sealed class Mempool(ChainStore store)
{
    /// <summary>Waiting records; one more is refused politely.</summary>
    public const int RecordsMax = 100_000;

    /// <summary>Bytes of waiting records.</summary>
    public const long BytesMax = 256L << 20;

    private readonly SortedDictionary<ulong, PendingRecord> _byArrival = [];
    private readonly Dictionary<RecordId, PendingRecord> _byId = [];
    private readonly Dictionary<StreamId, SortedDictionary<Sequence, PendingRecord>> _byStream = [];
    private WorkingState _state = new(store);
    private ulong _nextArrival;

    public int Count => _byArrival.Count;

    public long Bytes { get; private set; }

    public IEnumerable<PendingRecord> InOrder => _byArrival.Values;

    public bool TryGet(RecordId id, out PendingRecord pending) => _byId.TryGetValue(id, out pending!);

    /// <summary>State of the stream with all that waits applied.</summary>
    public StreamState? Stream(StreamId stream) => _state.Stream(stream);

    public PendingRecord? At(StreamId stream, Sequence seq) =>
        _byStream.TryGetValue(stream, out SortedDictionary<Sequence, PendingRecord>? records)
            ? records.GetValueOrDefault(seq)
            : null;

    /// <summary>Accepts the next record of its stream, or says why not.</summary>
    public Refusal? TryAdd(VerifiedRecord verified, ChainHead head, UnixTime now, out PendingRecord pending)
    {
        pending = null!;
        Record record = verified.Record;
        if (Count >= RecordsMax || Bytes + record.Bytes.Length > BytesMax)
        {
            return new Refusal(RefusalKind.Busy, "This node holds as many waiting records as it may: send again in a few seconds.");
        }

        Refusal? refusal = TryApply(verified, head, now);
        if (refusal is null)
        {
            pending = new PendingRecord(_nextArrival++, verified);
            Insert(pending);
        }

        return refusal;
    }

    /// <summary>Puts back a record that an earlier run acknowledged. False if the settled chain no longer admits it.</summary>
    public bool TryRestore(ulong arrival, VerifiedRecord verified, ChainHead head, UnixTime now)
    {
        _nextArrival = Math.Max(_nextArrival, arrival + 1);
        if (TryApply(verified, head, now, ignoreQuota: true) is not null)
        {
            return false;
        }

        Insert(new PendingRecord(arrival, verified));
        return true;
    }

    /// <summary>
    /// Takes out what settled and re-applies the rest on the new head. Returns what no longer fits: records of a stream
    /// that settled with another history.
    /// </summary>
    public IReadOnlyList<PendingRecord> Settle(IEnumerable<Record> settled, ChainHead head, UnixTime now)
    {
        foreach (Record record in settled)
        {
            if (_byId.TryGetValue(record.Id, out PendingRecord? pending))
            {
                Remove(pending);
            }
        }

        return Rebuild(head, now);
    }

    /// <summary>Forgets records that could not be made durable, latest first.</summary>
    public void Withdraw(IReadOnlyList<PendingRecord> records, ChainHead head, UnixTime now)
    {
        foreach (PendingRecord pending in records)
        {
            Remove(pending);
        }

        Rebuild(head, now);
    }

    private List<PendingRecord> Rebuild(ChainHead head, UnixTime now)
    {
        _state = new WorkingState(store);
        List<PendingRecord> misfits = [];
        foreach (PendingRecord pending in _byArrival.Values)
        {
            if (TryApply(pending.Verified, head, now, ignoreQuota: true) is not null)
            {
                misfits.Add(pending);
            }
        }

        foreach (PendingRecord misfit in misfits)
        {
            Remove(misfit);
        }

        return misfits;
    }

    /// <param name="ignoreQuota">What is acknowledged already is counted, never refused: it waits for the next window.</param>
    private Refusal? TryApply(VerifiedRecord verified, ChainHead head, UnixTime now, bool ignoreQuota = false)
    {
        Record record = verified.Record;
        StreamState? before = _state.Stream(record.Stream);
        string? sponsor = before?.Sponsor ?? AdmissionRules.SponsorOf(head.Configuration, record.Stream);
        if (sponsor is null)
        {
            AdmissionRefusal uninvited = new(AdmissionRefusalKind.NotInvited, "", 0, 0);
            return new Refusal(RefusalKind.NotAdmitted, uninvited.Detail, Admission: uninvited);
        }

        if (!StreamRules.TryApply(before, verified, head.Terms(sponsor), out StreamState? after, out Fault? fault))
        {
            return new Refusal(RefusalKind.Misplaced, Advice(fault), fault);
        }

        AdmissionRefusal? quota = AdmissionRules.TryCount(
            _state, head.Configuration, record.Stream, sponsor, record.Bytes.Length, before is null, head.Height.Next, now);
        if (quota is not null && !ignoreQuota)
        {
            return new Refusal(RefusalKind.NotAdmitted, quota.Detail, Admission: quota);
        }

        _state.Set(record.Stream, after);
        return null;
    }

    private static string Advice(Fault fault) => fault.Layer switch
    {
        Layer.Gap => "Send the records before this one first.",
        Layer.Revocation => "Rotate the stream's key with its recovery key, then seal with the new key.",
        _ => "The record does not continue its stream as this node knows it; compare with GET /v1/streams/{id}.",
    };

    private void Insert(PendingRecord pending)
    {
        _byArrival.Add(pending.Arrival, pending);
        _byId.Add(pending.Record.Id, pending);
        if (!_byStream.TryGetValue(pending.Record.Stream, out SortedDictionary<Sequence, PendingRecord>? records))
        {
            _byStream[pending.Record.Stream] = records = [];
        }

        records[pending.Record.Seq] = pending;
        Bytes += pending.Record.Bytes.Length;
    }

    private void Remove(PendingRecord pending)
    {
        if (!_byArrival.Remove(pending.Arrival))
        {
            return;
        }

        _byId.Remove(pending.Record.Id);
        SortedDictionary<Sequence, PendingRecord> records = _byStream[pending.Record.Stream];
        records.Remove(pending.Record.Seq);
        if (records.Count == 0)
        {
            _byStream.Remove(pending.Record.Stream);
        }

        Bytes -= pending.Record.Bytes.Length;
    }
}

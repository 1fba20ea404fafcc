using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;

namespace Ledger.Runtime.Intake;

/// <summary>
/// Records that are acknowledged here and not settled, with the state their streams will have. Owned by the node's loop;
/// what it accepts is durable only once the loop has written it.
/// </summary>
internal sealed class Mempool(ChainStore store)
{
    /// <summary>Waiting records; one more is refused politely. One sponsor alone gets half of it.</summary>
    public const int RecordsMax = 200_000;

    /// <summary>Bytes of waiting records. One sponsor alone gets half of it.</summary>
    public const long BytesMax = 512L << 20;

    private readonly SortedDictionary<ulong, PendingRecord> _byArrival = [];
    private readonly Dictionary<RecordId, PendingRecord> _byId = [];
    private readonly Dictionary<StreamId, SortedDictionary<Sequence, PendingRecord>> _byStream = [];
    private readonly PoolShares _shares = new(RecordsMax, BytesMax);
    private WorkingState _state = new(store);
    private ulong _nextArrival;

    public int Count => _byArrival.Count;

    public long Bytes => _shares.Bytes;

    /// <summary>In the order of acknowledgement.</summary>
    public IEnumerable<PendingRecord> InOrder => _byArrival.Values;

    /// <summary>As they go into a block.</summary>
    public IEnumerable<PendingRecord> InTurn(Height height) => TurnOrder.Of(_byStream.Values.Select(s => s.Values), height);

    public bool TryGet(RecordId id, out PendingRecord pending) => _byId.TryGetValue(id, out pending!);

    /// <summary>State of the stream with all that waits applied.</summary>
    public StreamState? Stream(StreamId stream) => _state.Stream(stream);

    public PendingRecord? At(StreamId stream, Sequence seq) =>
        _byStream.TryGetValue(stream, out SortedDictionary<Sequence, PendingRecord>? records)
            ? records.GetValueOrDefault(seq)
            : null;

    /// <summary>Accepts the next record of its stream, or says why not.</summary>
    /// <param name="displaced">
    /// What a record of the recovery key took the place of, and what followed that: no longer held.
    /// </param>
    public Refusal? TryAdd(
        VerifiedRecord verified, ChainHead head, UnixTime now, out PendingRecord pending,
        out IReadOnlyList<PendingRecord> displaced)
    {
        pending = null!;
        Record record = verified.Record;
        displaced = IsByRecovery(record) ? From(record.Stream, record.Seq) : [];
        if (displaced.Count > 0)
        {
            Withdraw(displaced, head, now);
        }

        Refusal? refusal = Room(record, head) ?? TryApply(verified, head, now, ignoreQuota: false);
        if (refusal is null)
        {
            pending = Insert(_nextArrival++, verified, head, now);
        }
        else
        {
            PutBack(displaced, head, now);
            displaced = [];
        }

        return refusal;
    }

    /// <summary>
    /// Whether a record may stand where another one waits: the recovery key's goes before all others of its stream.
    /// </summary>
    public bool GivesWay(Record waiting, Record record) =>
        IsByRecovery(record)
        && _byId.TryGetValue(waiting.Id, out PendingRecord? pending)
        && From(waiting.Stream, pending.Record.Seq).All(follower => !follower.IsByRecovery);

    /// <summary>Puts back what was displaced by a record that is not kept after all.</summary>
    public void PutBack(IReadOnlyList<PendingRecord> displaced, ChainHead head, UnixTime now)
    {
        foreach (PendingRecord pending in displaced)
        {
            TryRestore(pending.Arrival, pending.Verified, pending.IsAcknowledged, head, now);
        }
    }

    /// <summary>Puts back a record that an earlier run acknowledged. False if the settled chain no longer admits it.</summary>
    public bool TryRestore(
        ulong arrival, VerifiedRecord verified, bool isAcknowledged, ChainHead head, UnixTime now)
    {
        _nextArrival = Math.Max(_nextArrival, arrival + 1);
        if (TryApply(verified, head, now, ignoreQuota: true) is not null)
        {
            return false;
        }

        Insert(arrival, verified, head, now).IsAcknowledged = isAcknowledged;
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

    /// <summary>
    /// What may be let go and has waited since a time before: the end of a stream, which nothing that must stay follows.
    /// </summary>
    public IReadOnlyList<PendingRecord> Expired(UnixTime before, Func<PendingRecord, bool> mayLetGo) =>
    [
        .. _byStream.Values
            .Select(stream => stream.Values.Reverse().TakeWhile(mayLetGo).Reverse().ToList())
            .Where(end => end.Count > 0 && end[0].Since < before)
            .SelectMany(end => end),
    ];

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

    private Refusal? Room(Record record, ChainHead head)
    {
        int bytes = record.Bytes.Length;
        bool has = IsByRecovery(record) || AdmissionRules.IsOwnStream(head.Configuration, record.Stream)
            ? _shares.HasRoom(bytes)
            : _shares.HasRoom(SponsorOf(record, head) ?? "", bytes);
        return has ? null : new Refusal(
            RefusalKind.Busy, "This node holds as many waiting records as it may: send again in a few seconds.");
    }

    private string? SponsorOf(Record record, ChainHead head) =>
        _state.Stream(record.Stream)?.Sponsor ?? AdmissionRules.SponsorOf(head.Configuration, record.Stream);

    private bool IsByRecovery(Record record) => _state.Stream(record.Stream)?.Recovery == record.Kid;

    /// <summary>What waits of a stream from a number on.</summary>
    private List<PendingRecord> From(StreamId stream, Sequence first) =>
        _byStream.TryGetValue(stream, out SortedDictionary<Sequence, PendingRecord>? records)
            ? [.. records.Where(record => record.Key >= first).Select(record => record.Value)]
            : [];

    /// <param name="ignoreQuota">What is acknowledged already is counted, never refused: it waits for the next window.</param>
    private Refusal? TryApply(VerifiedRecord verified, ChainHead head, UnixTime now, bool ignoreQuota)
    {
        Record record = verified.Record;
        StreamState? before = _state.Stream(record.Stream);
        string? sponsor = SponsorOf(record, head);
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
        if (quota is not null && !ignoreQuota && !IsByRecovery(record))
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

    private PendingRecord Insert(ulong arrival, VerifiedRecord verified, ChainHead head, UnixTime now)
    {
        Record record = verified.Record;
        PendingRecord pending = new(arrival, verified, SponsorOf(record, head)!, IsByRecovery(record), now);
        _byArrival.Add(arrival, pending);
        _byId.Add(record.Id, pending);
        if (!_byStream.TryGetValue(record.Stream, out SortedDictionary<Sequence, PendingRecord>? records))
        {
            _byStream[record.Stream] = records = [];
        }

        records[record.Seq] = pending;
        _shares.Add(pending.Sponsor, record.Bytes.Length);
        return pending;
    }

    private void Remove(PendingRecord pending)
    {
        if (!_byArrival.Remove(pending.Arrival))
        {
            return;
        }

        Record record = pending.Record;
        _byId.Remove(record.Id);
        SortedDictionary<Sequence, PendingRecord> records = _byStream[record.Stream];
        records.Remove(record.Seq);
        if (records.Count == 0)
        {
            _byStream.Remove(record.Stream);
        }

        _shares.Remove(pending.Sponsor, record.Bytes.Length);
    }
}

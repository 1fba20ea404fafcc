using System.Globalization;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;

namespace Ledger.Client;

/// <summary>
/// How long contents must be kept: six months from the record's time, or as many days as the stream's genesis record
/// gives in <c>retention</c> if that is longer, and for as long as a hold covers the record.
/// </summary>
internal sealed class Retention
{
    /// <summary>The least that operators of AI systems keep their logs.</summary>
    public const int MonthsMin = 6;

    /// <summary>A hundred years.</summary>
    public const int DaysMax = 36_525;

    /// <summary>Member of a genesis body: days, at most <see cref="DaysMax"/>.</summary>
    public const string GenesisMember = "retention";

    private readonly int _days;
    private readonly List<(string Name, HashSet<RecordId>? Records, ulong From, ulong To)> _holds = [];

    public Retention(ChainIndex chain)
    {
        CborMap genesis = chain.Genesis.DecodeBody();
        _days = genesis.TryGet(GenesisMember, out CborValue? days) && days is CborInteger { Value: > 0 } number
            ? (int)Math.Min(number.Value, DaysMax)
            : 0;
        foreach (Record record in chain.Holds)
        {
            Apply(record.DecodeBody());
        }
    }

    /// <summary>Names of the holds that stand, each once, in their order.</summary>
    public IEnumerable<string> Holds => _holds.Select(hold => hold.Name).Distinct();

    /// <summary>The end of the time for which a record's contents are kept.</summary>
    public DateTimeOffset KeptUntil(Record record)
    {
        // The signer's claim, which may be any number; no calendar goes that far.
        ulong latest = (ulong)DateTimeOffset.MaxValue.AddYears(-200).ToUnixTimeMilliseconds();
        DateTimeOffset time =
            DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(record.Time.Milliseconds, latest));
        DateTimeOffset months = time.AddMonths(MonthsMin);
        DateTimeOffset days = time.AddDays(_days);
        return months > days ? months : days;
    }

    /// <summary>Why the contents of a record may not be erased now, in one sentence; null if they may.</summary>
    public string? FindObstacle(Record record, DateTimeOffset now)
    {
        foreach ((string name, HashSet<RecordId>? records, ulong from, ulong to) in _holds)
        {
            ulong time = record.Time.Milliseconds;
            if (records is null ? time >= from && time <= to : records.Contains(record.Id))
            {
                return $"The hold \"{name}\" covers record {record.Seq}: nothing of it is erased until the hold is "
                    + "released.";
            }
        }

        return KeptUntil(record) is var until && now < until
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The contents of record {record.Seq} are kept until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC.")
            : null;
    }

    private void Apply(CborMap body)
    {
        string name = ((CborText)body["hold"]).Value;
        if (((CborText)body["action"]).Value == "release")
        {
            _holds.RemoveAll(hold => hold.Name == name);
            return;
        }

        HashSet<RecordId>? records = body.TryGet("records", out CborValue? ids)
            ? [.. ((CborArray)ids).Select(id => new RecordId(((CborBytes)id).Span))]
            : null;
        _holds.Add((name, records, Number(body, "from") ?? 0, Number(body, "to") ?? ulong.MaxValue));
    }

    private static ulong? Number(CborMap body, string member) =>
        body.TryGet(member, out CborValue? value) ? (ulong)((CborInteger)value).Value : null;
}

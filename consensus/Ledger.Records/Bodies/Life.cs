using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Bodies;

public enum IncidentSeverity
{
    Low,
    Medium,
    High,
    Critical,
}

public enum IncidentStatus
{
    Open,
    Contained,
    Closed,
}

/// <summary>Whom an incident was reported to.</summary>
/// <param name="To">An authority, a customer, the public.</param>
/// <param name="Reference">The receiver's own reference.</param>
public sealed record Notification(string To, UnixTime At, string? Reference = null);

/// <summary>Contents of one record that were destroyed together with their salts.</summary>
/// <param name="Members">Which commitments, as paths into the body: <c>input[0]</c>, <c>context[2].commit</c>.</param>
public sealed record ErasedContents(RecordId Record, ImmutableArray<string> Members);

public static partial class Body
{
    /// <summary>Something went wrong, or a report on how it goes on.</summary>
    /// <param name="about">Records that the incident concerns.</param>
    /// <param name="opened">Id of the incident record that opened it, in every later one.</param>
    /// <param name="from">When it began.</param>
    /// <param name="to">When it ended.</param>
    /// <param name="report">The full account.</param>
    public static CborMap Incident(
        string what,
        IncidentSeverity severity,
        IncidentStatus status,
        ImmutableArray<RecordId> about = default,
        RecordId? opened = null,
        UnixTime? from = null,
        UnixTime? to = null,
        UnixTime? detected = null,
        ImmutableArray<Notification> notified = default,
        Commitment? report = null) => CborMap.Of(
            ("what", what),
            ("severity", severity.ToString().ToLowerInvariant()),
            ("status", status.ToString().ToLowerInvariant()),
            ("about", Ids(about)),
            ("opened", Optional(opened)),
            ("from", Optional(from?.Milliseconds)),
            ("to", Optional(to?.Milliseconds)),
            ("detected", Optional(detected?.Milliseconds)),
            ("notified", notified.IsDefaultOrEmpty ? null : CborArray.From(notified.Select(told => CborMap.Of(
                ("to", told.To), ("at", told.At), ("reference", Optional(told.Reference)))))),
            ("report", report?.ToCbor()));

    /// <summary>A person looked, and decided.</summary>
    /// <param name="person">A pseudonym.</param>
    /// <param name="decision">In the operator's vocabulary: approved, stopped, overruled.</param>
    /// <param name="about">The records that were looked at.</param>
    public static CborMap Oversight(
        string person,
        string decision,
        ImmutableArray<RecordId> about = default,
        string? role = null,
        string? reason = null,
        Commitment? notes = null) => CborMap.Of(
            ("person", person),
            ("decision", decision),
            ("about", Ids(about)),
            ("role", Optional(role)),
            ("reason", Optional(reason)),
            ("notes", notes?.ToCbor()));

    /// <summary>An earlier record said something wrong. It stays as it is; readers show this beside it.</summary>
    /// <param name="members">Top-level members of the body as they should read.</param>
    /// <param name="by">Id of a record that stands in the wrong one's place.</param>
    public static CborMap Correction(
        in RecordId record,
        string reason,
        IEnumerable<CborMember>? members = null,
        RecordId? by = null,
        Commitment? report = null) => CborMap.Of(
            ("record", record),
            ("reason", reason),
            ("members", members is null ? null : CborMap.From(members)),
            ("by", Optional(by)),
            ("report", report?.ToCbor()));

    /// <summary>
    /// Salt and content of some commitments were destroyed; the commitments stay, and name nothing any more.
    /// </summary>
    /// <param name="authority">On whose demand; a pseudonym.</param>
    /// <param name="at">When they were destroyed.</param>
    public static CborMap Erasure(
        ImmutableArray<ErasedContents> erased,
        string reason,
        string? authority = null,
        UnixTime? at = null) => CborMap.Of(
            ("erased", CborArray.From(erased.Select(contents => CborMap.Of(
                ("record", contents.Record),
                ("members", CborArray.From(contents.Members.Select(member => (CborValue)member))))))),
            ("reason", reason),
            ("authority", Optional(authority)),
            ("at", Optional(at?.Milliseconds)));

    /// <summary>Contents must not be erased for now, or may be again.</summary>
    /// <param name="hold">The hold's own name: releasing repeats it.</param>
    /// <param name="release">False places the hold, true lifts it.</param>
    /// <param name="records">Which records; none for all of the stream within the times given.</param>
    public static CborMap Hold(
        string hold,
        bool release,
        string reason,
        string? authority = null,
        ImmutableArray<RecordId> records = default,
        UnixTime? from = null,
        UnixTime? to = null) => CborMap.Of(
            ("hold", hold),
            ("action", release ? "release" : "place"),
            ("reason", reason),
            ("authority", Optional(authority)),
            ("records", Ids(records)),
            ("from", Optional(from?.Milliseconds)),
            ("to", Optional(to?.Milliseconds)));

    /// <summary>A decision of the consortium, with some of the approvals it needs.</summary>
    /// <param name="change">What is to change.</param>
    /// <param name="at">Number of the last executed change + 1.</param>
    /// <param name="approvals">Signatures of cold governance keys, 3,309 bytes each.</param>
    public static CborMap Governance(
        CborMap change, ulong at, ImmutableArray<(KeyId Kid, ReadOnlyMemory<byte> Signature)> approvals) => CborMap.Of(
            ("change", change),
            ("at", Optional(at)),
            ("approvals", CborArray.From(approvals.Select(approval => CborMap.Of(
                ("kid", approval.Kid), ("sig", new CborBytes(approval.Signature.Span)))))));

    private static CborValue? Optional(RecordId? id) => id is { } value ? new CborBytes(value.Span) : null;

    private static CborValue? Ids(ImmutableArray<RecordId> ids) =>
        ids.IsDefaultOrEmpty ? null : CborArray.From(ids.Select(id => (CborValue)id));
}

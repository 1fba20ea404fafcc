using Ledger.Core;

namespace Ledger.Records.Form;

/// <summary>
/// The body of each kind (rules B1 to B17 of the specification). A body is open; the maps inside it are closed.
/// </summary>
internal static class BodyShapes
{
    private static readonly Shape DigestShape = Shape.Bytes(Digest.Size);
    private static readonly Shape Id = Shape.Bytes(RecordId.Size);
    private static readonly Shape Key = Shape.Bytes(Limits.PublicKeyBytes);
    private static readonly Shape Signature = Shape.Bytes(Limits.SignatureBytes);
    private static readonly Shape Sha256 = Shape.OneOf("sha-256");

    private static readonly MapShape Commit = Closed(
        Must("alg", Sha256), Must("hash", DigestShape), May("type", Shape.Text), May("size", Shape.Unsigned));

    private static readonly MapShape Model = Closed(
        Must("name", Shape.Text), Must("version", Shape.Text), May("weights", DigestShape),
        May("adapters", Shape.ListOf(DigestShape)), May("state", Id));

    private static readonly MapShape Config = Closed(
        May("prompt", DigestShape), May("sampling", DigestShape), May("filter", DigestShape),
        May("policy", DigestShape));

    private static readonly MapShape Source = Closed(
        Must("commit", Commit), Must("corpus", Shape.Text), Must("version", Shape.Text), May("part", DigestShape));

    private static readonly Shape Parts = Shape.Table(
        DigestShape, "model", "weights", "adapter", "prompt", "corpus", "filter", "sampling", "provider");

    private static readonly Shape Commits = Shape.ListOf(Commit);
    private static readonly Shape Ids = Shape.ListOf(Id);
    private static readonly Shape Texts = Shape.ListOf(Shape.Text);

    private static readonly MapShape Genesis = Open(
        Must("key", Key), Must("name", Shape.Text), May("recovery", DigestShape), May("policy", Commit),
        May("residency", Shape.Text), May("chain", DigestShape));

    private static readonly MapShape Intent = Open(
        Must("action", Shape.Text),
        Must("actor", Closed(Must("id", Shape.Text), Must("type", Shape.OneOf("human", "service", "agent")))),
        Must("authority", Shape.Text), Must("model", Model), Must("config", Config), Must("input", Commits),
        May("context", Shape.ListOf(Source)), May("target", Shape.Text), May("deadline", Shape.Unsigned));

    private static readonly MapShape Outcome = Open(
        Must("intent", Id),
        Must("status", Shape.OneOf("executed", "refused", "blocked", "failed", "timed-out", "abandoned")),
        May("output", Commits),
        May("oversight", Closed(Must("person", Shape.Text), Must("decision", Shape.Text))),
        May("reported", Shape.Text));

    private static readonly MapShape ModelChange = Open(
        Must("before", Parts), Must("after", Parts), Must("reason", Shape.Text),
        May("named", Shape.Table(Shape.Text)), May("base", Shape.Text), May("tuning", Commits), May("data", Commits));

    private static readonly MapShape Measure = Open(
        Must("metric", Shape.Text), Must("value", Shape.Text), Must("dataset", Commit), Must("model", Model));

    private static readonly MapShape Incident = Open(
        Must("what", Shape.Text), Must("severity", Shape.OneOf("low", "medium", "high", "critical")),
        Must("status", Shape.OneOf("open", "contained", "closed")), May("about", Ids), May("opened", Id),
        May("from", Shape.Unsigned), May("to", Shape.Unsigned), May("detected", Shape.Unsigned),
        May("notified", Shape.ListOf(Closed(
            Must("to", Shape.Text), Must("at", Shape.Unsigned), May("reference", Shape.Text)))),
        May("report", Commit));

    private static readonly MapShape Oversight = Open(
        Must("person", Shape.Text), Must("decision", Shape.Text), May("about", Ids), May("role", Shape.Text),
        May("reason", Shape.Text), May("notes", Commit));

    private static readonly MapShape Correction = Open(
        Must("record", Id), Must("reason", Shape.Text), May("members", Shape.Table(Shape.Any)), May("by", Id),
        May("report", Commit));

    private static readonly MapShape Gap = Open(
        Must("type", Shape.OneOf("offline", "unrecorded", "clock")), Must("reason", Shape.Text),
        May("from", Shape.Unsigned), May("to", Shape.Unsigned), May("acts", Shape.Unsigned));

    private static readonly MapShape Erasure = Open(
        Must("erased", Shape.ListOf(Closed(Must("record", Id), Must("members", Texts)))), Must("reason", Shape.Text),
        May("authority", Shape.Text), May("at", Shape.Unsigned));

    private static readonly MapShape Hold = Open(
        Must("hold", Shape.Text), Must("action", Shape.OneOf("place", "release")), Must("reason", Shape.Text),
        May("authority", Shape.Text), May("records", Ids), May("from", Shape.Unsigned), May("to", Shape.Unsigned));

    private static readonly MapShape KeyChange = Open(
        Must("key", Key), Must("proof", Signature), May("signer", Key));

    private static readonly MapShape Revoke = Open(
        Must("kid", DigestShape), Must("since", Shape.Unsigned), Must("reason", Shape.Text),
        May("heirs", Shape.Boolean), May("signer", Key));

    private static readonly MapShape Root = Open(
        Must("alg", Sha256), Must("root", DigestShape), Must("count", Shape.Unsigned), May("label", Shape.Text));

    private static readonly MapShape Anchor = Open(
        Must("block", DigestShape), Must("height", Shape.Unsigned), Must("network", Shape.Text),
        Must("txid", DigestShape),
        May("proof", Closed(
            Must("tx", Shape.AnyBytes), Must("index", Shape.Unsigned),
            Must("branch", Shape.ListOf(DigestShape, countMin: 0)), Must("header", Shape.Bytes(80)),
            Must("height", Shape.Unsigned))));

    private static readonly MapShape Governance = Open(
        Must("change", Shape.Table(Shape.Any)), Must("at", Shape.Unsigned),
        Must("approvals", Shape.ListOf(Closed(Must("kid", DigestShape), Must("sig", Signature)))));

    /// <summary>What every document says; some types say more (rules D1 to D4).</summary>
    internal static MapShape DocumentCommon { get; } = Open(
        Must("type", Shape.Text), Must("doc", Commit), May("issued", Shape.Unsigned), May("expires", Shape.Unsigned),
        May("about", Model));

    /// <summary>Further members of the document types that have some.</summary>
    internal static IReadOnlyList<(string Type, MapShape Shape)> DocumentTypes { get; } =
    [
        ("model-card", DocumentCommon.And(
            May("limits", Texts), May("cutoff", Shape.Text), May("biases", Texts),
            May("hallucination", Closed(
                Must("rate", Shape.Text), May("method", Shape.Text), May("dataset", Commit))))),
        ("red-team", DocumentCommon.And(
            May("cases", Closed(Must("run", Shape.Unsigned), Must("failed", Shape.Unsigned))),
            May("state", Id), May("method", Shape.Text), May("findings", Commits))),
        ("zero-training", DocumentCommon.And(
            May("scope", Shape.Text), May("from", Shape.Unsigned), May("to", Shape.Unsigned),
            May("exceptions", Texts))),
        ("residency", DocumentCommon.And(
            May("jurisdictions", Texts),
            May("processors", Shape.ListOf(Closed(
                Must("role", Shape.Text), Must("name", Shape.Text), May("jurisdiction", Shape.Text)))),
            May("upstream", Shape.ListOf(Closed(
                Must("provider", Shape.Text), May("service", Shape.Text), May("jurisdiction", Shape.Text)))))),
    ];

    private static readonly Shape Document = new DocumentShape(DocumentCommon, DocumentTypes);

    public static Shape Of(RecordKind kind) => kind switch
    {
        RecordKind.Genesis => Genesis,
        RecordKind.Intent => Intent,
        RecordKind.Outcome => Outcome,
        RecordKind.Model => ModelChange,
        RecordKind.Document => Document,
        RecordKind.Measure => Measure,
        RecordKind.Incident => Incident,
        RecordKind.Oversight => Oversight,
        RecordKind.Correction => Correction,
        RecordKind.Gap => Gap,
        RecordKind.Erasure => Erasure,
        RecordKind.Hold => Hold,
        RecordKind.Key => KeyChange,
        RecordKind.Revoke => Revoke,
        RecordKind.Root => Root,
        RecordKind.Anchor => Anchor,
        RecordKind.Governance => Governance,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind."),
    };

    private static MapShape Open(params Member[] members) => new(open: true, members);

    private static MapShape Closed(params Member[] members) => new(open: false, members);

    private static Member Must(string name, Shape shape) => new(name, shape);

    private static Member May(string name, Shape shape) => new(name, shape, Required: false);
}

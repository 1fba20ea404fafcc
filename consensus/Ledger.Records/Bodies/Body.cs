using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Bodies;

/// <summary>
/// Lays out the bodies of records. Texts such as <c>actor.id</c>, <c>authority</c> and <c>target</c> are pseudonyms,
/// never names or mail addresses: the ledger is readable and nothing in it can be erased.
/// </summary>
public static partial class Body
{
    /// <param name="publicKey">The stream's first key, 1,952 bytes; it signs the record.</param>
    /// <param name="recovery">Kid of a cold key that may rotate and revoke when this one is lost or stolen.</param>
    /// <param name="residency">Where the operator says the data stays.</param>
    /// <param name="chain">The stream's home; any other chain refuses it.</param>
    public static CborMap Genesis(
        ReadOnlySpan<byte> publicKey,
        string name,
        KeyId? recovery = null,
        Commitment? policy = null,
        string? residency = null,
        ChainId? chain = null) => CborMap.Of(
            ("key", new CborBytes(publicKey)),
            ("name", name),
            ("recovery", Optional(recovery?.Value)),
            ("policy", policy?.ToCbor()),
            ("residency", Optional(residency)),
            ("chain", Optional(chain?.Value)));

    /// <param name="intent">Id of the intent record that this answers.</param>
    /// <param name="oversight">Who decided, and what; both pseudonymous.</param>
    /// <param name="reported">The provider's own model id or fingerprint.</param>
    public static CborMap Outcome(
        in RecordId intent,
        OutcomeStatus status,
        ImmutableArray<Commitment> output = default,
        (string Person, string Decision)? oversight = null,
        string? reported = null) => CborMap.Of(
            ("intent", intent),
            ("status", status.Word()),
            ("output", Commitments(output)),
            ("oversight", oversight is { } by ? CborMap.Of(("person", by.Person), ("decision", by.Decision)) : null),
            ("reported", Optional(reported)));

    /// <summary>A change of the model's state: what each part was and what it is now, as salted digests.</summary>
    /// <param name="named">Part → name and version that a person can read.</param>
    public static CborMap ModelChange(
        IEnumerable<KeyValuePair<ModelPart, Digest>> before,
        IEnumerable<KeyValuePair<ModelPart, Digest>> after,
        string reason,
        IEnumerable<KeyValuePair<string, string>>? named = null,
        string? baseModel = null,
        ImmutableArray<Commitment> tuning = default,
        ImmutableArray<Commitment> data = default) => CborMap.Of(
            ("before", Parts(before)),
            ("after", Parts(after)),
            ("reason", reason),
            ("named", named is null ? null : CborMap.From(named.Select(pair => new CborMember(pair.Key, pair.Value)))),
            ("base", Optional(baseModel)),
            ("tuning", Commitments(tuning)),
            ("data", Commitments(data)));

    /// <param name="type">
    /// Such as <c>model-card</c>, <c>red-team</c>, <c>zero-training</c>, <c>residency</c>, <c>soc2</c>.
    /// </param>
    /// <param name="further">
    /// Members of that type (rules D1 to D4 of the specification), or of the caller's own.
    /// </param>
    public static CborMap Document(
        string type,
        Commitment doc,
        UnixTime? issued = null,
        UnixTime? expires = null,
        ModelReference? about = null,
        IEnumerable<CborMember>? further = null) => CborMap.From([
            .. CborMap.Of(
                ("type", type),
                ("doc", doc.ToCbor()),
                ("issued", Optional(issued?.Milliseconds)),
                ("expires", Optional(expires?.Milliseconds)),
                ("about", about?.ToCbor())),
            .. further ?? []]);

    /// <param name="dataset">What it was measured on.</param>
    public static CborMap Measure(string metric, string value, Commitment dataset, ModelReference model) => CborMap.Of(
        ("metric", metric), ("value", value), ("dataset", dataset.ToCbor()), ("model", model.ToCbor()));

    /// <summary>
    /// Merkle root over integrators' digests or foreign signed statements. The record has at most 4,095 bytes.
    /// </summary>
    /// <param name="count">Leaves under the root.</param>
    public static CborMap Root(in Digest root, ulong count, string? label = null) => CborMap.Of(
        ("alg", "sha-256"), ("root", root), ("count", Optional(count)), ("label", Optional(label)));

    /// <summary>What a node put into Bitcoin.</summary>
    /// <param name="txid">In the byte order of the transaction itself, not the reversed one that is shown.</param>
    public static CborMap Anchor(
        BlockId block, Height height, string network, in Digest txid, BitcoinProof? proof = null) => CborMap.Of(
            ("block", block.Value),
            ("height", Optional(height.Value)),
            ("network", network),
            ("txid", txid),
            ("proof", proof?.ToCbor()));

    /// <param name="key">The new key, 1,952 bytes.</param>
    /// <param name="proof">From <see cref="Streams.KeyProof.Sign"/>.</param>
    /// <param name="signer">The recovery key, if it signs the record; else empty.</param>
    public static CborMap KeyChange(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> proof, ReadOnlySpan<byte> signer = default) => CborMap.Of(
            ("key", new CborBytes(key)), ("proof", new CborBytes(proof)), ("signer", Optional(signer)));

    /// <param name="since">The first record by <paramref name="kid"/> that is revoked.</param>
    /// <param name="heirs">Also the keys that revoked <c>key</c> records put in force: for a thief's rotations.</param>
    /// <param name="signer">The recovery key, if it signs the record; else empty.</param>
    public static CborMap Revoke(
        KeyId kid,
        Sequence since,
        string reason,
        bool heirs = false,
        ReadOnlySpan<byte> signer = default) => CborMap.Of(
            ("kid", kid.Value),
            ("since", since),
            ("reason", reason),
            ("heirs", heirs ? CborBoolean.Of(true) : null),
            ("signer", Optional(signer)));

    /// <summary>States a stretch that the records do not cover, or a clock that was set back.</summary>
    /// <param name="acts">How many acts went unrecorded, where that is known.</param>
    public static CborMap Gap(
        GapType type, string reason, UnixTime? from = null, UnixTime? to = null, ulong? acts = null) => CborMap.Of(
            ("type", type.Word()),
            ("reason", reason),
            ("from", Optional(from?.Milliseconds)),
            ("to", Optional(to?.Milliseconds)),
            ("acts", Optional(acts)));

    internal static CborValue? Optional(string? text) => text is null ? null : new CborText(text);

    internal static CborValue? Optional(Digest? digest) => digest is { } value ? new CborBytes(value.Span) : null;

    internal static CborValue? Optional(ulong? number) =>
        number is { } value ? CborInteger.Of(checked((long)value)) : null;

    internal static CborValue? Optional(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : new CborBytes(bytes);

    /// <summary>Null for none: a list that may be absent has at least one entry.</summary>
    internal static CborValue? Commitments(ImmutableArray<Commitment> commitments) =>
        commitments.IsDefaultOrEmpty ? null : CborArray.From(commitments.Select(commitment => commitment.ToCbor()));

    private static CborMap Parts(IEnumerable<KeyValuePair<ModelPart, Digest>> parts) =>
        CborMap.From(parts.Select(part => new CborMember(part.Key.Word(), part.Value)));
}

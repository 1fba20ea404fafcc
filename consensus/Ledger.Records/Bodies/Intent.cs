using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Bodies;

/// <summary>Who acts.</summary>
/// <param name="Id">A pseudonym.</param>
public sealed record Actor(string Id, ActorType Type);

/// <summary>The model as a record names it.</summary>
/// <param name="State">Id of the <c>model</c> record that attested its present state.</param>
public sealed record ModelReference(
    string Name,
    string Version,
    Digest? Weights = null,
    ImmutableArray<Digest> Adapters = default,
    RecordId? State = null)
{
    public CborMap ToCbor() => CborMap.Of(
        ("name", Name),
        ("version", Version),
        ("weights", Body.Optional(Weights)),
        ("adapters", Adapters.IsDefaultOrEmpty ? null : CborArray.From(Adapters.Select(adapter => (CborValue)adapter))),
        ("state", State is { } state ? new CborBytes(state.Span) : null));
}

/// <summary>Salted digests of what else decides an answer.</summary>
public sealed record ModelSettings(
    Digest? Prompt = null, Digest? Sampling = null, Digest? Filter = null, Digest? Policy = null)
{
    public CborMap ToCbor() => CborMap.Of(
        ("prompt", Body.Optional(Prompt)),
        ("sampling", Body.Optional(Sampling)),
        ("filter", Body.Optional(Filter)),
        ("policy", Body.Optional(Policy)));
}

/// <summary>Something retrieved that informed an answer.</summary>
/// <param name="Part">The corpus part of the attested state.</param>
public sealed record ContextSource(Commitment Commit, string Corpus, string Version, Digest? Part = null)
{
    public CborMap ToCbor() => CborMap.Of(
        ("commit", Commit.ToCbor()), ("corpus", Corpus), ("version", Version), ("part", Body.Optional(Part)));
}

/// <summary>How Bitcoin holds an anchor's transaction.</summary>
/// <param name="Transaction">Raw, without witnesses, so that its double SHA-256 is the txid.</param>
/// <param name="Index">Place of the transaction in its block, from 0: on which side each sibling stands.</param>
/// <param name="Branch">Merkle branch from the transaction up.</param>
/// <param name="Header">80 bytes.</param>
/// <param name="Height">A claim: nothing in the proof shows it.</param>
public sealed record BitcoinProof(
    ReadOnlyMemory<byte> Transaction,
    uint Index,
    ImmutableArray<Digest> Branch,
    ReadOnlyMemory<byte> Header,
    ulong Height)
{
    public CborMap ToCbor() => CborMap.Of(
        ("tx", new CborBytes(Transaction.Span)),
        ("index", CborInteger.Of(Index)),
        ("branch", CborArray.From(Branch.Select(node => (CborValue)node))),
        ("header", new CborBytes(Header.Span)),
        ("height", CborInteger.Of(checked((long)Height))));
}

public static partial class Body
{
    /// <summary>Sealed before the act.</summary>
    /// <param name="action">What is about to be done, in the operator's own vocabulary.</param>
    /// <param name="authority">On whose authority; a pseudonym.</param>
    /// <param name="input">At least one commitment.</param>
    /// <param name="target">Whom or what the act concerns; a pseudonym.</param>
    /// <param name="deadline">After this the act is no longer covered.</param>
    public static CborMap Intent(
        string action,
        Actor actor,
        string authority,
        ModelReference model,
        ModelSettings settings,
        ImmutableArray<Commitment> input,
        ImmutableArray<ContextSource> context = default,
        string? target = null,
        UnixTime? deadline = null) => CborMap.Of(
            ("action", action),
            ("actor", CborMap.Of(("id", actor.Id), ("type", actor.Type.Word()))),
            ("authority", authority),
            ("model", model.ToCbor()),
            ("config", settings.ToCbor()),
            ("input", Commitments(input)),
            ("context", context.IsDefaultOrEmpty ? null : CborArray.From(context.Select(source => source.ToCbor()))),
            ("target", Optional(target)),
            ("deadline", Optional(deadline?.Milliseconds)));
}

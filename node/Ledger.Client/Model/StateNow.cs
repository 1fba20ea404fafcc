using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Records.Bodies;

namespace Ledger.Client.Model;

/// <summary>The state of a model as it was read just now.</summary>
/// <param name="Reported">The provider's own word for what runs there; null until it was heard.</param>
/// <param name="Silent">The part <c>provider</c> without that word; null where nothing was set for it.</param>
/// <param name="Declared">What was set for the part <c>provider</c>.</param>
internal sealed record StateNow(
    string Name,
    string Version,
    string? Reported,
    ImmutableDictionary<ModelPart, Digest> Parts,
    Digest? Silent,
    byte[] Declared)
{
    /// <summary>Parts that are not as they were attested, those that came and went included.</summary>
    public ImmutableArray<ModelPart> DiffersFrom(AttestedState attested) =>
    [
        .. Enum.GetValues<ModelPart>().Where(part => Find(Parts, part) != Find(attested.Parts, part)),
    ];

    /// <summary>Whether nothing is new but that the provider spoke for the first time.</summary>
    public bool IsFirstWordSince(AttestedState attested) =>
        Reported is not null && Find(attested.Parts, ModelPart.Provider) == Silent
        && DiffersFrom(attested) is [ModelPart.Provider];

    /// <summary>What people read beside the digests.</summary>
    public IEnumerable<KeyValuePair<string, string>> Named()
    {
        yield return new("model", $"{Name} {Version}");
        if (Reported is not null)
        {
            yield return new("provider", Reported);
        }
    }

    private static Digest? Find(ImmutableDictionary<ModelPart, Digest> parts, ModelPart part) =>
        parts.TryGetValue(part, out Digest digest) ? digest : null;
}

/// <summary>What an act that passed may say of its model.</summary>
/// <param name="Differs">Parts that are not as attested; empty unless the policy lets such acts pass.</param>
/// <param name="StillHolds">Whether the attested state is still the last one; asked in the turn of sealing.</param>
internal sealed record Passed(
    ModelReference Model,
    ModelSettings Settings,
    Digest? Corpus,
    ImmutableArray<ModelPart> Differs,
    Func<bool> StillHolds)
{
    /// <summary>Sources that name no part of the state get the corpus of this one.</summary>
    public ImmutableArray<ContextSource> Pin(ImmutableArray<ContextSource> context) =>
        context.IsDefaultOrEmpty || Corpus is not { } corpus
            ? context
            : [.. context.Select(source => source with { Part = source.Part ?? corpus })];
}

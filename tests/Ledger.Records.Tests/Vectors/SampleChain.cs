using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.Vectors;

/// <summary>The life of one stream with a record of every kind: the golden chain.</summary>
internal static class SampleChain
{
    private static readonly ModelReference Model = new("m-large", "2025-11", Part("weights"));

    public static ChainBuilder Build()
    {
        ChainBuilder chain = new(recovery: "cold", time: 1_760_000_000_000);
        chain.Add(RecordKind.Genesis, Body.Genesis(
            Keys.Of("alice").PublicKey.Span, "claims assistant", Keys.Of("cold").Id, Commit("policy"), "EU"));
        chain.Add(RecordKind.Model, Body.ModelChange(
            [KeyValuePair.Create(ModelPart.Weights, Part("old weights"))],
            [KeyValuePair.Create(ModelPart.Weights, Part("weights")),
                KeyValuePair.Create(ModelPart.Prompt, Part("prompt"))],
            "first deployment",
            [KeyValuePair.Create("weights", "m-large 2025-11")]));
        RecordId state = chain.Head;
        chain.Add(RecordKind.Intent, Body.Intent(
            "assess-claim",
            new Actor("agent-7", ActorType.Agent),
            "role-claims",
            Model with { State = state },
            new ModelSettings(Prompt: Part("prompt")),
            [new Commitment(Commitment.Of(Salt("input"), "claim 4711"u8), "text/plain", 10)],
            [new ContextSource(Commit("passage"), "terms", "14")],
            "claim-9f2c"));
        RecordId intent = chain.Head;
        chain.Add(
            RecordKind.Outcome,
            Body.Outcome(intent, OutcomeStatus.Executed, [Commit("output")], ("person-3", "approved"),
                "m-large-20251101"),
            change: content => content with { Causes = [state, intent] });
        RecordId outcome = chain.Head;
        AddRegister(chain, state);
        AddLife(chain, intent, outcome);
        chain.Rotate("bob");
        chain.Rotate("carol", byRecovery: true);
        chain.Add(RecordKind.Root, Body.Root(Part("root"), 12, "statements"));
        chain.Add(RecordKind.Anchor, SampleAnchor.Of(new BlockId(Part("block"))));
        chain.Add(RecordKind.Governance, Body.Governance(
            CborMap.Of(("read", "members")), 1, [(Keys.Of("cold").Id, new byte[Limits.SignatureBytes])]));
        return chain.Revoke("bob", 16, byRecovery: true);
    }

    private static void AddRegister(ChainBuilder chain, RecordId state)
    {
        chain.Add(RecordKind.Document, Body.Document("model-card", Commit("card"), about: Model, further: CborMap.Of(
            ("limits", CborArray.Of("not for medical use")), ("cutoff", "2025-06"),
            ("biases", CborArray.Of("favours longer texts")), ("hallucination", CborMap.Of(("rate", "0.021"))))));
        chain.Add(RecordKind.Document, Body.Document("red-team", Commit("red team"), further: CborMap.Of(
            ("cases", CborMap.Of(("run", 500), ("failed", 3))), ("state", state))));
        chain.Add(RecordKind.Measure, Body.Measure("accuracy", "0.934", Commit("data set"), Model));
    }

    private static void AddLife(ChainBuilder chain, RecordId intent, RecordId outcome)
    {
        chain.Add(RecordKind.Incident, Body.Incident(
            "a wrong amount", IncidentSeverity.Medium, IncidentStatus.Open, [outcome],
                detected: new UnixTime(1_760_000_006_000)));
        chain.Add(RecordKind.Oversight, Body.Oversight("person-3", "overruled", [outcome], reason: "amount"));
        chain.Add(RecordKind.Correction, Body.Correction(intent, "wrong claim number",
            [new CborMember("target", "claim-9f2d")]));
        chain.Add(RecordKind.Hold, Body.Hold("case-4", release: false, "litigation", records: [intent]));
        chain.Add(RecordKind.Hold, Body.Hold("case-4", release: true, "settled"));
        chain.Add(RecordKind.Erasure, Body.Erasure([new ErasedContents(intent, ["input[0]"])],
            "request of the data subject"));
        chain.At(1_759_999_000_000).Add(RecordKind.Gap, Body.Gap(GapType.Clock, "the clock was fast"));
    }

    private static Commitment Commit(string what) => new(Part(what));

    private static Digest Part(string what) => Commitment.Of(Salt(what), System.Text.Encoding.UTF8.GetBytes(what));

    private static ReadOnlySpan<byte> Salt(string what) => Keys.Seed("salt of " + what);
}

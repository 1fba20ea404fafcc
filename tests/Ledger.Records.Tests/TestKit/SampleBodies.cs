using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;

namespace Ledger.Records.Tests.TestKit;

/// <summary>For every kind a body with each member that the specification names, made with the builders.</summary>
internal static class SampleBodies
{
    public static Commitment Commit { get; } = ChainBuilder.SampleCommitment;

    public static Digest SomeDigest { get; } = Digest.Of("some"u8);

    public static RecordId SomeId { get; } = new(RawRecord.Sha3Of([1]));

    public static ModelReference FullModel { get; } = new("m", "1", SomeDigest, [SomeDigest, Digest.Of("b"u8)], SomeId);

    private static UnixTime At(ulong ms) => new(ms);

    public static IEnumerable<(RecordKind Kind, string Name, CborMap Body)> All()
    {
        byte[] key = Keys.Of("alice").PublicKey.ToArray();
        byte[] signature = new byte[3309];
        yield return (RecordKind.Genesis, "genesis", Body.Genesis(
            key, "n", new KeyId(SomeDigest), Commit, "eu", new ChainId(SomeDigest)));
        yield return (RecordKind.Intent, "intent", Body.Intent(
            "answer", new Actor("a", ActorType.Human), "policy", FullModel,
            new ModelSettings(SomeDigest, SomeDigest, SomeDigest, SomeDigest), [Commit, Commit],
            [new ContextSource(Commit, "corpus", "3", SomeDigest), new ContextSource(Commit, "corpus", "3")], "target",
                At(9)));
        yield return (RecordKind.Outcome, "outcome", Body.Outcome(
            SomeId, OutcomeStatus.TimedOut, [Commit], ("p-1", "approved"), "provider-model-1"));
        yield return (RecordKind.Model, "model", Body.ModelChange(
            Enum.GetValues<ModelPart>().Select(part => KeyValuePair.Create(part, SomeDigest)),
            [KeyValuePair.Create(ModelPart.Prompt, SomeDigest)], "new prompt",
            [KeyValuePair.Create("prompt", "v2")], "base-model", [Commit], [Commit]));
        foreach ((string type, CborMap further) in Documents())
        {
            yield return (RecordKind.Document, "document " + type, Body.Document(
                type, Commit, At(1), At(2), FullModel, further));
        }

        yield return (RecordKind.Measure, "measure", Body.Measure("accuracy", "0.93", Commit, FullModel));
        yield return (RecordKind.Incident, "incident", Body.Incident(
            "wrong answers", IncidentSeverity.Critical, IncidentStatus.Contained, [SomeId], SomeId, At(1), At(2), At(3),
            [new Notification("authority", At(4), "ref-1"), new Notification("customers", At(5))], Commit));
        yield return (RecordKind.Oversight, "oversight",
            Body.Oversight("p-1", "stopped", [SomeId], "officer", "doubt", Commit));
        yield return (RecordKind.Correction, "correction", Body.Correction(
            SomeId, "typing error", [new CborMember("target", "t-2")], SomeId, Commit));
        yield return (RecordKind.Gap, "gap", Body.Gap(GapType.Unrecorded, "disk full", At(1), At(2), 12));
        yield return (RecordKind.Erasure, "erasure", Body.Erasure(
            [new ErasedContents(SomeId, ["input[0]", "context[1].commit"])], "request", "subject-7", At(3)));
        yield return (RecordKind.Hold, "hold",
            Body.Hold("case-4", release: false, "litigation", "court", [SomeId], At(1), At(2)));
        yield return (RecordKind.Key, "key", Body.KeyChange(key, signature, key));
        yield return (RecordKind.Revoke, "revoke",
            Body.Revoke(new KeyId(SomeDigest), new Sequence(3), "stolen", true, key));
        yield return (RecordKind.Root, "root", Body.Root(SomeDigest, 5, "batch"));
        yield return (RecordKind.Anchor, "anchor", Body.Anchor(
            new BlockId(SomeDigest), new Height(7), "regtest", SomeDigest,
            new BitcoinProof(new byte[100], 1, [SomeDigest], new byte[80], 800_000)));
        yield return (RecordKind.Governance, "governance", Body.Governance(
            CborMap.Of(("add", CborMap.Of(("power", 1)))), 4, [(new KeyId(SomeDigest), signature)]));
    }

    private static IEnumerable<(string Type, CborMap Further)> Documents()
    {
        CborValue one = CborArray.Of("one");
        yield return ("soc2", CborMap.Empty);
        yield return ("model-card", CborMap.Of(
            ("limits", one), ("cutoff", "2025-06"), ("biases", one),
            ("hallucination", CborMap.Of(("rate", "0.021"), ("method", "h"), ("dataset", Commit.ToCbor())))));
        yield return ("red-team", CborMap.Of(
            ("cases", CborMap.Of(("run", 500), ("failed", 3))), ("state", SomeId), ("method", "m"),
            ("findings", CborArray.Of(Commit.ToCbor()))));
        yield return ("zero-training", CborMap.Of(("scope", "all"), ("from", 1), ("to", 2), ("exceptions", one)));
        yield return ("residency", CborMap.Of(
            ("jurisdictions", CborArray.Of("DE", "FR")),
            ("processors", CborArray.Of(CborMap.Of(("role", "hosting"), ("name", "h"), ("jurisdiction", "DE")))),
            ("upstream", CborArray.Of(CborMap.Of(("provider", "p"), ("service", "s"), ("jurisdiction", "US"))))));
    }
}

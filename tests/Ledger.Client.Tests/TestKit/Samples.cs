using Ledger.Client.Files;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests.TestKit;

/// <summary>Streams, bodies and intents that tests begin from.</summary>
internal static class Samples
{
    public const string Issuer = "operator-7";

    public static Task<StreamSealer> NewStreamAsync(
        string path, SigningKey key, Disk? disk = null, TimeProvider? clock = null) =>
        StreamSealer.CreateAsync(
            path,
            key,
            Issuer,
            Body.Genesis(key.PublicKey.Span, "sample"),
            disk ?? Disk.Real,
            clock ?? TimeProvider.System,
            default);

    public static Task<StreamSealer> OpenAsync(
        string path, SigningKey key, Disk? disk = null, TimeProvider? clock = null) =>
        StreamSealer.OpenAsync(path, key, Issuer, disk ?? Disk.Real, clock ?? TimeProvider.System, default);

    /// <summary>A record of little weight.</summary>
    public static Task<Record> NoteAsync(this StreamSealer sealer, string reason = "for the test") =>
        sealer.SealAsync(RecordKind.Gap, Gap(reason), "sample", null, default);

    public static CborMap Gap(string reason) => Body.Gap(GapType.Offline, reason);

    public static Guard NewGuard(
        StreamSealer sealer, GuardOptions? options = null, Disk? disk = null, TimeProvider? clock = null) => new(
            sealer,
            options ?? new GuardOptions(),
            Vault.Beside(sealer, disk ?? Disk.Real),
            clock ?? TimeProvider.System);

    /// <summary>The records of a chain file.</summary>
    public static Record[] Read(string chain) =>
    [
        .. RecordSequence.Split(File.ReadAllBytes(chain), 10_000, out _).Select(bytes =>
        {
            Assert.True(Record.TryParse(bytes, out Record? record, out _));
            return record;
        }),
    ];

    public static IntentDescription Intent(string action = "answer") => new()
    {
        Action = action,
        Actor = new Actor("triage-agent", ActorType.Agent),
        Authority = "policy 12",
        Model = new ModelReference("sample-model", "2026-01"),
        Inputs = [Content.Text("the question")],
        Target = "case 4711",
    };
}

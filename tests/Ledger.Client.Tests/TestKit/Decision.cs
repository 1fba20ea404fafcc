using System.Text;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests.TestKit;

/// <summary>A stream with an attested model state and decisions, each an intent with context and an outcome.</summary>
internal sealed class Decision : IAsyncDisposable
{
    public const string Prompt = "You assess claims.";

    private Decision(StreamSealer sealer, Vault vault, Record state) => (Sealer, Vault, State) = (sealer, vault, state);

    public StreamSealer Sealer { get; }

    public Vault Vault { get; }

    public Record State { get; }

    public static async Task<Decision> BeginAsync(
        string chain, SigningKey key, TimeProvider clock, Disk? disk = null, CborMap? genesis = null)
    {
        StreamSealer sealer = await StreamSealer.CreateAsync(
            chain, key, Samples.Issuer, genesis ?? Body.Genesis(key.PublicKey.Span, "sample"), disk ?? Disk.Real, clock,
            default);
        Vault vault = Vault.Beside(sealer, disk ?? Disk.Real);
        Digest prompt = await vault.CommitPartAsync(ModelPart.Prompt, Encoding.UTF8.GetBytes(Prompt));
        Digest sampling = await vault.CommitPartAsync(ModelPart.Sampling, "{}"u8.ToArray());
        Dictionary<ModelPart, Digest> parts = new() { [ModelPart.Prompt] = prompt, [ModelPart.Sampling] = sampling };
        Record state = await sealer.SealAsync(
            RecordKind.Model, Body.ModelChange(parts, parts, "first"), "model", null, default);
        return new Decision(sealer, vault, state);
    }

    /// <summary>Intent, and unless told otherwise its outcome.</summary>
    /// <param name="pinned">Whether the intent names the attested state.</param>
    public async Task<(Record Intent, Record? Outcome)> DecideAsync(
        string question, bool answered = true, bool pinned = true)
    {
        Digest prompt = await Vault.CommitPartAsync(ModelPart.Prompt, Encoding.UTF8.GetBytes(Prompt));
        Commitment input = await Vault.CommitAsync(Encoding.UTF8.GetBytes(question), "text/plain");
        Commitment found = await Vault.CommitAsync("clause 7"u8.ToArray(), "text/plain");
        Record intent = await Sealer.SealAsync(
            RecordKind.Intent,
            Body.Intent(
                "assess", new Actor("p-1", ActorType.Agent), "p-2", new ModelReference("m", "1", State: pinned ? State.Id : null),
                new ModelSettings(prompt), [input], [new ContextSource(found, "terms", "14", prompt)]),
            "assess", null, default);
        if (!answered)
        {
            return (intent, null);
        }

        Commitment output = await Vault.CommitAsync(Encoding.UTF8.GetBytes("the answer to " + question), "text/plain");
        Record outcome = await Sealer.SealAsync(
            RecordKind.Outcome, Body.Outcome(intent.Id, OutcomeStatus.Executed, [output]), "assess", null, default);
        return (intent, outcome);
    }

    public Task<Reconstruction> ReconstructAsync(Record record) =>
        Reconstruction.RunAsync(Sealer.ChainFile, Vault, record.Id, default);

    public ValueTask DisposeAsync() => Sealer.DisposeAsync();
}

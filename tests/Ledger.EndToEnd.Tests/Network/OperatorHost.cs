using System.Globalization;
using System.Text;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Record = Ledger.Records.Record;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>
/// The test assembly run as a program: an operator that keeps contents and seals decisions about them, and prints the
/// ids of intent and outcome once both are sealed, so that a parent can kill it. Arguments: folder, decisions (0: until
/// killed).
/// </summary>
internal static class OperatorHost
{
    internal const string KeyFile = "operator.key";
    internal const string ChainFile = "claims.oar";

    private static async Task<int> Main(string[] arguments)
    {
        string folder = arguments[0];
        int decisions = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        string keyFile = Path.Combine(folder, KeyFile);
        string chain = Path.Combine(folder, ChainFile);
        using SigningKey key = File.Exists(keyFile) ? KeyStore.Open(keyFile, () => "") : KeyStore.Create(keyFile, "");
        await using StreamSealer sealer = File.Exists(chain)
            ? await StreamSealer.OpenAsync(chain, key, "operator-1", default)
            : await StreamSealer.CreateAsync(
                chain, key, "operator-1", Body.Genesis(key.PublicKey.Span, "claims"), default);
        Vault vault = Vault.Beside(sealer);
        Digest prompt = await vault.CommitPartAsync(ModelPart.Prompt, "You assess claims."u8.ToArray());
        Dictionary<ModelPart, Digest> parts = new() { [ModelPart.Prompt] = prompt };
        Record state = await sealer.SealAsync(
            RecordKind.Model, Body.ModelChange(parts, parts, "the state at this start"), "model", null, default);
        for (int i = 0; decisions == 0 || i < decisions; i++)
        {
            (Record intent, Record outcome) = await DecideAsync(sealer, vault, state, prompt);
            Console.Out.WriteLine($"{intent.Id} {outcome.Id}");
        }

        return 0;
    }

    private static async Task<(Record Intent, Record Outcome)> DecideAsync(
        StreamSealer sealer, Vault vault, Record state, Digest prompt)
    {
        string question = $"claim {Guid.NewGuid()}";
        Commitment input = await vault.CommitAsync(Encoding.UTF8.GetBytes(question), "text/plain");
        Commitment clause = await vault.CommitAsync("clause 7"u8.ToArray(), "text/plain");
        Record intent = await sealer.SealAsync(
            RecordKind.Intent,
            Body.Intent(
                "assess-claim", new Actor(await vault.PseudonymAsync("claims-service"), ActorType.Service),
                await vault.PseudonymAsync("policy 7"), new ModelReference("assessor", "1", State: state.Id),
                new ModelSettings(prompt), [input], [new ContextSource(clause, "terms", "14", prompt)]),
            "assess-claim", null, default);
        Commitment output = await vault.CommitAsync(Encoding.UTF8.GetBytes($"approved: {question}"), "text/plain");
        Record outcome = await sealer.SealAsync(
            RecordKind.Outcome, Body.Outcome(intent.Id, OutcomeStatus.Executed, [output]), "assess-claim", null,
            default);
        return (intent, outcome);
    }
}

using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Cli.Commands;

/// <summary><c>seal KIND</c>: one more record on a local chain. Works with no node and no network.</summary>
internal static class SealCommand
{
    public static Command Create()
    {
        Argument<string> kind = new("kind") { Description = "intent, outcome, model, document, measure, incident, …" };
        Argument<string> file = new("file") { Description = "The chain file." };
        Option<string> key = new("--key") { Description = "The key in force.", Required = true };
        Option<string> body = new("--body") { Description = "JSON file with the body; byte strings as {\"hex\": \"…\"}.", Required = true };
        Option<string> subject = new("--subject") { Description = "What the record is about; a pseudonym.", DefaultValueFactory = _ => "" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("seal", "Seal a record: signed, linked, durable.") { kind, file, key, body, subject, json };
        KeyOptions options = KeyOptions.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            RecordKind record = ParseKind(parsed.GetValue(kind)!);
            CborMap content = BodyJson.Read(CommonOptions.Read(parsed.GetValue(body)!));
            using SigningKey signer = KeyStore.Open(
                parsed.GetValue(key)!, () => options.Passphrase(parsed), options.Signer(parsed));
            return await RunAsync(
                record, parsed.GetValue(file)!, signer, content, parsed.GetValue(subject)!, new Output(parsed.GetValue(json)), stop)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        RecordKind kind, string file, SigningKey key, CborMap body, string subject, Output output, CancellationToken stop)
    {
        await using StreamSealer sealer = await StreamSealer.OpenAsync(file, key, "ledger", stop).ConfigureAwait(false);
        foreach (string warning in sealer.Warnings)
        {
            await Console.Error.WriteLineAsync(warning).ConfigureAwait(false);
        }

        Record record = await sealer.SealAsync(kind, body, subject, causes: null, stop).ConfigureAwait(false);
        output.Say($"sealed record {record.Seq}: {record.Id}");
        output.Say($"Next: ledger submit {file} --node URL");
        output.Document(new JsonObject
        {
            ["id"] = record.Id.ToString(),
            ["entry"] = record.Entry.ToString(),
            ["stream"] = record.Stream.ToString(),
            ["seq"] = record.Seq.Value,
        });
        return ExitCode.Success;
    }

    private static RecordKind ParseKind(string word) =>
        RecordKinds.TryParse(word, out RecordKind kind) && kind != RecordKind.Genesis
            ? kind
            : throw new CommandException(
                $"'{word}' is no kind of record that can be sealed; known are "
                + string.Join(", ", Enum.GetValues<RecordKind>().Skip(1).Select(known => known.Word())) + ".",
                ExitCode.Usage);
}

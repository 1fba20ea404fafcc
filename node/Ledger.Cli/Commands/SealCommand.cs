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
        Option<string?> passphrase = new("--passphrase-file") { Description = "First line opens the key; asked for unless given." };
        Option<bool> plain = new("--no-passphrase") { Description = "The key is unencrypted." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("seal", "Seal a record: signed, linked, durable.") { kind, file, key, body, subject, passphrase, plain, json };
        command.SetAction((parsed, stop) => RunAsync(
            ParseKind(parsed.GetValue(kind)!), parsed.GetValue(file)!, parsed.GetValue(key)!, parsed.GetValue(body)!, parsed.GetValue(subject)!,
            () => parsed.GetValue(plain) ? "" : Passphrases.ForKey(parsed.GetValue(passphrase)), new Output(parsed.GetValue(json)), stop));
        return command;
    }

    private static async Task<int> RunAsync(
        RecordKind kind, string file, string keyFile, string bodyFile, string subject, Func<string> passphrase, Output output, CancellationToken stop)
    {
        CborMap body = BodyJson.Read(CommonOptions.Read(bodyFile));
        using SigningKey key = KeyStore.Open(keyFile, passphrase);
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

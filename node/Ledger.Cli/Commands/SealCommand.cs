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
        Option<string> body = new("--body")
        {
            Description = "JSON file with the body; byte strings as {\"hex\": \"…\"}, contents as {\"file\": \"…\"}.",
            Required = true,
        };
        Option<string> subject = new("--subject")
        {
            Description = "What the record is about; a pseudonym.", DefaultValueFactory = _ => "",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("seal", "Seal a record: signed, linked, durable.") { kind, file, key, body, subject, json };
        KeyOptions options = KeyOptions.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            RecordKind record = ParseKind(parsed.GetValue(kind)!);
            string bodyFile = parsed.GetValue(body)!;
            byte[] content = CommonOptions.Read(bodyFile);
            using SigningKey signer = KeyStore.Open(
                parsed.GetValue(key)!, () => options.Passphrase(parsed), options.Signer(parsed));
            StreamSealer sealer = await StreamSealer.OpenAsync(parsed.GetValue(file)!, signer, "ledger", stop)
                .ConfigureAwait(false);
            await using (sealer.ConfigureAwait(false))
            {
                Vault vault = Vault.Beside(sealer);
                if (await Erasure.ResumeAsync(sealer, vault, stop).ConfigureAwait(false) is { } erasure)
                {
                    await Console.Error.WriteLineAsync(
                        $"An erasure that was interrupted was finished first: record {erasure.Seq}, {erasure.Id}")
                        .ConfigureAwait(false);
                }

                CborMap read = Read(content, bodyFile, vault);
                return await RunAsync(
                    sealer, record, read, parsed.GetValue(subject)!, new Output(parsed.GetValue(json)), stop)
                    .ConfigureAwait(false);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        StreamSealer sealer, RecordKind kind, CborMap body, string subject, Output output, CancellationToken stop)
    {
        foreach (string warning in sealer.Warnings)
        {
            await Console.Error.WriteLineAsync(warning).ConfigureAwait(false);
        }

        Record record = await sealer.SealAsync(kind, body, subject, causes: null, stop).ConfigureAwait(false);
        output.Say($"sealed record {record.Seq}: {record.Id}");
        output.Say($"Next: ledger submit {sealer.ChainFile} --node URL");
        output.Document(new JsonObject
        {
            ["id"] = record.Id.ToString(),
            ["entry"] = record.Entry.ToString(),
            ["stream"] = record.Stream.ToString(),
            ["seq"] = record.Seq.Value,
        });
        return ExitCode.Success;
    }

    /// <summary>Contents that the body names are found from its own folder.</summary>
    private static CborMap Read(byte[] json, string bodyFile, Vault vault)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(bodyFile))!;
        return BodyJson.Read(json, content => Keep(vault, Path.Combine(folder, content.Path), content));
    }

    /// <summary>Salt and content go to the vault; the record holds the commitment.</summary>
    private static CborValue Keep(Vault vault, string path, ContentFile content)
    {
        if (content.Part is { } part)
        {
            return vault.CommitPartAsync(part, CommonOptions.Read(path)).GetAwaiter().GetResult();
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return vault.CommitAsync(file, content.Type).GetAwaiter().GetResult().ToCbor();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {exception.Message}", ExitCode.Usage);
        }
    }

    private static RecordKind ParseKind(string word) =>
        RecordKinds.TryParse(word, out RecordKind kind) && kind != RecordKind.Genesis
            ? kind
            : throw new CommandException(
                $"'{word}' is no kind of record that can be sealed; known are "
                + string.Join(", ", Enum.GetValues<RecordKind>().Skip(1).Select(known => known.Word())) + ".",
                ExitCode.Usage);
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>hold place NAME</c> and <c>hold release NAME</c>: contents that must not be erased, or may be again.
/// </summary>
internal static class HoldCommand
{
    public static Command Create() => new("hold", "Contents that must not be erased.")
    {
        Create("place", "Nothing that it covers is erased until it is released.", release: false),
        Create("release", "What it covered may be erased again.", release: true),
    };

    private static Command Create(string verb, string description, bool release)
    {
        Argument<string> name = new("name") { Description = "The hold's own name, such as a case number." };
        Option<string[]> records = new("--record")
        {
            Description = "Id of a record it covers; the whole stream unless given.",
        };
        Option<string> reason = new("--reason") { Description = "Why; readable by all, so no name.", Required = true };
        Option<bool> json = CommonOptions.Json();
        VaultOptions options = new();
        Command command = new(verb, description) { name };
        options.AddTo(command, reading: false);
        command.Add(reason);
        command.Add(json);
        if (!release)
        {
            command.Add(records);
        }

        command.SetAction(async (parsed, stop) =>
        {
            RecordId[] ids = [.. (release ? [] : parsed.GetValue(records) ?? []).Select(VaultOptions.ParseId)];
            CborMap body = Body.Hold(parsed.GetValue(name)!, release, parsed.GetValue(reason)!, records: [.. ids]);
            using SigningKey key = options.OpenKey(parsed);
            string file = options.ChainFile(parsed);
            StreamSealer sealer = await StreamSealer.OpenAsync(file, key, "ledger", stop).ConfigureAwait(false);
            await using (sealer.ConfigureAwait(false))
            {
                Record record = await sealer.SealAsync(RecordKind.Hold, body, "hold", causes: null, stop)
                    .ConfigureAwait(false);
                Output output = new(parsed.GetValue(json));
                output.Say($"sealed record {record.Seq}: {record.Id}");
                output.Say($"Next: ledger submit {file} --node URL");
                output.Document(new JsonObject { ["id"] = record.Id.ToString(), ["seq"] = record.Seq.Value });
                return ExitCode.Success;
            }
        });
        return command;
    }
}

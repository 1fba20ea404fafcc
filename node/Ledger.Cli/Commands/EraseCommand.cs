using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>erase ID</c>: destroys salt and content, and seals the record that says so. <c>erase unfinished</c> finishes what
/// a crash interrupted, and erases again what a restored copy brought back.
/// </summary>
internal static class EraseCommand
{
    private const string Unfinished = "unfinished";

    public static Command Create()
    {
        Argument<string> id = new("id")
        {
            Description = "Id of the record whose contents are to go, or the word unfinished.",
        };
        Option<string[]> members = new("--member")
        {
            Description = "Path into its body, for instance input[0]; all of its contents unless given.",
        };
        Option<string> reason = new("--reason")
        {
            Description = "Why; readable by all, so no name.", DefaultValueFactory = _ => "erased by the operator",
        };
        Option<string?> authority = new("--authority")
        {
            Description = "On whose demand; a pseudonym takes its place.",
        };
        Option<bool> json = CommonOptions.Json();
        VaultOptions vault = new();
        Command command = new("erase", "Destroy salt and content, and seal the record that says so.") { id };
        vault.AddTo(command, reading: false);
        command.Add(members);
        command.Add(reason);
        command.Add(authority);
        command.Add(json);
        command.SetAction(async (parsed, stop) =>
        {
            ErasureRequest? request = parsed.GetValue(id) is { } text && text != Unfinished
                ? new ErasureRequest(
                    VaultOptions.ParseId(text), [.. parsed.GetValue(members) ?? []], parsed.GetValue(reason)!,
                    parsed.GetValue(authority))
                : null;
            using SigningKey key = vault.OpenKey(parsed);
            await RunAsync(vault.ChainFile(parsed), key, request, new Output(parsed.GetValue(json)), stop)
                .ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(
        string chain, SigningKey key, ErasureRequest? request, Output output, CancellationToken stop)
    {
        StreamSealer sealer = await StreamSealer.OpenAsync(chain, key, "ledger", stop).ConfigureAwait(false);
        await using (sealer.ConfigureAwait(false))
        {
            Vault vault = Vault.Beside(sealer);
            (Record? finished, int again) = await Erasure.FinishAsync(sealer, vault, stop).ConfigureAwait(false);
            if (finished is not null)
            {
                output.Say($"finished an erasure that was interrupted: record {finished.Seq}, {finished.Id}");
            }

            if (again > 0)
            {
                output.Say($"erased again {again} contents that had come back");
            }

            Record? record = request is null
                ? null
                : await Erasure.RunAsync(sealer, vault, request, stop).ConfigureAwait(false);
            if (record is not null)
            {
                output.Say($"destroyed salt and content; sealed record {record.Seq}: {record.Id}");
                output.Say(
                    "Next: replace every copy of the vault's file \"keys\" by the present one; an old copy opens what "
                    + "was erased.");
                output.Say($"Then: ledger submit {chain} --node URL");
            }

            output.Document(new JsonObject
            {
                ["record"] = record?.Id.ToString(),
                ["seq"] = record?.Seq.Value,
                ["finished"] = finished?.Id.ToString(),
                ["again"] = again,
            });
        }
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;
using Ledger.Records;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>reconstruct ID</c>: one decision opened again from the vault. Exit 0 only if every commitment was re-computed.
/// </summary>
internal static class ReconstructCommand
{
    public static Command Create()
    {
        Argument<string> id = new("id") { Description = "Id of an intent or of its outcome." };
        Option<string?> folder = new("--out") { Description = "Folder to write the contents to, in clear." };
        Option<bool> json = CommonOptions.Json();
        VaultOptions vault = new();
        Command command = new("reconstruct", "Re-compute every commitment of a decision from the vault.") { id };
        vault.AddTo(command, reading: true);
        command.Add(folder);
        command.Add(json);
        command.SetAction(async (parsed, stop) =>
        {
            RecordId record = VaultOptions.ParseId(parsed.GetValue(id)!);
            string chain = vault.ChainFile(parsed);
            Vault opened = vault.Open(parsed, chain);
            Reconstruction found = await Reconstruction.RunAsync(chain, opened, record, stop).ConfigureAwait(false);
            if (parsed.GetValue(folder) is { } path)
            {
                await WriteAsync(opened, found, path, stop).ConfigureAwait(false);
            }

            Tell(found, new Output(parsed.GetValue(json)));
            return found.IsComplete ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static void Tell(Reconstruction found, Output output)
    {
        JsonArray members = [];
        foreach (ReconstructedMember member in found.Members)
        {
            string bytes = member.Bytes is { } size ? $", {size} bytes" : "";
            string place = $"record {member.Seq} ({member.Kind.Word()})  {member.Member}";
            output.Say($"{member.Finding.Word(),-10}  {place}{bytes}");
            members.Add((JsonNode)new JsonObject
            {
                ["record"] = member.Record.ToString(),
                ["seq"] = member.Seq.Value,
                ["kind"] = member.Kind.Word(),
                ["member"] = member.Member,
                ["hash"] = member.Hash.ToString(),
                ["finding"] = member.Finding.Word(),
                ["bytes"] = member.Bytes,
                ["type"] = member.Type,
            });
        }

        foreach (string note in found.Notes)
        {
            output.Say($"Note: {note}");
        }

        int matching = found.Members.Count(member => member.Finding == MemberFinding.Matches);
        output.Say($"{matching} of {found.Members.Length} commitments re-computed.");
        output.Document(new JsonObject
        {
            ["stream"] = found.Stream.ToString(),
            ["complete"] = found.IsComplete,
            ["members"] = members,
            ["notes"] = new JsonArray([.. found.Notes.Select(note => (JsonNode)JsonValue.Create(note))]),
        });
    }

    private static async Task WriteAsync(Vault vault, Reconstruction found, string folder, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        foreach (ReconstructedMember member in found.Members.Where(member => member.Bytes is not null))
        {
            string path = Path.Combine(folder, $"{member.Seq}-{member.Kind.Word()}-{member.Member}");
            FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
            await using (file.ConfigureAwait(false))
            {
                await vault.CopyAsync(member.Hash, file, stop).ConfigureAwait(false);
            }
        }
    }
}

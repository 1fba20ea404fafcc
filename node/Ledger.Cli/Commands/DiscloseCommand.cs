using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;
using Ledger.Proofs.Disclosures;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>disclose ID --member input[0]</c>: one content and its salt in a file, for someone who is to check it.
/// </summary>
internal static class DiscloseCommand
{
    public static Command Create()
    {
        Argument<string> id = new("id") { Description = "The record's id." };
        Option<string> member = new("--member")
        {
            Description = "Path into the record's body, for instance input[0].", Required = true,
        };
        Option<string> file = new("--out") { Description = "File to write.", Required = true };
        Option<bool> json = CommonOptions.Json();
        VaultOptions vault = new();
        Command command = new("disclose", "Write one content of a record, and its salt, to a file.") { id };
        vault.AddTo(command, reading: true);
        command.Add(member);
        command.Add(file);
        command.Add(json);
        command.SetAction(async (parsed, stop) =>
        {
            string chain = vault.ChainFile(parsed);
            RecordId record = VaultOptions.ParseId(parsed.GetValue(id)!);
            Disclosure disclosure = await vault.Open(parsed, chain)
                .DiscloseAsync(chain, record, parsed.GetValue(member)!, stop).ConfigureAwait(false);
            await WriteAsync(parsed.GetValue(file)!, disclosure.Encode(), stop).ConfigureAwait(false);
            Output output = new(parsed.GetValue(json));
            output.Say(
                $"Wrote {parsed.GetValue(file)}: {disclosure.Content.Length} bytes of content, readable by whoever has "
                + "the file.");
            output.Say($"Next: ledger verify EVIDENCE --disclosure {parsed.GetValue(file)}");
            output.Document(new JsonObject
            {
                ["file"] = parsed.GetValue(file),
                ["record"] = record.ToString(),
                ["member"] = disclosure.Member,
                ["bytes"] = disclosure.Content.Length,
            });
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>A new file that nobody but its owner may read: what becomes of it is for its owner to decide.</summary>
    private static async Task WriteAsync(string path, byte[] bytes, CancellationToken stop)
    {
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            FileStream file = new(path, options);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(bytes, stop).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {exception.Message}");
        }
    }
}

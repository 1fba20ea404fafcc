using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;

namespace Ledger.Cli.Commands;

/// <summary><c>evidence (ID | STREAM)</c>: fetches one evidence file from a node.</summary>
internal static class EvidenceCommand
{
    public static Command Create()
    {
        Argument<string> id = new("id") { Description = "A record id (128 digits) or a stream id (64 digits)." };
        Option<Uri> node = CommonOptions.Node();
        Option<string> file = new("--out") { Description = "File to write.", Required = true };
        Option<ulong?> from = new("--from") { Description = "First record of a range of the stream." };
        Option<ulong?> to = new("--to") { Description = "Last record of a range of the stream." };
        Option<string> format = new("--format") { Description = "cbor, or json for reading.", DefaultValueFactory = _ => "cbor" };
        format.AcceptOnlyFromAmong("cbor", "json");
        Option<bool> json = CommonOptions.Json();
        Command command = new("evidence", "Fetch an evidence file.") { id, node, file, from, to, format, json };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(id)!, parsed.GetValue(node)!, parsed.GetValue(file)!, parsed.GetValue(from), parsed.GetValue(to),
            parsed.GetValue(format) == "json" ? EvidenceFormat.Json : EvidenceFormat.Cbor, new Output(parsed.GetValue(json)), stop));
        return command;
    }

    private static async Task<int> RunAsync(
        string id, Uri address, string file, ulong? from, ulong? to, EvidenceFormat format, Output output, CancellationToken stop)
    {
        using NodeClient client = new(address);
        byte[] evidence;
        if (RecordId.TryParseHex(id, out RecordId record))
        {
            evidence = await client.GetEvidenceAsync(record, format, stop).ConfigureAwait(false);
        }
        else if (Digest.TryParseHex(id, out Digest stream))
        {
            evidence = await client.GetEvidenceAsync(new StreamId(stream), from, to, format, stop).ConfigureAwait(false);
        }
        else
        {
            throw new CommandException("Give a record id (128 hexadecimal digits) or a stream id (64).", ExitCode.Usage);
        }

        await File.WriteAllBytesAsync(file, evidence, stop).ConfigureAwait(false);
        output.Say($"Wrote {file}, {evidence.Length} bytes. Next: ledger verify {file}");
        output.Document(new JsonObject { ["file"] = file, ["bytes"] = evidence.Length });
        return ExitCode.Success;
    }
}

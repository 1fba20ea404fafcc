using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Proofs.Trust;

namespace Ledger.Cli.Commands;

/// <summary><c>trust show FILE</c>: what a trust file pins, with fingerprints to read aloud.</summary>
internal static class TrustCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "A trust file, JSON or CBOR." };
        Option<bool> json = CommonOptions.Json();
        Command show = new("show", "Show what a trust file pins.") { file, json };
        show.SetAction(parsed => Show(parsed.GetValue(file)!, new Output(parsed.GetValue(json))));
        return new Command("trust", "Trust files: what you hold true from elsewhere.") { show };
    }

    public static TrustFile Load(string path) =>
        TrustFileParser.TryParse(CommonOptions.Read(path), out TrustFile trust, out TrustFault fault)
            ? trust
            : throw new CommandException($"{path}: {fault.Reason}", ExitCode.Usage);

    private static int Show(string path, Output output)
    {
        TrustFile trust = Load(path);
        output.Say($"chain    {trust.Chain?.ToString() ?? "not pinned"}");
        JsonArray streams = [];
        foreach (StreamId stream in trust.Streams)
        {
            output.Say($"stream   {stream}");
            output.Say($"         {FingerprintWords.Of(new KeyId(stream.Value))}");
            streams.Add((JsonNode)JsonValue.Create(stream.ToString()));
        }

        output.Say($"bitcoin  {trust.Bitcoin?.Network ?? "not pinned"}");
        output.Document(new JsonObject
        {
            ["chain"] = trust.Chain?.ToString(),
            ["streams"] = streams,
            ["bitcoin"] = trust.Bitcoin?.Network,
            ["checkpoint"] = trust.Checkpoint is { } pin ? new JsonObject { ["height"] = pin.Height.Value, ["id"] = pin.Block.ToString() } : null,
        });
        return ExitCode.Success;
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ledger.Client;

namespace Ledger.Cli.Commands;

/// <summary><c>why-stuck</c>: what a node waits for, since when, and for whom.</summary>
internal static class WhyStuckCommand
{
    public static Command Create()
    {
        Option<Uri> node = CommonOptions.Node();
        Option<bool> json = CommonOptions.Json();
        Command command = new("why-stuck", "What a node waits for, since when, and for whom.") { node, json };
        command.SetAction(async (parsed, stop) =>
        {
            using NodeClient client = new(parsed.GetValue(node)!);
            Output output = new(parsed.GetValue(json));
            NodeWait wait = await client.GetWaitAsync(stop).ConfigureAwait(false);
            foreach (string line in Lines(wait))
            {
                output.Say(line);
            }

            output.Document(Document(wait));
            return ExitCode.Success;
        });
        return command;
    }

    private static IEnumerable<string> Lines(NodeWait wait)
    {
        yield return wait.WaitsFor;
        string round = wait.Round is { } open ? $", round {open}" : "";
        yield return $"height    {wait.Height}{round}, step {wait.Step}{Since(wait.StepSince)}";
        if (wait.HeightSince != wait.StepSince && wait.Round is not null)
        {
            yield return $"          a block of this height is wanted{Since(wait.HeightSince)}";
        }

        yield return $"records   {wait.Waiting} are sealed and wait";
        foreach (NodeMissing missing in wait.Missing)
        {
            string link = missing.Self ? "this node" : missing.Connected ? "connected, silent" : "not connected";
            string heard = missing.LastHeard is { } last ? $", last heard {Text(last)}" : ", not heard since this node started";
            yield return $"missing   {missing.Name}, power {missing.Power}: {link}{heard}";
            yield return $"          kid {missing.Kid}{(missing.Peer.Length > 0 ? $", peer {missing.Peer}" : "")}";
        }

        foreach (string problem in wait.Problems)
        {
            yield return $"problem   {problem}";
        }
    }

    private static string Since(ulong? time) => time is { } at ? $" since {Text(at)}" : "";

    private static string Text(ulong time) => DateTimeOffset.FromUnixTimeMilliseconds((long)time)
        .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static JsonObject Document(NodeWait wait) => new()
    {
        ["height"] = wait.Height,
        ["round"] = wait.Round,
        ["step"] = wait.Step,
        ["stepSince"] = wait.StepSince,
        ["heightSince"] = wait.HeightSince,
        ["reason"] = wait.Reason,
        ["waitsFor"] = wait.WaitsFor,
        ["waiting"] = wait.Waiting,
        ["votes"] = wait.Votes is { } votes
            ? new JsonObject { ["heard"] = votes.Heard, ["needed"] = votes.Needed, ["total"] = votes.Total }
            : null,
        ["missing"] = new JsonArray([.. wait.Missing.Select(missing => (JsonNode)new JsonObject
        {
            ["name"] = missing.Name,
            ["kid"] = missing.Kid,
            ["peer"] = missing.Peer,
            ["power"] = missing.Power,
            ["self"] = missing.Self,
            ["connected"] = missing.Connected,
            ["prevoted"] = missing.Prevoted,
            ["precommitted"] = missing.Precommitted,
            ["lastHeard"] = missing.LastHeard,
        })]),
        ["problems"] = new JsonArray([.. wait.Problems.Select(problem => (JsonNode)JsonValue.Create(problem))]),
    };
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Spectre.Console;

namespace Ledger.Cli.Commands;

/// <summary><c>submit FILE.oar</c>: sends a chain to a node; can be cut off and repeated at any point.</summary>
internal static class SubmitCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "The chain file." };
        Option<Uri> node = CommonOptions.Node();
        Option<string> wait = new("--wait") { Description = "Return once all records are sealed, settled or anchored.", DefaultValueFactory = _ => "sealed" };
        wait.AcceptOnlyFromAmong("sealed", "settled", "anchored");
        Option<int> patience = new("--patience")
        {
            Description = "Seconds to go on trying while the node is gone or busy.", DefaultValueFactory = _ => 60,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("submit", "Send a chain of records to a node.") { file, node, wait, patience, json };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(file)!,
            new NodeClient(parsed.GetValue(node)!, new NodeClientOptions { Patience = TimeSpan.FromSeconds(parsed.GetValue(patience)) }),
            ParseWait(parsed.GetValue(wait)!), new Output(parsed.GetValue(json)), stop));
        return command;
    }

    private static async Task<int> RunAsync(string file, NodeClient node, SubmitWait wait, Output output, CancellationToken stop)
    {
        using NodeClient client = node;
        SubmitSummary summary = null!;
        if (output.Json || Console.IsOutputRedirected)
        {
            summary = await client.SubmitChainAsync(file, wait, progress: null, stop).ConfigureAwait(false);
        }
        else
        {
            await AnsiConsole.Progress().StartAsync(async bars =>
            {
                ProgressTask bar = bars.AddTask("records");
                Progress<SubmitProgress> progress = new(step =>
                {
                    bar.MaxValue = step.Records;
                    bar.Value = wait == SubmitWait.Sealed ? step.Taken : step.Settled;
                    bar.Description = step.Waiting is { } reason ? Markup.Escape(reason) : "records";
                });
                summary = await client.SubmitChainAsync(file, wait, progress, stop).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }

        output.Say($"{summary.Records} records of stream {summary.Stream} are {Word(wait)} at {client.Node}; {summary.Sent} were new there.");
        output.Document(new JsonObject
        {
            ["stream"] = summary.Stream.ToString(),
            ["records"] = summary.Records,
            ["sent"] = summary.Sent,
            ["state"] = Word(wait),
        });
        return ExitCode.Success;
    }

    private static SubmitWait ParseWait(string word) => word switch
    {
        "anchored" => SubmitWait.Anchored,
        "settled" => SubmitWait.Settled,
        _ => SubmitWait.Sealed,
    };

    private static string Word(SubmitWait wait) => wait switch
    {
        SubmitWait.Anchored => "anchored",
        SubmitWait.Settled => "settled",
        _ => "sealed",
    };
}

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Cli.Devnet;

namespace Ledger.Cli.Commands;

/// <summary><c>devnet</c>: a network on this machine, in the foreground or detached; <c>devnet down</c> ends a detached one.</summary>
internal static class DevnetCommand
{
    private const string StateFile = "devnet.json";

    /// <summary>Stands in a folder that a network made, so that nothing else is ever emptied for a new one.</summary>
    private const string MarkFile = "devnet.mark";
    private static readonly TimeSpan StartTimeOut = TimeSpan.FromSeconds(120);

    public static Command Create()
    {
        Option<int> validators = CommonOptions.Validators();
        Option<string> dir = new("--dir") { Description = "Folder for everything it keeps.", DefaultValueFactory = _ => DefaultFolder() };
        Option<bool> detach = new("--detach") { Description = "Return once every node is ready; end it with 'devnet down'." };
        Option<bool> json = CommonOptions.Json();
        Command down = new("down", "End a detached network.") { dir };
        down.SetAction((parsed, stop) => DownAsync(parsed.GetValue(dir)!, stop));
        Command command = new("devnet", "A network on this machine: nodes and a Bitcoin daemon on regtest.")
        {
            validators, dir, detach, json, down,
        };
        command.SetAction((parsed, stop) => parsed.GetValue(detach)
            ? DetachAsync(parsed.GetValue(dir)!, parsed.GetValue(validators), new Output(parsed.GetValue(json)), stop)
            : RunAsync(parsed.GetValue(dir)!, parsed.GetValue(validators), new Output(parsed.GetValue(json)), stop));
        return command;
    }

    public static string DefaultFolder() =>
        Path.Combine(Environment.GetEnvironmentVariable("LEDGER_LOCAL") ?? Path.GetFullPath(".local"), "devnet");

    private static async Task<int> RunAsync(string folder, int validators, Output output, CancellationToken stop)
    {
        string state = Path.Combine(folder, StateFile);
        if (File.Exists(state) && RunningSupervisor(state) is { } other)
        {
            throw new CommandException($"A network runs in {folder} already (process {other}): 'ledger devnet down --dir {folder}' ends it.");
        }

        Clear(folder);
        LocalNetwork network = await LocalNetwork.StartAsync(folder, validators, output.Say, stop).ConfigureAwait(false);
        await using (network.ConfigureAwait(false))
        {
            JsonObject description = network.Describe();
            JsonObject saved = (JsonObject)description.DeepClone();
            saved["supervisor"] = Environment.ProcessId;
            await File.WriteAllTextAsync(state + ".new", saved.ToJsonString(), stop).ConfigureAwait(false);
            File.Move(state + ".new", state, overwrite: true);
            output.Say($"{Serves(validators)} at {network.Node.Address}; everything is in {folder}. Ctrl-C ends it.");
            output.Document(description);
            try
            {
                await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                output.Say("Stopping.");
            }
        }

        File.Delete(state);
        return ExitCode.Success;
    }

    /// <summary>A network begins anew: what an earlier one left goes, and only that.</summary>
    private static void Clear(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            if (!File.Exists(Path.Combine(folder, MarkFile)))
            {
                throw new CommandException($"{folder} holds something else than a network; give another folder with --dir.");
            }

            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, MarkFile), "A development network; the next one in this folder removes all of it.\n");
    }

    private static async Task<int> DetachAsync(string folder, int validators, Output output, CancellationToken stop)
    {
        string state = Path.Combine(folder, StateFile);
        string[] command =
            [Environment.ProcessPath!, "devnet", "--dir", folder, "--validators", $"{validators}", "--json"];
        ProcessStartInfo start = new("setsid", command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (File.Exists(state) && RunningSupervisor(state) is { } other)
        {
            throw new CommandException($"A network runs in {folder} already (process {other}): 'ledger devnet down --dir {folder}' ends it.");
        }

        using Process supervisor = Process.Start(start)!;
        Task<string> errors = supervisor.StandardError.ReadToEndAsync(stop);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(StartTimeOut);
        while (!File.Exists(state) || RunningSupervisor(state) is null)
        {
            if (supervisor.HasExited)
            {
                throw new CommandException((await errors.ConfigureAwait(false)).Trim());
            }

            await Task.Delay(100, patience.Token).ConfigureAwait(false);
        }

        JsonObject description = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(state, stop).ConfigureAwait(false))!;
        description.Remove("supervisor");
        output.Say($"{Serves(validators)} at {description["nodes"]![0]!["http"]}; everything is in {folder}.");
        output.Say($"End it: ledger devnet down --dir {folder}");
        output.Document(description);
        return ExitCode.Success;
    }

    private static async Task<int> DownAsync(string folder, CancellationToken stop)
    {
        string state = Path.Combine(folder, StateFile);
        if (!File.Exists(state) || RunningSupervisor(state) is not { } supervisor)
        {
            throw new CommandException($"No network runs in {folder}.");
        }

        Signals.Terminate(supervisor);
        while (Signals.IsAlive(supervisor))
        {
            await Task.Delay(100, stop).ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    private static string Serves(int validators) => validators == 1 ? "The node serves" : "The first node serves";

    private static int? RunningSupervisor(string state)
    {
        try
        {
            int? supervisor = JsonNode.Parse(File.ReadAllText(state))?["supervisor"]?.GetValue<int>();
            return supervisor is { } processId && Signals.IsAlive(processId) ? processId : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return null;
        }
    }
}

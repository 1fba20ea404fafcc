using System.CommandLine;
using System.Diagnostics;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>simulate</c>: whole networks in virtual time. The simulator is test code, which no product may know: it is a
/// program of a checkout that this verb starts, and that <c>./ledger simulate</c> builds before.
/// </summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        Option<string> seeds = new("--seeds")
        {
            Description = "First and last seed as A..B, or one seed.",
            DefaultValueFactory = _ => "1..500",
        };
        Option<string?> cores = new("--cores") { Description = "Seeds that run at the same time; all cores unless said." };
        Option<string?> bug = new("--bug") { Description = "A deliberate bug, to see it found; 'list' names them." };
        Option<bool> transcript = new("--transcript") { Description = "What was said and done, instead of the sums." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("simulate", "Torture networks of replicas in virtual time, one for each seed.")
        {
            seeds, cores, bug, transcript, json,
        };
        command.SetAction((parsed, stop) => RunAsync(
            [
                "--seeds", parsed.GetValue(seeds)!,
                .. parsed.GetValue(cores) is { } number ? (string[])["--cores", number] : [],
                .. parsed.GetValue(bug) is { } name ? (string[])["--bug", name] : [],
                .. parsed.GetValue(transcript) ? (string[])["--transcript"] : [],
                .. parsed.GetValue(json) ? (string[])["--json"] : [],
            ],
            stop));
        return command;
    }

    private static async Task<int> RunAsync(string[] arguments, CancellationToken stop)
    {
        string program = SiblingProgram.Find("Ledger.Simulator", "LEDGER_SIMULATOR");
        using Process simulator = Process.Start(new ProcessStartInfo(program, arguments))
            ?? throw new CommandException($"{program} could not be started.");
        try
        {
            await simulator.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            simulator.Kill(entireProcessTree: true);
            throw;
        }

        return simulator.ExitCode;
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>What a run of a program left.</summary>
internal sealed record Ran(int Code, string Out, string Error)
{
    public override string ToString() => $"exit code {Code}\n{Out}\n{Error}";
}

/// <summary>The command line as a user has it: a process, its exit code and what it printed.</summary>
internal static class Cli
{
    /// <summary>Longest run of one command; a test that hangs says which one it was.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static string Program { get; } = Sibling("Ledger.Cli", "ledger");

    /// <summary>A program built beside this assembly, with the same configuration.</summary>
    public static string Sibling(string project, string? name = null) => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", project,
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), name ?? project));

    public static Task<Ran> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <summary>A command of the shell, for what only a shell does, such as opening a descriptor.</summary>
    public static Task<Ran> ShellAsync(string command) => RunProgramAsync("/bin/sh", [], ["-c", command]);

    /// <param name="folder">Where it is run; here, unless given.</param>
    /// <param name="stop">Tells it to end.</param>
    public static Task<Ran> RunAsync(
        (string Name, string Value)[] environment,
        string[] arguments,
        string? folder = null,
        CancellationToken stop = default) => RunProgramAsync(Program, environment, arguments, folder, stop);

    /// <summary>Another program that starts ours.</summary>
    public static async Task<Ran> RunProgramAsync(
        string program,
        (string Name, string Value)[] environment,
        string[] arguments,
        string? folder = null,
        CancellationToken stop = default)
    {
        using Process process = Start(program, environment, arguments, folder);
        using CancellationTokenSource patience = new(Patience);
        await using CancellationTokenRegistration told = stop.Register(() => Processes.Signal(process.Id, "TERM"));
        Task<string> text = process.StandardOutput.ReadToEndAsync(patience.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new Ran(process.ExitCode, await text, await errors);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"{program} {string.Join(' ', arguments)} did not end within {Patience}.", exception);
        }
    }

    /// <summary>A process that the caller watches, and ends.</summary>
    public static Process Start(
        string program, (string Name, string Value)[] environment, string[] arguments, string? folder = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        start.Environment["LEDGER_LOCAL"] = Checkout.Local;
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is null)
        {
            // The host of a built program looks in fixed places; this runtime stands three folders down.
            start.Environment["DOTNET_ROOT"] =
                Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}

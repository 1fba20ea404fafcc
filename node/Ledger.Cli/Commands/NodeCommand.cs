using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Ledger.Cli.Devnet;

namespace Ledger.Cli.Commands;

/// <summary><c>node --dir FOLDER</c>: runs the node's program in the foreground, signals and exit code passed through.</summary>
internal static class NodeCommand
{
    public static Command Create()
    {
        Option<string> dir = new("--dir") { Description = "A peer's folder, made by 'ledger init'.", Required = true };
        Command command = new("node", "Run a node.") { dir };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(dir)!));
        return command;
    }

    private static async Task<int> RunAsync(string folder)
    {
        using Process node = Process.Start(new ProcessStartInfo(
            NodeProcess.Program(), ["--dir", folder, "--parent", Environment.ProcessId.ToString()]))!;
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Pass(signal, node));

        // Ctrl-C goes to the whole group of processes: the node hears it by itself, and this program waits for it.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        await node.WaitForExitAsync().ConfigureAwait(false);
        return node.ExitCode;
    }

    private static void Pass(PosixSignalContext signal, Process node)
    {
        signal.Cancel = true;
        Signals.Terminate(node.Id);
    }
}

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
        Option<int?> descriptor = new("--passphrase-fd")
        {
            Description = "An open descriptor whose first line opens the keys, such as 3 with 3< FILE.",
        };
        Command command = new("node", "Run a node.") { dir, descriptor };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(dir)!, parsed.GetValue(descriptor)));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int? passphraseDescriptor)
    {
        List<string> arguments = ["--dir", folder, "--parent", $"{Environment.ProcessId}"];
        if (passphraseDescriptor is { } descriptor)
        {
            arguments.AddRange(["--passphrase-fd", $"{descriptor}"]);
        }

        using Process node = Process.Start(new ProcessStartInfo(NodeProcess.Program(), arguments))!;
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

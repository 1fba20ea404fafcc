using System.CommandLine;
using System.Diagnostics;
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
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(dir)!, parsed.GetValue(descriptor), stop));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int? passphraseDescriptor, CancellationToken stop)
    {
        List<string> arguments = ["--dir", folder, "--parent", $"{Environment.ProcessId}"];
        if (passphraseDescriptor is { } descriptor)
        {
            arguments.AddRange(["--passphrase-fd", $"{descriptor}"]);
        }

        using Process node = Process.Start(new ProcessStartInfo(NodeProcess.Program(), arguments))!;

        // Ctrl-C reaches the whole group of processes, so the node may hear it twice; other signals come from here alone.
        using CancellationTokenRegistration told = stop.Register(() => Signals.Terminate(node.Id));
        await node.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return node.ExitCode;
    }
}

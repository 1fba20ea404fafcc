using System.Diagnostics;
using System.Text;

namespace Ledger.Cli.Devnet;

/// <summary>A node running as a process of its own. It ends when this program does, however that ends.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeOut = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeOut = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private NodeProcess(Process process, string folder, Uri address)
    {
        _process = process;
        Folder = folder;
        Address = address;
    }

    public string Folder { get; }

    public Uri Address { get; }

    public int ProcessId => _process.Id;

    public bool IsRunning => !_process.HasExited;

    /// <summary>The node's program beside this one, as both are built; LEDGER_NODE names another.</summary>
    public static string Program() => SiblingProgram.Find("Ledger.Node", "LEDGER_NODE");

    /// <summary>Returns once it serves.</summary>
    public static async Task<NodeProcess> StartAsync(string folder, CancellationToken stop)
    {
        ProcessStartInfo start = new(Program(), ["--dir", folder, "--parent", Environment.ProcessId.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        StringBuilder errors = new();
        string log = Path.Combine(folder, "node.log");
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                lock (errors)
                {
                    errors.AppendLine(text);
                    File.AppendAllText(log, text + Environment.NewLine);
                }
            }
        };
        process.BeginErrorReadLine();
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(StartTimeOut);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token).ConfigureAwait(false) is { } line)
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal))
                {
                    return new NodeProcess(process, folder, new Uri(line["ready ".Length..]));
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            process.Kill();
            throw new CommandException($"The node did not serve within {StartTimeOut.TotalSeconds:0} s; see {log}.");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        await process.WaitForExitAsync(stop).ConfigureAwait(false);
        throw new CommandException($"The node stopped at once (exit code {process.ExitCode}): {errors.ToString().Trim()}");
    }

    public async Task StopAsync()
    {
        if (_process.HasExited)
        {
            return;
        }

        Signals.Terminate(_process.Id);
        using CancellationTokenSource patience = new(StopTimeOut);
        try
        {
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _process.Dispose();
    }
}

using System.Diagnostics;
using System.Text;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>A node of a network that was killed, started again on the folder that it left.</summary>
internal sealed class RestartedNode : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private RestartedNode(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it serves now.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What it has logged so far.</summary>
    public string Log
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Waits until it has logged these words: a line comes later than what it tells of.</summary>
    public async Task LoggedAsync(string words, TimeSpan patience)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !Log.Contains(words, StringComparison.Ordinal);)
        {
            Assert.True(watch.Elapsed < patience, $"'{words}' is not in what the node logged: {Log}");
            await Task.Delay(100);
        }
    }

    public static async Task<RestartedNode> StartAsync(DevnetNode node)
    {
        RestartedNode started = new(Cli.Start(
            Cli.Sibling("Ledger.Node"), [], ["--dir", node.Folder, "--parent", $"{Environment.ProcessId}"]));
        using CancellationTokenSource patience = new(Patience);
        while (await started._process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                started.Address = new Uri(line["ready ".Length..]);
                return started;
            }
        }

        await started._process.WaitForExitAsync(patience.Token);
        string errors = started.Log;
        started.Dispose();
        throw new InvalidOperationException($"The node in {node.Folder} ended: {errors}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}

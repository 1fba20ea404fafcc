using System.Diagnostics;
using Ledger.TestKit;

namespace Ledger.Scripts.Tests;

/// <summary>./run on real parts, stopped at each stage of its story: nothing that it started outlives it.</summary>
[Trait("Tier", "process")]
public sealed class StoppingTests
{
    private const string Mark = "LEDGER_TEST_MARK";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [TheoryThatNeeds("bitcoind", "rocksdb")]
    [InlineData("INT", "starting a Bitcoin daemon", 0)]
    [InlineData("INT", "starting a Bitcoin daemon", 700)]
    [InlineData("TERM", "starting a Bitcoin daemon", 1500)]
    [InlineData("INT", "starting 4 nodes", 0)]
    [InlineData("TERM", "starting 4 nodes", 300)]
    [InlineData("INT", "waiting for Bitcoin", 0)]
    [InlineData("TERM", "verified offline", 0)]
    public async Task Nothing_outlives_a_run_that_is_told_to_stop(string signal, string stage, int delayMilliseconds)
    {
        string mark = Guid.NewGuid().ToString("N");
        using Process run = Start(mark);
        using CancellationTokenSource patience = new(Patience);
        string? line;
        do
        {
            line = await run.StandardOutput.ReadLineAsync(patience.Token);
            Assert.True(line is not null, $"./run ended before it said: {stage}");
        }
        while (!line.Contains(stage));
        Assert.NotEmpty(Marked(mark));
        await Task.Delay(delayMilliseconds);

        using Process kill = Process.Start("kill", [$"-{signal}", $"{run.Id}"]);
        await kill.WaitForExitAsync();
        _ = run.StandardOutput.ReadToEndAsync();
        bool stopped = run.WaitForExit(Patience);
        if (!stopped)
            run.Kill(entireProcessTree: true);
        Assert.True(stopped, "./run did not stop");
        Assert.True(SpinWait.SpinUntil(() => Marked(mark).Count == 0, Patience),
            $"Left behind: {string.Join(", ", Marked(mark))}");
    }

    private static Process Start(string mark)
    {
        // Whoever started the tests may have told this process to ignore an interrupt; env gives the default back.
        ProcessStartInfo start = new("env", ["--default-signal=INT,TERM", Checkout.PathOf("run")])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment[Mark] = mark;
        return Process.Start(start)!;
    }

    /// <summary>Command lines of the processes that inherited the mark; those that ended are not among them.</summary>
    private static List<string> Marked(string mark)
    {
        List<string> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (File.ReadAllText($"{folder}/environ").Contains($"{Mark}={mark}"))
                    found.Add(File.ReadAllText($"{folder}/cmdline").Replace('\0', ' '));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Not a process, not ours, or gone meanwhile.
            }
        }
        return found;
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Ledger.Simulator;

/// <summary><c>ledger simulate</c>: seeds of the simulator from the command line.</summary>
internal static class Program
{
    private const int Usage = 64;
    private const int TailLines = 40;

    public static int Main(string[] arguments)
    {
        if (!Options.TryParse(arguments, out Options options, out string? wrong))
        {
            (wrong is null ? Console.Out : Console.Error).WriteLine(wrong ?? Options.Help);
            return wrong is null ? 0 : Usage;
        }

        if (options.Transcript)
        {
            return Show(options);
        }

        var watch = Stopwatch.StartNew();
        bool tells = !options.Json && !Console.IsErrorRedirected;
        long toldAtMs = 0;
        Sweep sweep = Sweep.Run(options.First, options.Last, options.Cores, options.Bug, done =>
        {
            if (tells && watch.ElapsedMilliseconds - toldAtMs > 200)
            {
                toldAtMs = watch.ElapsedMilliseconds;
                Console.Error.Write(
                    $"\r{done.Seeds} of {options.Last - options.First + 1} seeds, {done.Heights} heights settled ");
            }
        });
        if (tells)
        {
            Console.Error.Write("\r\e[K");
        }

        string? transcript = sweep.Failure is { } failure ? Keep(failure.Seed, options.Bug) : null;
        Console.Out.WriteLine(
            options.Json
                ? SweepText.Json(sweep, watch.Elapsed, transcript)
                : SweepText.Lines(sweep, watch.Elapsed, options.Cores, transcript));
        return sweep.Failure is null ? 0 : 1;
    }

    private static int Show(Options options)
    {
        int status = 0;
        for (ulong seed = options.First; seed <= options.Last; seed++)
        {
            foreach (string line in Cluster.Transcribe(seed, options.Bug))
            {
                Console.Out.WriteLine(line);
                status = line.StartsWith(SweepText.Broken, StringComparison.Ordinal) ? 1 : status;
            }
        }

        return status;
    }

    /// <summary>Writes the transcript of a failing seed and shows its end.</summary>
    private static string Keep(ulong seed, Bug? bug)
    {
        IReadOnlyList<string> lines = Cluster.Transcribe(seed, bug);
        string path = Path.Combine(
            Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"ledger-seed-{seed}.txt"));
        File.WriteAllLines(path, lines);
        foreach (string line in lines.Skip(lines.Count - TailLines))
        {
            Console.Error.WriteLine(line);
        }

        return path;
    }
}

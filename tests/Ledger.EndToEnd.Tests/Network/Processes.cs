using System.Diagnostics;
using System.Globalization;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>Looks at processes through /proc: also at those that this one did not start.</summary>
internal static class Processes
{
    /// <summary>
    /// A zombie has ended, and waits only for its parent to take note, once no other thread of it is left: until then
    /// it holds its files and locks.
    /// </summary>
    public static bool Runs(int process) =>
        Stat(process) is { } stat && (stat.State != "Z" || HasOtherThreads(process));

    public static void Kill(int process) => Signal(process, "KILL");

    public static void Signal(int process, string signal)
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process} 2>/dev/null"]);
        kill.WaitForExit();
    }

    public static IReadOnlyList<int> Descendants(int process)
    {
        List<int> found = [];
        foreach (int child in All().Where(other => Stat(other)?.Parent == process))
        {
            found.Add(child);
            found.AddRange(Descendants(child));
        }

        return found;
    }

    /// <summary>Processes whose command line holds the text, such as the path of a folder.</summary>
    public static IReadOnlyList<int> Naming(string text) =>
        [.. All().Where(process => Runs(process) && CommandLine(process).Contains(text))];

    /// <summary>Of those given, what still runs after the time is up.</summary>
    public static async Task<IReadOnlyList<int>> LeftAfterAsync(TimeSpan patience, Func<IReadOnlyList<int>> running)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (running().Count > 0 && watch.Elapsed < patience)
        {
            await Task.Delay(50);
        }

        return running();
    }

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture));

    public static string Describe(int process) => $"process {process} runs still: {CommandLine(process)}";

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return ""; // it ended meanwhile
        }
    }

    private static (string State, int Parent)? Stat(int process)
    {
        try
        {
            // The name stands in brackets and may hold anything; what counts comes after the last one.
            string text = File.ReadAllText($"/proc/{process}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool HasOtherThreads(int process)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{process}/task").Count() > 1;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

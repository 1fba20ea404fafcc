using System.Diagnostics;

namespace Ledger.Node.Hosting;

/// <summary>
/// Ends this process when the one that started it is gone, however it went: a development network leaves nothing behind.
/// </summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    /// <summary>Completes once the process has ended, or when <paramref name="stop"/> fires.</summary>
    public static async Task WhenGoneAsync(int parent, CancellationToken stop)
    {
        string? first = Identify(parent);
        using PeriodicTimer timer = new(Every);
        try
        {
            while (first is not null && Identify(parent) == first)
            {
                await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops for another reason.
        }
    }

    /// <summary>The process's start, which tells it from a later one with its number; null if it has ended, reaped or not.</summary>
    private static string? Identify(int id)
    {
        if (!OperatingSystem.IsLinux())
        {
            return IdentifyPortably(id);
        }

        try
        {
            // proc(5): the name, in parentheses, may hold anything; the state is the first field behind it, the start the 20th.
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? IdentifyPortably(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return process.HasExited ? null : process.StartTime.Ticks.ToString();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

using System.Diagnostics;

namespace Ledger.Node.Hosting;

/// <summary>Ends this process when the one that started it is gone, however it went: a development network leaves nothing behind.</summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    public static async Task WhenGoneAsync(int parent, CancellationToken stop)
    {
        try
        {
            using Process process = Process.GetProcessById(parent);
            using PeriodicTimer timer = new(Every);
            while (!process.HasExited)
            {
                await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
            }
        }
        catch (ArgumentException)
        {
            // Gone already.
        }
    }
}

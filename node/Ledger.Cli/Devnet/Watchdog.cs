using System.Diagnostics;

namespace Ledger.Cli.Devnet;

/// <summary>
/// Ends a process that knows nothing of us when this one is killed outright. A node watches its parent by itself; a
/// Bitcoin daemon does not, so a shell of three lines does it for it.
/// </summary>
internal static class Watchdog
{
    public static Process Start(int processId)
    {
        string script = $"while kill -0 {Environment.ProcessId} 2>/dev/null && kill -0 {processId} 2>/dev/null; do sleep 1; done; kill {processId} 2>/dev/null";
        return Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]))!;
    }

    public static void Stop(Process? watchdog)
    {
        if (watchdog is { HasExited: false })
        {
            watchdog.Kill(entireProcessTree: true);
        }

        watchdog?.Dispose();
    }
}

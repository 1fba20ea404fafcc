using System.Runtime.InteropServices;

namespace Ledger.Cli.Devnet;

/// <summary>POSIX signals to other processes, which .NET has no call for.</summary>
internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to end. False if there is none.</summary>
    public static bool Terminate(int processId) => Kill(processId, SigTerm) == 0;

    public static bool IsAlive(int processId) => Kill(processId, 0) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}

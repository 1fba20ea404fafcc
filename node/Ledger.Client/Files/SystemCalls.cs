using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Client.Files;

/// <summary>The calls of the operating system that the platform's library does not offer.</summary>
internal static partial class SystemCalls
{
    private const int ReadOnly = 0;
    private const int LockExclusive = 2;
    private const int LockWithoutWaiting = 4;

    private const int Exists = 17;

    private const int SharingViolation = unchecked((int)0x80070020);

    private static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    private static int CloseOnExec => OperatingSystem.IsLinux() ? 0x80000 : 0x1000000;

    /// <summary>
    /// Makes the names in a folder durable: a file that was created and synced may still lose its name.
    /// </summary>
    public static void SyncFolder(string folder)
    {
        // Windows has no such call; its journal orders names by itself.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using SafeFileHandle handle = new(Open(folder, ReadOnly | CloseOnExec), ownsHandle: true);
        if (handle.IsInvalid || Sync(handle) != 0)
        {
            throw new IOException($"The folder {folder} cannot be synced: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>
    /// False if another open file holds the lock. The kernel lets go of it when the process ends, however it ends.
    /// </summary>
    /// <exception cref="IOException">This file system knows no locks.</exception>
    public static bool TryLock(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows() || Flock(file, LockExclusive | LockWithoutWaiting) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == WouldBlock
            ? false
            : throw new IOException($"It cannot be locked: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>
    /// Gives a file a second name, in one step and only if nothing has that name: what the platform's own move does not
    /// promise, which looks first and renames then.
    /// </summary>
    /// <returns>False if something has the name; null where the file system knows no second names.</returns>
    public static bool? TryLink(string file, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        return Link(file, name) == 0 ? true : Marshal.GetLastPInvokeError() == Exists ? false : null;
    }

    /// <summary>
    /// Whether a file could not be opened because another open file holds a lock that the platform put on it.
    /// </summary>
    public static bool IsLocked(IOException e) =>
        e.HResult == (OperatingSystem.IsWindows() ? SharingViolation : WouldBlock);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string file, string name);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}

using System.Runtime.InteropServices;

namespace Ledger.Storage.Interop;

/// <summary>fsync of a folder, which makes a rename in it durable; .NET opens files only.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The system refused; the message names the folder.</exception>
    internal static void Run(string folder)
    {
        int file = Open(folder, ReadOnly);
        bool synced = file >= 0 && Sync(file) == 0;
        int error = Marshal.GetLastPInvokeError();
        if (file >= 0)
        {
            _ = Close(file);
        }

        if (!synced)
        {
            throw new IOException($"The folder {folder} cannot be synced: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}

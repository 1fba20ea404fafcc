namespace Ledger.Storage.Tests;

/// <summary>
/// A folder of the test's own, deleted at its end: in memory where the system offers that, since most of these tests open
/// hundreds of stores; on the disk for those that are about the disk.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string SharedMemory = "/dev/shm";

    internal TemporaryFolder(bool onDisk = false)
    {
        string parent = !onDisk && Directory.Exists(SharedMemory) ? SharedMemory : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(parent, "ledger-store-" + System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    /// <summary>Path of something in it that does not exist yet.</summary>
    internal string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

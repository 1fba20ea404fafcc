using System.Diagnostics;

namespace Ledger.TestKit;

/// <summary>A file system in memory that is soon full. Only root may mount it, so a test declares that need.</summary>
public sealed class SmallDisk : IDisposable
{
    /// <param name="mebibytes">Its size.</param>
    public SmallDisk(int mebibytes) => Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", Path);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("ledger-disk-").FullName;

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file that leaves no byte free.</summary>
    public void Fill(string name)
    {
        using FileStream file = File.Create(Sub(name), 1);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // That was the last one.
        }
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}

using Microsoft.Win32.SafeHandles;

namespace Ledger.Client;

/// <summary>
/// Where a passphrase may come from without standing on a command line, where every process could read it. The first
/// line counts, without its end.
/// </summary>
public static class Passphrase
{
    private const int BytesMax = 4_096;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <exception cref="KeyStoreException">The file cannot be read, or others may read it as well.</exception>
    public static string FromFile(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return OperatingSystem.IsWindows() || (File.GetUnixFileMode(file.SafeFileHandle) & OthersRead) == 0
                ? FirstLine(file, path)
                : throw new KeyStoreException(
                    KeyStoreError.Permissions,
                    $"Others may read the passphrase file {path}, so it is not used. Run: chmod 600 {path}");
        }
        catch (Exception e) when (Files.Disk.IsTrouble(e))
        {
            throw new KeyStoreException(
                KeyStoreError.PassphraseMissing, $"The passphrase file {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>From a descriptor that the caller of the program opened, such as 3 in <c>3&lt;secret</c>.</summary>
    /// <exception cref="KeyStoreException">It cannot be read.</exception>
    public static string FromDescriptor(int descriptor)
    {
        try
        {
            using SafeFileHandle handle = new(descriptor, ownsHandle: false);
            using FileStream file = new(handle, FileAccess.Read, bufferSize: 0);
            return FirstLine(file, $"descriptor {descriptor}");
        }
        catch (Exception e) when (Files.Disk.IsTrouble(e) || e is ArgumentException)
        {
            throw new KeyStoreException(
                KeyStoreError.PassphraseMissing,
                $"No passphrase can be read from descriptor {descriptor}: {e.Message}",
                e);
        }
    }

    /// <exception cref="KeyStoreException">The variable is not set.</exception>
    public static string FromEnvironment(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new KeyStoreException(
                KeyStoreError.PassphraseMissing, $"The environment variable {variable} holds no passphrase.");

    private static string FirstLine(Stream stream, string source)
    {
        byte[] bytes = new byte[BytesMax + 1];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        using StreamReader reader = new(new MemoryStream(bytes, 0, length));
        string line = length > BytesMax ? "" : reader.ReadLine() ?? "";
        Array.Clear(bytes);
        return line.Length > 0
            ? line
            : throw new KeyStoreException(
                KeyStoreError.PassphraseMissing,
                $"The first line of {source} is no passphrase of at most {BytesMax} bytes.");
    }
}

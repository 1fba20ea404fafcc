using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Ledger.Runtime.Ports;
using Ledger.Storage.Recovery;

namespace Ledger.Storage.Interop;

/// <summary>Turns the C API's error texts into the three kinds of trouble that a caller can act on.</summary>
internal static partial class RocksError
{
    private const string Restore = "Nothing was repaired. Stop the node and restore this store from a backup"
        + " (ledger restore), or start with an empty folder and let the node fetch the chain from its peers.";

    // errno, which .NET puts into IOException.HResult.
    private const int NoSpace = 28;
    private const int OverQuota = 122;

    /// <summary>Throws what <paramref name="error"/> says, and frees it. Zero means no error.</summary>
    internal static void ThrowIfAny(nint error, string folder)
    {
        if (error != 0)
        {
            throw Classify(Take(error), folder);
        }
    }

    internal static string Take(nint error)
    {
        string text = Marshal.PtrToStringUTF8(error) ?? "unknown error";
        RocksApi.Free(error);
        return text;
    }

    internal static Exception Classify(string text, string folder)
    {
        if (text.Contains("No space left on device", StringComparison.Ordinal)
            || text.Contains("Disk quota exceeded", StringComparison.Ordinal)
            || text.StartsWith("IO error: No space left", StringComparison.Ordinal))
        {
            return Full(folder, text);
        }

        bool missing = text.Contains("No such file or directory", StringComparison.Ordinal);
        if (text.StartsWith("Corruption", StringComparison.Ordinal) || (missing && FileIn(text) is not null))
        {
            string path = Path.Combine(folder, RocksStore.DatabaseFolder);
            return Corrupt(FileIn(text) ?? DamagedFile.Find(path, text) ?? folder, text);
        }

        if (text.Contains("While lock file", StringComparison.Ordinal)
            || text.Contains("lock hold by current process", StringComparison.Ordinal))
        {
            return new StoreInUseException(
                $"The store in {folder} is open in another process. Stop that node first; never run two on one folder.");
        }

        return new IOException($"The store in {folder} failed: {text}");
    }

    internal static bool IsNoSpace(IOException error) => error.HResult is NoSpace or OverQuota;

    internal static StoreFullException Full(string folder, string text) =>
        new($"No space is left for the store in {folder}: nothing was written. Free some space; the store goes on "
            + $"by itself. ({text})");

    internal static StoreCorruptException Corrupt(string file, string what, Exception? inner = null) =>
        new($"{file} is damaged: {what.TrimEnd('.')}. {Restore}", inner);

    /// <summary>The file that an error text names, unless that is the MANIFEST, which is read and judged before.</summary>
    private static string? FileIn(string text)
    {
        string file = FileName().Match(text).Value;
        return file.Length == 0 || file.Contains("MANIFEST", StringComparison.Ordinal) ? null
            // Where a sorted file is missing, RocksDB tries, and names, the ending that such files had long ago.
            : file.EndsWith(".ldb", StringComparison.Ordinal) ? Path.ChangeExtension(file, ".sst") : file;
    }

    [GeneratedRegex(@"(?<=^|[\s:'""])/?[^\s:'""]*?(\d{6,}\.(sst|ldb|blob|log)|MANIFEST-\d{6,}|CURRENT)(?=$|[\s:'"".,])",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}

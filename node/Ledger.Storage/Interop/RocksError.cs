using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Ledger.Runtime.Ports;

namespace Ledger.Storage.Interop;

/// <summary>Turns the C API's error texts into the three kinds of trouble that a caller can act on.</summary>
internal static partial class RocksError
{
    private const string Restore = "Nothing was repaired. Stop the node and restore this store from a backup"
        + " (ledger restore), or start with an empty folder and let the node fetch the chain from its peers.";

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
            return new StoreFullException(
                $"No space is left for the store in {folder}: nothing was written. Free some space; the store goes on "
                + $"by itself. ({text})");
        }

        if (text.StartsWith("Corruption", StringComparison.Ordinal))
        {
            return Corrupt(FileIn(text) ?? folder, text);
        }

        if (text.Contains("LOCK", StringComparison.Ordinal)
            && (text.Contains("lock", StringComparison.OrdinalIgnoreCase)))
        {
            return new StoreInUseException(
                $"The store in {folder} is open in another process. Stop that node first; never run two on one folder.");
        }

        return new IOException($"The store in {folder} failed: {text}");
    }

    internal static StoreCorruptException Corrupt(string file, string what, Exception? inner = null) =>
        new($"{file} is damaged: {what.TrimEnd('.')}. {Restore}", inner);

    /// <summary>The file that an error text names, if it names one.</summary>
    internal static string? FileIn(string text)
    {
        Match match = FileName().Match(text);
        return match.Success ? match.Value : null;
    }

    [GeneratedRegex(@"(?<=^|[\s:'""])/?[^\s:'""]*?(\d{6,}\.(sst|blob|log)|MANIFEST-\d{6,}|CURRENT)(?=$|[\s:'"".,])",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}

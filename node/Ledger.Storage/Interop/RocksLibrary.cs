using System.Runtime.InteropServices;

namespace Ledger.Storage.Interop;

/// <summary>
/// Finds librocksdb, in this order: the file that LEDGER_ROCKSDB names; the system's librocksdb.so.*, newest first;
/// the private folder that node/setup.sh fills. That folder's <c>load-order</c> lists the libraries, dependencies
/// first and RocksDB last, one path a line (relative to the folder): the dynamic loader searches no private
/// folders, but takes a dependency that is already in the process.
/// </summary>
internal static class RocksLibrary
{
    internal const string FileVariable = "LEDGER_ROCKSDB";
    internal const string LocalVariable = "LEDGER_LOCAL";

    private static readonly Lazy<nint> Handle = new(Find, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <exception cref="RocksLibraryMissingException">None was found, or the one named cannot be loaded.</exception>
    internal static nint Load() => Handle.Value;

    private static nint Find() => Find(
        Environment.GetEnvironmentVariable(FileVariable), SystemFolders(),
        LocalFolders(Environment.GetEnvironmentVariable(LocalVariable), AppContext.BaseDirectory));

    internal static nint Find(string? named, IEnumerable<string> systemFolders, IEnumerable<string> localFolders)
    {
        if (!string.IsNullOrEmpty(named))
        {
            return TryLoad(named, out nint handle, out string reason) ? handle : throw new RocksLibraryMissingException(
                $"{FileVariable} names {named}, which cannot be loaded: {reason}. "
                + "Correct the variable, or remove it to use the system's librocksdb.");
        }

        var refusals = new List<string>();
        foreach (string file in systemFolders.SelectMany(Candidates))
        {
            if (TryLoad(file, out nint handle, out string reason))
            {
                return handle;
            }

            refusals.Add($"{file}: {reason}");
        }

        foreach (string order in localFolders.Select(local => Path.Combine(local, "rocksdb", "load-order")))
        {
            if (File.Exists(order))
            {
                return LoadInOrder(order);
            }
        }

        throw new RocksLibraryMissingException(
            "RocksDB is not on this machine. Run node/setup.sh (fetches it into a private folder, no root needed), "
            + "or install your distribution's package (Debian: apt install librocksdb7.8 or librocksdb9.10), "
            + $"or set {FileVariable} to the path of librocksdb.so."
            + (refusals.Count == 0 ? "" : " Found but not loadable: " + string.Join("; ", refusals)));
    }

    /// <summary>Folders named .local, from the variable alone where it is set, else upwards from the program.</summary>
    internal static IEnumerable<string> LocalFolders(string? named, string start)
    {
        if (!string.IsNullOrEmpty(named))
        {
            yield return named;
            yield break;
        }

        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, ".local");
        }
    }

    private static IEnumerable<string> SystemFolders()
    {
        string triplet = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x86_64-linux-gnu",
            Architecture.Arm64 => "aarch64-linux-gnu",
            Architecture other => other.ToString(),
        };
        return ["/usr/local/lib", $"/usr/lib/{triplet}", "/usr/lib64", "/usr/lib"];
    }

    private static IEnumerable<string> Candidates(string folder) =>
        !Directory.Exists(folder)
            ? []
            : Directory.EnumerateFiles(folder, "librocksdb.so*").OrderByDescending(VersionOf)
                .ThenBy(file => file, StringComparer.Ordinal);

    private static Version VersionOf(string file)
    {
        string text = Path.GetFileName(file)["librocksdb.so".Length..].TrimStart('.');
        return Version.TryParse(text.Contains('.') ? text : text + ".0", out Version? version) ? version : new Version();
    }

    private static nint LoadInOrder(string order)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(order))!;
        nint last = 0;
        foreach (string line in File.ReadLines(order).Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            string path = Path.Combine(folder, line);
            if (!TryLoad(path, out last, out string reason))
            {
                throw new RocksLibraryMissingException(
                    $"{order} lists {path}, which cannot be loaded: {reason}. Delete {folder} and run node/setup.sh.");
            }
        }

        return last != 0 ? last : throw new RocksLibraryMissingException(
            $"{order} lists no library. Delete {folder} and run node/setup.sh.");
    }

    private static bool TryLoad(string path, out nint handle, out string reason)
    {
        handle = 0;
        reason = "";
        try
        {
            handle = NativeLibrary.Load(path);
            return true;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            reason = error.Message.Split('\n')[0].TrimEnd('.');
            return false;
        }
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using Ledger.Storage.Interop;

namespace Ledger.Storage.Recovery;

/// <summary>
/// Reads RocksDB's logs before RocksDB may, and refuses the store when something acknowledged cannot be recovered. RocksDB
/// itself, in whatever recovery mode, takes some damage for a torn write and goes on without the rest: a length field
/// that points past the end, a zeroed sector, a cut file. It would then delete the files that it no longer knows.
/// </summary>
internal static partial class RecoveryCheck
{
    /// <param name="path">RocksDB's folder.</param>
    /// <param name="acknowledged">Sequence number of the last change that somebody was told is durable.</param>
    /// <exception cref="Ledger.Runtime.Ports.StoreCorruptException">With the file's name. Nothing was changed.</exception>
    internal static void Run(string path, ulong acknowledged)
    {
        (LogScan manifest, ulong? sorted, ulong oldestLog) = ManifestSequence.Read(CurrentManifest(path));
        if (manifest.Fault is { LaterRecord: not null } fault)
        {
            throw Damaged(manifest, fault);
        }

        LogScan[] logs =
        [
            .. Logs(path).Where(log => NumberOf(log) >= oldestLog).Select(log => LogScanner.Scan(log, sequenced: true)),
        ];
        CheckLogs(logs, acknowledged);
        CheckSeam(manifest, sorted, logs);
    }

    /// <summary>Write-ahead logs in the order of their numbers.</summary>
    internal static IEnumerable<string> Logs(string path) =>
        Directory.EnumerateFiles(path, "*.log")
            .Where(file => NumberOf(file) is not null)
            .OrderBy(file => NumberOf(file)!.Value);

    /// <summary>The MANIFEST that CURRENT names.</summary>
    internal static string CurrentManifest(string path)
    {
        string current = Path.Combine(path, "CURRENT");
        if (!File.Exists(current))
        {
            throw RocksError.Corrupt(current, "it is missing");
        }

        Match name = ManifestName().Match(File.ReadAllText(current));
        if (!name.Success)
        {
            throw RocksError.Corrupt(current, "it names no MANIFEST");
        }

        string manifest = Path.Combine(path, name.Groups["name"].Value);
        return File.Exists(manifest)
            ? manifest
            : throw RocksError.Corrupt(manifest, "CURRENT names it, and it is missing");
    }

    /// <summary>
    /// A log is deleted only after the MANIFEST says that its changes are in sorted files, and up to which number those
    /// reach; so the first log that is left begins no later than there. If it does, the MANIFEST has lost its end.
    /// </summary>
    private static void CheckSeam(LogScan manifest, ulong? sorted, LogScan[] logs)
    {
        LogScan? first = Array.Find(logs, log => log.FirstSequence is not null);
        if (sorted is not null && first?.FirstSequence > sorted + 1)
        {
            throw RocksError.Corrupt(
                manifest.Path,
                $"it knows the changes up to {sorted}, and the first log, {Path.GetFileName(first.Path)}, begins with "
                + $"{first.FirstSequence}: its end is lost, or a log is"
                + (manifest.Fault is null ? "" : $" (at offset {manifest.Fault.Offset} {manifest.Fault.Reason})"));
        }
    }

    private static void CheckLogs(LogScan[] scans, ulong acknowledged)
    {
        LogScan? before = null;
        foreach (LogScan scan in scans)
        {
            if (scan.Fault is { LaterRecord: not null } fault)
            {
                throw Damaged(scan, fault);
            }

            if (scan.FirstSequence is null)
            {
                continue;
            }

            // A torn write's numbers are used again after it, so the next log leaves no gap; a lost one's are not.
            if (before is not null && scan.FirstSequence > before.NextSequence)
            {
                throw RocksError.Corrupt(
                    before.Path,
                    $"changes {before.NextSequence} to {scan.FirstSequence - 1} are missing between it and "
                    + Path.GetFileName(scan.Path));
            }

            before = scan;
        }

        if (before is { Fault: { } torn } && before.NextSequence <= acknowledged)
        {
            throw RocksError.Corrupt(
                before.Path,
                $"at offset {torn.Offset} {torn.Reason}, and the acknowledged changes {before.NextSequence} to "
                + $"{acknowledged} are lost with it");
        }
    }

    /// <summary>The last word, after RocksDB has read everything: is all that was acknowledged there?</summary>
    internal static void CheckSequence(string path, ulong found, ulong acknowledged)
    {
        if (found < acknowledged)
        {
            string file = Logs(path).LastOrDefault() ?? CurrentManifest(path);
            throw RocksError.Corrupt(
                file,
                $"the store ends with change {found}, but change {acknowledged} was acknowledged (log or MANIFEST "
                + "cut off, or an old copy of the files)");
        }
    }

    private static Exception Damaged(LogScan scan, LogFault fault) => RocksError.Corrupt(
        scan.Path,
        $"at offset {fault.Offset} {fault.Reason}, and a sound record follows at offset {fault.LaterRecord}");

    private static ulong? NumberOf(string file) =>
        ulong.TryParse(
            Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : null;

    [GeneratedRegex(@"^(?<name>MANIFEST-[0-9]{6,})\n$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ManifestName();
}

namespace Ledger.Storage.Recovery;

/// <summary>
/// Reads two numbers from RocksDB's MANIFEST: up to which change it accounts, which shows whether its end is still there,
/// and from which number on its logs count. An entry (VersionEdit) is a list of tag ‖ value, varints; RocksDB writes the tags that are read here, and
/// those that may be skipped, before all others.
/// </summary>
internal static class ManifestSequence
{
    private const ulong Comparator = 1;
    private const ulong LogNumber = 2;
    private const ulong NextFileNumber = 3;
    private const ulong LastSequence = 4;
    private const ulong PreviousLogNumber = 9;
    private const ulong MinLogNumber = 10;
    private const ulong MaxColumnFamily = 203;

    /// <summary>Tags with this bit may be ignored; their values have a length in front.</summary>
    private const ulong SafeToIgnore = 1 << 13;

    /// <summary>
    /// Scans <paramref name="path"/>; also gives the largest change in its whole entries, null when none holds one, and the
    /// number of the oldest log that RocksDB will read: an older one was left because it could not be deleted.
    /// </summary>
    internal static (LogScan Scan, ulong? Largest, ulong OldestLog) Read(string path)
    {
        ulong? largest = null;
        ulong oldestLog = 0;
        LogScan scan = LogScanner.Scan(path, sequenced: false, entry =>
        {
            if (Find(entry, ref oldestLog) is { } sequence && !(sequence < largest))
            {
                largest = sequence;
            }
        });
        return (scan, largest, oldestLog);
    }

    private static ulong? Find(ReadOnlySpan<byte> entry, ref ulong oldestLog)
    {
        while (TryVarint(ref entry, out ulong tag))
        {
            bool isText = tag == Comparator || (tag & SafeToIgnore) != 0;
            bool isNumber = tag is LogNumber or NextFileNumber or LastSequence or PreviousLogNumber or MinLogNumber
                or MaxColumnFamily;
            if (!(isText || isNumber) || !TryVarint(ref entry, out ulong value))
            {
                return null;
            }

            if (tag == LastSequence)
            {
                return value;
            }

            if (tag == MinLogNumber)
            {
                oldestLog = Math.Max(oldestLog, value);
            }

            if (isText)
            {
                if (value > (ulong)entry.Length)
                {
                    return null;
                }

                entry = entry[(int)value..];
            }
        }

        return null;
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Storage.Recovery;

/// <summary>
/// Finds the file behind an error of RocksDB that names none, or that names the MANIFEST because a file which that one
/// lists cannot be opened. Looks no longer than a node may take to stop.
/// </summary>
internal static class DamagedFile
{
    private const int MagicBytes = 8;

    /// <summary>Ends every sorted file (block-based table).</summary>
    private const ulong TableMagic = 0x88e241b785f4cff7;

    private static readonly TimeSpan SearchMax = TimeSpan.FromSeconds(10);

    /// <param name="path">RocksDB's folder.</param>
    /// <param name="text">RocksDB's error.</param>
    internal static string? Find(string path, string text)
    {
        if (!Directory.Exists(path))
        {
            return null;
        }

        // The open store may be writing a file of the other kind at this moment, which is not whole yet either. Of the
        // kind that is meant, what is being written has a higher number than what is damaged, and is not reached.
        return text.Contains("blob", StringComparison.OrdinalIgnoreCase)
            ? FindBlob(path) ?? FindSorted(path)
            : FindSorted(path) ?? FindBlob(path);
    }

    private static string? FindSorted(string path) =>
        Directory.EnumerateFiles(path, "*.sst").Order()
            .FirstOrDefault(file => IsDamaged(file, file => !EndsLikeATable(file)));

    private static string? FindBlob(string path)
    {
        long start = Stopwatch.GetTimestamp();
        return BlobScanner.Files(path)
            .TakeWhile(_ => Stopwatch.GetElapsedTime(start) < SearchMax)
            .FirstOrDefault(file => IsDamaged(file, file => BlobScanner.FindDamage(file) is not null));
    }

    private static bool IsDamaged(string file, Predicate<string> judge)
    {
        try
        {
            return judge(file);
        }
        catch (FileNotFoundException)
        {
            return false; // a compaction of the open store was quicker
        }
    }

    private static bool EndsLikeATable(string file)
    {
        using SafeFileHandle handle = File.OpenHandle(
            file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> magic = stackalloc byte[MagicBytes];
        long length = RandomAccess.GetLength(handle);
        return length >= MagicBytes && RandomAccess.Read(handle, magic, length - MagicBytes) == MagicBytes
            && BinaryPrimitives.ReadUInt64LittleEndian(magic) == TableMagic;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Ledger.Client.Model;

/// <summary>
/// What changes when a file is written, replaced or renamed over: device, inode, size, time of content and time of
/// inode. A content that changes leaves the same stamp only within one tick of the file system's clock.
/// </summary>
internal readonly partial record struct FileStamp(ulong Device, ulong Inode, long Size, long ChangedNs, long TouchedNs)
{
    private const int CurrentFolder = -100;
    private const uint BasicStatistics = 0x7ff;
    private const int StatisticsBytes = 256;

    /// <summary>Longer than a tick of any clock that a file system has; FAT's is the longest.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    /// <exception cref="IOException">There is no such file, or it cannot be looked at.</exception>
    public static FileStamp Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            FileInfo file = new(path);
            return file.Exists
                ? new FileStamp(0, 0, file.Length, Nanoseconds(file.LastWriteTimeUtc), Nanoseconds(file.CreationTimeUtc))
                : throw new FileNotFoundException($"There is no file {path}.");
        }

        // statx(2): its layout is the same on every architecture.
        Span<byte> found = stackalloc byte[StatisticsBytes];
        if (Statx(CurrentFolder, path, 0, BasicStatistics, ref MemoryMarshal.GetReference(found)) != 0)
        {
            throw new FileNotFoundException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        ulong device = BinaryPrimitives.ReadUInt64LittleEndian(found[136..]);
        ulong inode = BinaryPrimitives.ReadUInt64LittleEndian(found[32..]);
        long size = BinaryPrimitives.ReadInt64LittleEndian(found[40..]);
        return new FileStamp(device, inode, size, TimeAt(found[112..]), TimeAt(found[96..]));
    }

    /// <summary>
    /// Whether the file was changed so shortly before that moment that another change could leave the same stamp.
    /// </summary>
    public bool IsFreshAt(DateTimeOffset moment)
    {
        long now = Nanoseconds(moment.UtcDateTime);
        return Math.Abs(now - Math.Max(ChangedNs, TouchedNs)) < Tick.Ticks * TimeSpan.NanosecondsPerTick;
    }

    private static long Nanoseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private static long TimeAt(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadInt64LittleEndian(bytes) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte statistics);
}

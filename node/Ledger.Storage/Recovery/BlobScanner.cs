using System.Buffers.Binary;
using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Storage.Recovery;

/// <summary>
/// Reads a blob file record by record. RocksDB checks the same sums when it reads a value, but does not name the
/// file. Format (RocksDB 7.8 to 9.x, blob log version 1), integers little-endian: header (30) ‖ records ‖ footer (32, absent in
/// a file that a crash cut off); a record is key length (8) ‖ value length (8) ‖ expiration (8) ‖ masked CRC-32C of
/// these 24 bytes (4) ‖ masked CRC-32C of key and value (4) ‖ key ‖ value.
/// </summary>
internal static class BlobScanner
{
    private const int HeaderBytes = 30;
    private const int FooterBytes = 32;
    private const int RecordHeaderBytes = 32;
    private const uint Magic = 2395959;
    private const long RecordBytesMax = 1L << 30;

    internal static IEnumerable<string> Files(string path) => Directory.EnumerateFiles(path, "*.blob").Order();

    /// <summary>The first damage in <paramref name="path"/>, or null.</summary>
    internal static StoreCorruptException? FindDamage(string path)
    {
        using SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(file);
        byte[] buffer = new byte[1 << 16];
        if (!TryFill(file, buffer, HeaderBytes, 0) || BinaryPrimitives.ReadUInt32LittleEndian(buffer) != Magic)
        {
            return RocksError.Corrupt(path, "it does not begin like a blob file");
        }

        long position = HeaderBytes;
        while (position < length)
        {
            if (!TryFill(file, buffer, RecordHeaderBytes, position))
            {
                return Torn(path, position);
            }

            if (length - position == FooterBytes && BinaryPrimitives.ReadUInt32LittleEndian(buffer) == Magic)
            {
                return SumMatches(buffer.AsSpan(0, 28), buffer.AsSpan(28))
                    ? null
                    : RocksError.Corrupt(path, $"at offset {position} the footer's checksum does not match");
            }

            long size = BinaryPrimitives.ReadInt64LittleEndian(buffer) + BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(8));
            if (!SumMatches(buffer.AsSpan(0, 24), buffer.AsSpan(24)) || size is < 0 or > RecordBytesMax)
            {
                return RocksError.Corrupt(path, $"at offset {position} a record header's checksum does not match");
            }

            uint sum = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(28));
            if (buffer.Length < size)
            {
                buffer = new byte[size];
            }

            if (!TryFill(file, buffer, (int)size, position + RecordHeaderBytes))
            {
                return Torn(path, position);
            }

            if (Crc32C.Mask(Crc32C.Of(buffer.AsSpan(0, (int)size))) != sum)
            {
                return RocksError.Corrupt(path, $"at offset {position} a value's checksum does not match");
            }

            position += RecordHeaderBytes + size;
        }

        return Torn(path, position);
    }

    private static StoreCorruptException Torn(string path, long position) =>
        RocksError.Corrupt(path, $"it is cut off at offset {position}");

    private static bool SumMatches(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> sum) =>
        BinaryPrimitives.ReadUInt32LittleEndian(sum) == Crc32C.Mask(Crc32C.Of(bytes));

    private static bool TryFill(SafeFileHandle file, byte[] buffer, int size, long offset)
    {
        int read = 0;
        while (read < size)
        {
            int count = RandomAccess.Read(file, buffer.AsSpan(read, size - read), offset + read);
            if (count == 0)
            {
                return false;
            }

            read += count;
        }

        return true;
    }
}

using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Storage.Recovery;

/// <summary>
/// A number in a file of three pages: a line of text that names the format, then two slots written in turn, so that a
/// torn one leaves the other. Not thread-safe.
/// </summary>
/// <remarks>Slot: counter (8) ‖ number (8) ‖ CRC-32C of both (4), little-endian.</remarks>
internal sealed class NumberSlots(SafeFileHandle file)
{
    internal const int PageBytes = 4096;
    internal const int FileBytes = PageBytes * 3;

    private const int SlotBytes = 20;
    private const int SumOffset = 16;

    private ulong _counter;

    internal ulong Number { get; private set; }

    /// <summary>Writes both slots and the line, and syncs: from here on the file is complete.</summary>
    internal void Create(ReadOnlySpan<byte> title, ulong number)
    {
        byte[] pages = new byte[FileBytes];
        title.CopyTo(pages);
        RandomAccess.Write(file, pages, 0);
        Save(number);
        Save(number);
        Sync();
    }

    /// <summary>Reads the newer sound slot; false if neither is sound.</summary>
    internal bool Load(ReadOnlySpan<byte> pages) =>
        TrySlot(pages.Slice(PageBytes, SlotBytes)) | TrySlot(pages.Slice(PageBytes * 2, SlotBytes));

    /// <summary>Survives a killed process; a power cut only after <see cref="Sync"/>.</summary>
    internal void Save(ulong number)
    {
        Span<byte> slot = stackalloc byte[SlotBytes];
        _counter++;
        BinaryPrimitives.WriteUInt64LittleEndian(slot, _counter);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[8..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[SumOffset..], Crc32C.Of(slot[..SumOffset]));
        RandomAccess.Write(file, slot, PageBytes * (1 + (long)(_counter % 2)));
        Number = number;
    }

    internal void Sync() => RandomAccess.FlushToDisk(file);

    private bool TrySlot(ReadOnlySpan<byte> slot)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(slot[SumOffset..]) != Crc32C.Of(slot[..SumOffset]))
        {
            return false;
        }

        ulong counter = BinaryPrimitives.ReadUInt64LittleEndian(slot);
        if (counter >= _counter)
        {
            _counter = counter;
            Number = BinaryPrimitives.ReadUInt64LittleEndian(slot[8..]);
        }

        return true;
    }
}

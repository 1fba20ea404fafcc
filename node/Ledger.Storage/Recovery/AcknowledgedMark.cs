using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Storage.Recovery;

/// <summary>
/// The file <c>acknowledged</c> beside RocksDB's folder: the sequence number of the last change that was durable before its
/// writer was told, a lower bound of what must be there after any crash. It is what tells a torn last write, which
/// nobody was told of, from the loss of one that somebody was. Written without a sync after each synced batch: it
/// survives a killed process exactly, and a power cut up to what the operating system had written back. Never
/// ahead of the log, since the log is synced first. The open file is also the store's lock against other processes.
/// </summary>
/// <remarks>
/// Three pages: a line of text that names the format, then two slots written in turn, so that a torn one leaves the other.
/// Slot: counter (8) ‖ sequence (8) ‖ CRC-32C of both (4), little-endian.
/// </remarks>
internal sealed class AcknowledgedMark : IDisposable
{
    internal const string FileName = "acknowledged";
    internal const string Title = "ledger store, format 1\n";
    internal const int PageBytes = 4096;

    private const int SlotBytes = 20;
    private const int SumOffset = 16;

    private readonly SafeFileHandle _file;
    private readonly Lock _gate = new();
    private ulong _counter;

    private AcknowledgedMark(SafeFileHandle file, string path)
    {
        _file = file;
        Path = path;
    }

    internal string Path { get; }

    /// <summary>The last acknowledged change; 0 in a new file.</summary>
    internal ulong Sequence { get; private set; }

    /// <summary>True until <see cref="Create"/>: the file was just made, or its creation never finished.</summary>
    internal bool IsNew { get; private set; }

    /// <summary>Opens or makes the file and takes the lock.</summary>
    internal static AcknowledgedMark Open(string folder)
    {
        string path = System.IO.Path.Combine(folder, FileName);
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new StoreInUseException(
                $"The store in {folder} is open in another process. Stop that node first; never run two on one folder.");
        }

        var mark = new AcknowledgedMark(file, path);
        try
        {
            mark.Load(folder);
            return mark;
        }
        catch
        {
            mark.Dispose();
            throw;
        }
    }

    /// <summary>Writes the first contents and syncs them: from here on the store exists.</summary>
    internal void Create(ulong sequence)
    {
        byte[] pages = new byte[PageBytes * 3];
        Encoding.ASCII.GetBytes(Title, pages);
        RandomAccess.Write(_file, pages, 0);
        IsNew = false;
        Save(sequence);
        Save(sequence);
        Sync();
    }

    /// <summary>Raises the bound. Called after the log's sync, before the writer is told.</summary>
    internal void Advance(ulong sequence)
    {
        lock (_gate)
        {
            // Of a group of writers that shared a sync, the first reports for all.
            if (sequence > Sequence)
            {
                Save(sequence);
            }
        }
    }

    internal void Sync() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();

    private void Save(ulong sequence)
    {
        Span<byte> slot = stackalloc byte[SlotBytes];
        _counter++;
        BinaryPrimitives.WriteUInt64LittleEndian(slot, _counter);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[8..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[SumOffset..], Crc32C.Of(slot[..SumOffset]));
        RandomAccess.Write(_file, slot, SlotOffset(_counter));
        Sequence = sequence;
    }

    private static long SlotOffset(ulong counter) => PageBytes * (1 + (long)(counter % 2));

    private void Load(string folder)
    {
        byte[] pages = new byte[PageBytes * 3];
        int read = RandomAccess.Read(_file, pages, 0);
        string title = Encoding.ASCII.GetString(pages, 0, Math.Min(Title.Length, read));
        IsNew = read == 0 || Array.TrueForAll(pages, value => value == 0);
        if (IsNew)
        {
            return;
        }

        if (title != Title)
        {
            throw title.StartsWith("ledger store, format ", StringComparison.Ordinal)
                ? new StoreFormatException(
                    $"{folder} holds a store of another version ({title.TrimEnd()}). Use the program that wrote it.")
                : Interop.RocksError.Corrupt(Path, "its first line is not that of a store");
        }

        bool found = TrySlot(pages.AsSpan(PageBytes, SlotBytes)) | TrySlot(pages.AsSpan(PageBytes * 2, SlotBytes));
        if (!found)
        {
            throw Interop.RocksError.Corrupt(Path, "neither of its two entries has a matching checksum");
        }
    }

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
            Sequence = BinaryPrimitives.ReadUInt64LittleEndian(slot[8..]);
        }

        return true;
    }
}

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
/// <remarks>The file is that of <see cref="NumberSlots"/>.</remarks>
internal sealed class AcknowledgedMark : IDisposable
{
    internal const string FileName = "acknowledged";
    internal const string Title = "ledger store, format 1\n";

    private readonly SafeFileHandle _file;
    private readonly NumberSlots _slots;
    private readonly Lock _gate = new();

    private AcknowledgedMark(SafeFileHandle file, string path)
    {
        _file = file;
        _slots = new NumberSlots(file);
        Path = path;
    }

    internal string Path { get; }

    /// <summary>The last acknowledged change; 0 in a new file.</summary>
    internal ulong Sequence => _slots.Number;

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
        _slots.Create(Encoding.ASCII.GetBytes(Title), sequence);
        IsNew = false;
    }

    /// <summary>Raises the bound. Called after the log's sync, before the writer is told.</summary>
    internal void Advance(ulong sequence)
    {
        lock (_gate)
        {
            // Of a group of writers that shared a sync, the first reports for all.
            if (sequence > Sequence)
            {
                _slots.Save(sequence);
            }
        }
    }

    internal void Sync() => _slots.Sync();

    public void Dispose() => _file.Dispose();

    private void Load(string folder)
    {
        byte[] pages = new byte[NumberSlots.FileBytes];
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

        if (!_slots.Load(pages))
        {
            throw Interop.RocksError.Corrupt(Path, "neither of its two entries has a matching checksum");
        }
    }
}

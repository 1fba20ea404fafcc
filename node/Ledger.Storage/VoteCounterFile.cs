using System.Text;
using Ledger.Runtime.Ports;
using Ledger.Storage.Interop;
using Ledger.Storage.Recovery;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Storage;

/// <summary>
/// <see cref="IVoteCounter"/> in a file of its own, which belongs outside whatever is backed up. It is locked against
/// other processes while open. Used by one thread.
/// </summary>
public sealed class VoteCounterFile : IVoteCounter, IDisposable
{
    internal const string Title = "ledger vote counter, format 1\n";

    private readonly SafeFileHandle _file;
    private readonly NumberSlots _slots;

    private VoteCounterFile(SafeFileHandle file)
    {
        _file = file;
        _slots = new NumberSlots(file);
    }

    /// <summary>Opens the file, or makes it with the number 0 and its folder too.</summary>
    /// <exception cref="StoreInUseException">Another process has it open.</exception>
    /// <exception cref="StoreCorruptException">It is no such file, or neither of its entries is sound.</exception>
    /// <exception cref="IOException">The folder or the file cannot be made.</exception>
    public static VoteCounterFile Open(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new StoreInUseException($"The vote counter {path} is open in another process. Never run one validator twice.");
        }

        VoteCounterFile counter = new(file);
        try
        {
            counter.Load(path, folder);
            return counter;
        }
        catch
        {
            counter.Dispose();
            throw;
        }
    }

    public ulong Read() => _slots.Number;

    public void Write(ulong value)
    {
        _slots.Save(value);
        _slots.Sync();
    }

    public void Dispose() => _file.Dispose();

    private void Load(string path, string folder)
    {
        byte[] pages = new byte[NumberSlots.FileBytes];
        int read = RandomAccess.Read(_file, pages, 0);
        if (read == 0 || Array.TrueForAll(pages, value => value == 0))
        {
            _slots.Create(Encoding.ASCII.GetBytes(Title), 0);
            FolderSync.Run(folder);
        }
        else if (!pages.AsSpan().StartsWith(Encoding.ASCII.GetBytes(Title)) || !_slots.Load(pages))
        {
            throw RocksError.Corrupt(path, "it is no vote counter, or neither of its two entries has a matching checksum");
        }
    }
}

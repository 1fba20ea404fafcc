using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Client.Files;

/// <summary>
/// Reads a chain file that another process may be writing: the records that were whole when it was opened. They are
/// synced first, so that nobody is ever shown a record which a crash could still take from its owner.
/// </summary>
internal sealed class ChainReader : IDisposable
{
    private const int PieceBytes = 1 << 16;

    private readonly FileStream _file;
    private readonly string _path;

    /// <summary>Where each record begins, and at the end where the last one ends.</summary>
    private readonly List<long> _offsets = [0];

    private ChainReader(FileStream file, string path) => (_file, _path) = (file, path);

    /// <summary>Whole records.</summary>
    public ulong Count => (ulong)_offsets.Count - 1;

    /// <exception cref="ChainFileException">
    /// There is no such file, or it holds no whole record, or no records at all.
    /// </exception>
    public static ChainReader Open(string path, Disk disk)
    {
        FileStream? file = null;
        try
        {
            file = disk.OpenReading(path);
            long length = RandomAccess.GetLength(file.SafeFileHandle);
            disk.Sync(file);
            ChainReader reader = new(file, path);
            reader.Index(length);
            return reader.Count > 0 ? reader : throw reader.Damaged(0, "it holds no whole record");
        }
        catch (Exception e)
        {
            file?.Dispose();
            throw e switch
            {
                FileNotFoundException or DirectoryNotFoundException =>
                    new ChainFileException(ChainFileError.Missing, $"There is no chain file {path}.", e),
                _ when Disk.IsTrouble(e) =>
                    new ChainFileException(ChainFileError.Disk, $"{path} cannot be read: {e.Message}", e),
                _ => e,
            };
        }
    }

    /// <summary>
    /// Finds the whole records that came since. They may not last yet: whoever shows them knows which of them do.
    /// </summary>
    /// <exception cref="ChainFileException">The file cannot be read, or is damaged.</exception>
    public void Extend()
    {
        try
        {
            Index(RandomAccess.GetLength(_file.SafeFileHandle));
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw new ChainFileException(ChainFileError.Disk, $"{_path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The bytes of the records from one on, at least one, as many as fit both limits.</summary>
    public byte[] Read(ulong first, int countMax, int bytesMax, out int count)
    {
        long start = _offsets[(int)first];
        count = 1;
        while (count < countMax && first + (ulong)count < Count && _offsets[(int)first + count + 1] - start <= bytesMax)
        {
            count++;
        }

        byte[] bytes = new byte[_offsets[(int)first + count] - start];
        int read = 0;
        while (read < bytes.Length)
        {
            int now = RandomAccess.Read(_file.SafeFileHandle, bytes.AsSpan(read), start + read);
            read += now > 0
                ? now
                : throw new ChainFileException(ChainFileError.Disk, $"{_path} became shorter while it was read.");
        }

        return bytes;
    }

    public Record Record(ulong seq) =>
        Records.Record.TryParse(Read(seq, 1, Limits.RecordBytes, out _), out Record? record, out Fault? fault)
            ? record
            : throw Damaged(seq, fault.Reason);

    public void Dispose() => _file.Dispose();

    /// <summary>From the end of the last whole record on: what stood behind it then may be gone.</summary>
    private void Index(long length)
    {
        RecordSplitter splitter = new();
        byte[] piece = new byte[PieceBytes];
        long start = _offsets[^1];
        long position = start;
        while (position < length)
        {
            int wanted = (int)Math.Min(piece.Length, length - position);
            int read = RandomAccess.Read(_file.SafeFileHandle, piece.AsSpan(0, wanted), position);
            if (read == 0)
            {
                break;
            }

            position += read;
            splitter.Append(piece.AsSpan(0, read));
            while (splitter.TryTake(out _, out _))
            {
                _offsets.Add(start + splitter.Offset);
            }

            if (splitter.Fault is { } unreadable)
            {
                throw Damaged(Count, unreadable.Reason);
            }
        }
    }

    private ChainFileException Damaged(ulong index, string reason) => new(
        ChainFileError.Corrupt, $"{_path} is damaged at record {index}: {reason}. Restore the file from a copy.");
}

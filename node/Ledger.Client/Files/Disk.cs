namespace Ledger.Client.Files;

/// <summary>
/// Every call to the file system that a guarantee of the SDK rests on. Tests put another one in its place: a full disk,
/// a sync that fails, a list of what was called in which order.
/// </summary>
internal class Disk
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;
    private const UnixFileMode EveryoneReads = OwnersFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static Disk Real { get; } = new();

    /// <summary>A file that was not there before, unbuffered.</summary>
    /// <param name="secret">Nobody but the owner may read it.</param>
    public virtual FileStream CreateNew(string path, bool secret) => Open(path, FileMode.CreateNew, secret);

    /// <summary>A file for reading and writing, unbuffered.</summary>
    public virtual FileStream OpenExisting(string path) => Open(path, FileMode.Open, secret: false);

    /// <summary>A file for reading that another process may be writing, unbuffered.</summary>
    public virtual FileStream OpenReading(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>The file that is locked in place of another one. Stays behind; only the lock on it counts.</summary>
    public virtual FileStream OpenLock(string path) =>
        new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    public virtual void Write(FileStream file, ReadOnlySpan<byte> bytes, long offset) =>
        RandomAccess.Write(file.SafeFileHandle, bytes, offset);

    /// <summary>Returns when what was written is on the medium.</summary>
    public virtual void Sync(FileStream file) => RandomAccess.FlushToDisk(file.SafeFileHandle);

    public virtual void SetLength(FileStream file, long length) => RandomAccess.SetLength(file.SafeFileHandle, length);

    public virtual void SyncFolder(string folder) => SystemCalls.SyncFolder(folder);

    /// <summary>Gives a file its name, unless another has it: then that one stays and this one goes.</summary>
    public virtual void Rename(string from, string to)
    {
        if (SystemCalls.TryLink(from, to) is not null)
        {
            File.Delete(from);
            return;
        }

        try
        {
            File.Move(from, to, overwrite: false);
        }
        catch (IOException) when (File.Exists(to))
        {
            File.Delete(from);
        }
    }

    /// <summary>Gives a file the name of another, which goes.</summary>
    public virtual void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Takes a name away; none there is fine.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    public virtual void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnersFolder);
        }
    }

    /// <summary>Writes a whole new file and makes it durable under its name, or leaves none behind.</summary>
    /// <exception cref="IOException">There is one already, or the disk refuses.</exception>
    public void Save(string path, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool secret)
    {
        WriteNew(path, first, second, secret);
        try
        {
            SyncFolder(FolderOf(path));
        }
        catch
        {
            TryDelete(path);
            throw;
        }
    }

    /// <summary>
    /// Writes a whole new file whose bytes are durable, though not yet its name, or leaves none behind.
    /// </summary>
    public void WriteNew(string path, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool secret)
    {
        FileStream file = CreateNew(path, secret);
        try
        {
            Write(file, first, 0);
            if (!second.IsEmpty)
            {
                Write(file, second, first.Length);
            }

            Sync(file);
            file.Dispose();
        }
        catch
        {
            file.Dispose();
            TryDelete(path);
            throw;
        }
    }

    public static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be deleted is found, and refused, when it is next opened.
        }
    }

    /// <summary>Whether an exception is the disk's answer rather than a mistake of ours.</summary>
    public static bool IsTrouble(Exception e) => e is IOException or UnauthorizedAccessException;

    private static FileStream Open(string path, FileMode mode, bool secret)
    {
        FileStreamOptions options = new()
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (mode != FileMode.Open && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = secret ? OwnersFile : EveryoneReads;
        }

        return new FileStream(path, options);
    }
}

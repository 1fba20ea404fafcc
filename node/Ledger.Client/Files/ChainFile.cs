using Ledger.Records;

namespace Ledger.Client.Files;

/// <summary>
/// The open chain file of one stream, <c>NAME.oar</c>: whole records one after the other, only ever longer. A whole
/// record that stands in it is never taken back, so whoever reads the file may rely on what he finds. One writer at a
/// time: the lock is on <c>NAME.oar.lock</c>. <see cref="Append"/> is called by one thread at a time.
/// </summary>
internal sealed class ChainFile : IAsyncDisposable
{
    private readonly Disk _disk;
    private readonly FileStream _file;
    private readonly FileStream _lock;
    private readonly GroupSync _syncs;
    private long _length;
    private volatile ChainFileException? _failure;

    private ChainFile(Disk disk, string path, FileStream file, FileStream fileLock, long length)
    {
        (_disk, Path, _file, _lock, _length) = (disk, path, file, fileLock, length);
        _syncs = new GroupSync(Sync);
    }

    public string Path { get; }

    public Disk Disk => _disk;

    /// <summary>Makes the file with its first record, durable under its name.</summary>
    public static ChainFile Create(Disk disk, string path, Record genesis)
    {
        if (File.Exists(path))
        {
            throw new ChainFileException(
                ChainFileError.Exists,
                $"{path} exists already, and a chain is never overwritten. Choose another name.");
        }

        FileStream? fileLock = null;
        bool made = false;
        try
        {
            fileLock = Lock(disk, path);
            disk.Save(path, genesis.Bytes.Span, [], secret: false);
            made = true;
            return new ChainFile(disk, path, disk.OpenExisting(path), fileLock, genesis.Bytes.Length);
        }
        catch (Exception e)
        {
            if (made)
            {
                Disk.TryDelete(path);
            }

            fileLock?.Dispose();
            throw Disk.IsTrouble(e) ? Refused(path, "made", e) : e;
        }
    }

    /// <summary>
    /// Opens the file and checks all of it. A torn end is cut off and kept beside it, and the caller is told.
    /// </summary>
    /// <exception cref="ChainFileException">Every reason not to go on writing.</exception>
    public static (ChainFile File, ChainScan Scan, string? Warning) Open(Disk disk, string path, CancellationToken stop)
    {
        if (!File.Exists(path))
        {
            throw new ChainFileException(
                ChainFileError.Missing, $"There is no chain file {path}. Make one with a genesis record.");
        }

        FileStream? fileLock = null;
        FileStream? file = null;
        try
        {
            fileLock = Lock(disk, path);
            file = disk.OpenExisting(path);
            ChainScan scan = ChainScan.Of(file, path, stop);
            string? warning = scan.Torn.Length > 0 ? CutTorn(disk, file, path, scan) : null;

            // What an earlier process wrote and did not live to sync is whole, and so it stands; now it lasts as well.
            disk.Sync(file);
            return (new ChainFile(disk, path, file, fileLock, scan.Length), scan, warning);
        }
        catch (Exception e)
        {
            file?.Dispose();
            fileLock?.Dispose();
            throw Disk.IsTrouble(e) ? Refused(path, "opened", e) : e;
        }
    }

    /// <summary>Writes one record behind the last. It lasts once <see cref="SyncedAsync"/> is done.</summary>
    /// <exception cref="ChainFileException">It is not in the file.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        if (_failure is { } failure)
        {
            throw failure;
        }

        try
        {
            _disk.Write(_file, record, _length);
            _length += record.Length;
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            TakeBack(e);
            throw Refused(Path, "written", e);
        }
    }

    /// <summary>Done when all that was appended before this call is on the medium.</summary>
    public Task SyncedAsync() => _syncs.WaitAsync();

    public async ValueTask DisposeAsync()
    {
        await _syncs.IdleAsync().ConfigureAwait(false);
        await _file.DisposeAsync().ConfigureAwait(false);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private static FileStream Lock(Disk disk, string path)
    {
        // The platform locks the file as it opens it, unless its own locks are switched off: so the lock is asked for
        // again.
        FileStream? file = null;
        try
        {
            file = disk.OpenLock(path + ".lock");
            if (SystemCalls.TryLock(file.SafeFileHandle))
            {
                return file;
            }
        }
        catch (IOException e) when (SystemCalls.IsLocked(e))
        {
            // Said below.
        }

        file?.Dispose();
        throw new ChainFileException(
            ChainFileError.Locked,
            $"{path} is open for writing elsewhere. Two writers would fork the stream: close the other one first.");
    }

    private static string CutTorn(Disk disk, FileStream file, string path, ChainScan scan)
    {
        string kept = $"{path}.torn-{scan.Length}";
        if (!File.Exists(kept))
        {
            disk.Save(kept, scan.Torn, [], secret: false);
        }

        disk.SetLength(file, scan.Length);
        disk.Sync(file);
        return $"{path} ended inside a record, as after a crash: {scan.Torn.Length} bytes of a record that nobody was "
            + $"told of were cut off at byte {scan.Length} and kept in {kept}.";
    }

    private void Sync()
    {
        if (_failure is { } failure)
        {
            throw failure;
        }

        try
        {
            _disk.Sync(_file);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            // After a failed sync the system may have dropped what it could not write, and a later sync would not say
            // so.
            throw _failure = new ChainFileException(
                ChainFileError.Disk,
                $"{Path} could not be synced to the disk: {e.Message} Nothing more is sealed here. Mend the disk, open "
                    + "the chain again, and see which records it holds.",
                e);
        }
    }

    /// <summary>Removes what was written of a record that did not fit, so that the next one may try.</summary>
    private void TakeBack(Exception cause)
    {
        try
        {
            _disk.SetLength(_file, _length);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            _failure = Refused(Path, "written", new AggregateException(cause, e));
        }
    }

    private static ChainFileException Refused(string path, string what, Exception cause) => new(
        ChainFileError.Disk,
        $"{path} cannot be {what}: {cause.Message} Make room, or allow writing there, and try again.",
        cause);
}

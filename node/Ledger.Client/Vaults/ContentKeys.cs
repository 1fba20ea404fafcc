using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Client.Files;
using Ledger.Core;

namespace Ledger.Client.Vaults;

/// <summary>What an entry of the table of keys is about.</summary>
internal enum KeyEntryKind : byte
{
    /// <summary>Overwritten: what it held is erased.</summary>
    None,

    /// <summary>The key of the content of that name.</summary>
    Content,

    /// <summary>The name of the content that holds one version of a part of a model's state.</summary>
    Part,
}

/// <summary>32 secret bytes under a name.</summary>
internal readonly record struct KeyEntry(KeyEntryKind Kind, Digest Name, Digest Secret);

/// <summary>
/// The file <c>keys</c> of a vault: 12 bytes of header, then entries of 93 bytes, one for each content: kind, name,
/// nonce, secret encrypted with AES-256-GCM, tag. It only grows, but for erasure, which overwrites an entry where it
/// stands: whoever destroys this entry and the copies of this one file has destroyed the content, whatever copies there
/// are of the ciphertext. Any number of processes may write: each holds the lock on <c>keys.lock</c> while it does.
/// Thread-safe.
/// </summary>
internal sealed class ContentKeys(Disk disk, string folder, string contents, ReadOnlyMemory<byte> sealingKey)
{
    public const string FileName = "keys";

    public const int EntryBytes = 1 + Digest.Size + NonceBytes + Digest.Size + TagBytes;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int BoundBytes = 12 + 1 + Digest.Size;
    private const int PieceEntries = 1_024;

    /// <summary>How long another process may hold the lock: one that erases reads the whole table.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(30);

    private readonly string _path = Path.Combine(folder, FileName);
    private readonly Lock _gate = new();
    private List<(byte[] Entry, TaskCompletionSource Durable)> _waiting = [];
    private bool _running;
    private volatile VaultException? _failure;

    private static ReadOnlySpan<byte> Header => "LedgerKeys\u0000\u0001"u8;

    /// <summary>Whether there is a table that holds, or held, anything.</summary>
    public static bool HasEntries(string folder)
    {
        FileInfo file = new(Path.Combine(folder, FileName));
        return file.Exists && file.Length > Header.Length;
    }

    /// <summary>The empty table of a new vault, unless one is there.</summary>
    public static void Make(Disk disk, string folder)
    {
        string path = Path.Combine(folder, FileName);
        string part = $"{path}.{Guid.NewGuid():N}.part";
        disk.WriteNew(part, Header, [], secret: true);
        Vault.RenameOrDelete(disk, part, path);
    }

    /// <summary>
    /// Done when the entry, the names of all contents before it, and with them the contents, are on the medium. All who
    /// come together share the syncs.
    /// </summary>
    /// <exception cref="VaultException">The entry is not in the table.</exception>
    public Task AppendAsync(in KeyEntry entry) => QueueAsync(Seal(entry));

    /// <summary>Done when all that stands in the table, and the contents, are on the medium.</summary>
    public Task SyncAsync() => QueueAsync([]);

    /// <summary>
    /// The secrets under a name, the oldest first: none if there is none, or no more; several only where processes kept
    /// the same name at the same time.
    /// </summary>
    public IReadOnlyList<Digest> Find(KeyEntryKind kind, Digest name)
    {
        List<Digest> found = [];
        using FileStream file = disk.OpenReading(_path);
        Walk(file, (entry, _) =>
        {
            if (entry[0] == (byte)kind && entry.Slice(1, Digest.Size).SequenceEqual(name.Span)
                && TryOpen(entry, out Digest secret))
            {
                found.Add(secret);
            }

            return true;
        });
        return found;
    }

    /// <summary>How many contents have a key.</summary>
    public long Count()
    {
        long count = 0;
        using FileStream file = disk.OpenReading(_path);
        Walk(file, (entry, _) =>
        {
            count += entry[0] == (byte)KeyEntryKind.Content ? 1 : 0;
            return true;
        });
        return count;
    }

    /// <summary>
    /// Overwrites every entry that leads to one of the contents, and returns when that is on the medium.
    /// </summary>
    public void Destroy(IReadOnlySet<Digest> names)
    {
        using FileStream held = TakeLock();
        using FileStream file = disk.OpenExisting(_path);
        List<long> doomed = [];
        Walk(file, (entry, offset) =>
        {
            bool leads = (KeyEntryKind)entry[0] switch
            {
                KeyEntryKind.Content => names.Contains(new Digest(entry.Slice(1, Digest.Size))),
                KeyEntryKind.Part => TryOpen(entry, out Digest content) && names.Contains(content),
                _ => false,
            };
            if (leads)
            {
                doomed.Add(offset);
            }

            return true;
        });
        foreach (long offset in doomed)
        {
            disk.Write(file, new byte[EntryBytes], offset);
        }

        disk.Sync(file);
    }

    private Task QueueAsync(byte[] bytes)
    {
        TaskCompletionSource durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((bytes, durable));
            if (!_running)
            {
                _running = true;

                // A thread of its own: those who wait may have taken all of the pool's.
                _ = Task.Factory.StartNew(Run, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
        }

        return durable.Task;
    }

    private void Run()
    {
        while (true)
        {
            List<(byte[] Entry, TaskCompletionSource Durable)> round;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _running = false;
                    return;
                }

                (round, _waiting) = (_waiting, []);
            }

            try
            {
                Append(round);
                round.ForEach(entry => entry.Durable.SetResult());
            }
            catch (Exception e)
            {
                // Theirs, whatever it is: nobody may wait for ever because a sync went wrong in a new way.
                round.ForEach(entry => entry.Durable.SetException(e));
            }
        }
    }

    private void Append(List<(byte[] Entry, TaskCompletionSource Durable)> round)
    {
        if (_failure is { } failure)
        {
            throw failure;
        }

        byte[] bytes = [.. round.SelectMany(entry => entry.Entry)];
        using FileStream held = TakeLock();
        using FileStream file = disk.OpenExisting(_path);
        long end = EndOfEntries(file);
        try
        {
            disk.Write(file, bytes, end);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            disk.SetLength(file, end);
            throw;
        }

        try
        {
            disk.Sync(file);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            // After a failed sync the system may have dropped what it could not write, and a later one not say so.
            throw _failure = new VaultException(
                $"{_path} could not be synced to the disk: {e.Message} Nothing more is kept here. Mend the disk, and "
                    + "start again.",
                e);
        }

        disk.SyncFolder(contents);
    }

    /// <summary>A crash may leave part of an entry, which belongs to no commitment that anyone was told of.</summary>
    private long EndOfEntries(FileStream file)
    {
        DemandHeader(file);
        long length = RandomAccess.GetLength(file.SafeFileHandle);
        long end = length - ((length - Header.Length) % EntryBytes);
        if (end < length)
        {
            disk.SetLength(file, end);
        }

        return end;
    }

    private FileStream TakeLock()
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            FileStream? file = null;
            try
            {
                file = disk.OpenLock(_path + ".lock");
                if (SystemCalls.TryLock(file.SafeFileHandle))
                {
                    return file;
                }
            }
            catch (IOException e) when (SystemCalls.IsLocked(e))
            {
                // Asked again below.
            }

            file?.Dispose();
            if (TimeProvider.System.GetElapsedTime(start) > LockPatience)
            {
                throw new VaultException($"{_path} is held by another process. Let it end, then try again.");
            }

            Thread.Sleep(1);
        }
    }

    private delegate bool TakeEntry(ReadOnlySpan<byte> entry, long offset);

    /// <summary>Hands out whole entries in their order, for as long as they are taken.</summary>
    private void Walk(FileStream file, TakeEntry take)
    {
        DemandHeader(file);
        byte[] piece = new byte[PieceEntries * EntryBytes];
        long offset = Header.Length;
        int filled = 0;
        int read;
        while ((read = RandomAccess.Read(file.SafeFileHandle, piece.AsSpan(filled), offset + filled)) > 0)
        {
            filled += read;
            int at = 0;
            for (; filled - at >= EntryBytes; at += EntryBytes)
            {
                if (!take(piece.AsSpan(at, EntryBytes), offset + at))
                {
                    return;
                }
            }

            piece.AsSpan(at, filled - at).CopyTo(piece);
            offset += at;
            filled -= at;
        }
    }

    private void DemandHeader(FileStream file)
    {
        Span<byte> start = stackalloc byte[Header.Length];
        int read = RandomAccess.Read(file.SafeFileHandle, start, 0);
        if (!start[..read].SequenceEqual(Header))
        {
            throw new VaultException(
                $"{_path} is no table of content keys, or was damaged: restore it from its newest copy. Without it no "
                    + "content of the vault can be opened.");
        }
    }

    private byte[] Seal(in KeyEntry entry)
    {
        byte[] bytes = new byte[EntryBytes];
        bytes[0] = (byte)entry.Kind;
        entry.Name.CopyTo(bytes.AsSpan(1));
        Span<byte> nonce = bytes.AsSpan(1 + Digest.Size, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> bound = stackalloc byte[BoundBytes];
        Bind(bytes, bound);
        using AesGcm cipher = new(sealingKey.Span, TagBytes);
        cipher.Encrypt(
            nonce, entry.Secret.Span, bytes.AsSpan(^(Digest.Size + TagBytes)..^TagBytes), bytes.AsSpan(^TagBytes..),
            bound);
        return bytes;
    }

    private bool TryOpen(ReadOnlySpan<byte> entry, out Digest secret)
    {
        Span<byte> opened = stackalloc byte[Digest.Size];
        Span<byte> bound = stackalloc byte[BoundBytes];
        Bind(entry, bound);
        try
        {
            using AesGcm cipher = new(sealingKey.Span, TagBytes);
            cipher.Decrypt(
                entry.Slice(1 + Digest.Size, NonceBytes), entry[^(Digest.Size + TagBytes)..^TagBytes],
                entry[^TagBytes..], opened, bound);
            secret = new Digest(opened);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            secret = default;
            return false;
        }
    }

    /// <summary>An entry counts for its own kind and name alone.</summary>
    private static void Bind(ReadOnlySpan<byte> entry, Span<byte> bound)
    {
        Header.CopyTo(bound);
        entry[..(1 + Digest.Size)].CopyTo(bound[Header.Length..]);
    }
}

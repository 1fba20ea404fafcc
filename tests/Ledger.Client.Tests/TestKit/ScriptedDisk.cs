using Ledger.Client.Files;

namespace Ledger.Client.Tests.TestKit;

/// <summary>
/// A disk that does as a test says: it notes what was called in which order, refuses what it is told to refuse, and can
/// lose its power, which leaves of every file what was synced and of every folder the names that were synced.
/// </summary>
internal sealed class ScriptedDisk : Disk
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _durableBytes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _durableNames = new(StringComparer.Ordinal);
    private readonly List<string> _calls = [];

    /// <summary>
    /// False breaks the promise of a disk on purpose: a sync returns at once and makes nothing durable.
    /// </summary>
    public bool Syncs { get; set; } = true;

    /// <summary>How long a sync of a file takes.</summary>
    public TimeSpan SyncTime { get; set; }

    /// <summary>Called before each sync of a file: a test may hold it there.</summary>
    public Action<string> BeforeSync { get; set; } = static _ => { };

    /// <summary>What to throw at a call, from the name of the call and the path; null for nothing.</summary>
    public Func<string, string, Exception?> Refuse { get; set; } = static (_, _) => null;

    /// <summary>Bytes of a write that still fit before <see cref="Refuse"/> refuses it.</summary>
    public int TornBytes { get; set; }

    /// <summary>Name of the call and of the file, in their order.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    public static IOException Full => new("No space left on device.");

    /// <summary>How much of a file would be there after a power cut: 0 if not even its name.</summary>
    public long DurableBytes(string path)
    {
        lock (_gate)
        {
            return _durableNames.Contains(path) ? _durableBytes.GetValueOrDefault(path) : 0;
        }
    }

    /// <summary>Takes away whatever was not durable.</summary>
    /// <param name="luckyBytes">How much more of each file happened to reach the medium.</param>
    public void CutPower(int luckyBytes = 0)
    {
        lock (_gate)
        {
            foreach ((string path, long bytes) in _durableBytes)
            {
                if (!_durableNames.Contains(path))
                {
                    File.Delete(path);
                }
                else if (File.Exists(path))
                {
                    using FileStream file = new(path, FileMode.Open);
                    file.SetLength(Math.Min(file.Length, bytes + luckyBytes));
                }
            }
        }
    }

    public override FileStream CreateNew(string path, bool secret)
    {
        Call("create", path);
        FileStream file = base.CreateNew(path, secret);
        lock (_gate)
        {
            _durableBytes[path] = 0;
        }

        return file;
    }

    public override FileStream OpenExisting(string path)
    {
        Call("open", path);
        return base.OpenExisting(path);
    }

    public override FileStream OpenReading(string path)
    {
        Call("read", path);
        return base.OpenReading(path);
    }

    public override void Write(FileStream file, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            Call("write", file.Name);
        }
        catch
        {
            base.Write(file, bytes[..Math.Min(TornBytes, bytes.Length)], offset);
            throw;
        }

        base.Write(file, bytes, offset);
    }

    public override void Sync(FileStream file)
    {
        long length = file.Length;
        BeforeSync(Path.GetFileName(file.Name));
        Thread.Sleep(SyncTime);
        Call("sync", file.Name);
        lock (_gate)
        {
            _durableBytes[file.Name] = Syncs ? length : _durableBytes.GetValueOrDefault(file.Name);
        }
    }

    public override void SetLength(FileStream file, long length)
    {
        Call("cut", file.Name);
        base.SetLength(file, length);
    }

    public override void SyncFolder(string folder)
    {
        string[] names = Directory.GetFileSystemEntries(folder);
        Call("sync-folder", folder);
        lock (_gate)
        {
            if (Syncs)
            {
                _durableNames.UnionWith(names);
            }
        }
    }

    public override void Rename(string from, string to)
    {
        Call("rename", to);
        base.Rename(from, to);
        lock (_gate)
        {
            _durableBytes.Remove(from, out long bytes);
            _durableBytes[to] = bytes;
        }
    }

    public override void Replace(string from, string to)
    {
        Call("replace", to);
        base.Replace(from, to);
        lock (_gate)
        {
            _durableBytes.Remove(from, out long bytes);
            _durableBytes[to] = bytes;
        }
    }

    public override void Delete(string path)
    {
        Call("delete", path);
        base.Delete(path);
    }

    public override void CreateFolder(string folder)
    {
        Call("create-folder", folder);
        base.CreateFolder(folder);
    }

    private void Call(string name, string path)
    {
        lock (_gate)
        {
            _calls.Add($"{name} {Path.GetFileName(path)}");
        }

        if (Refuse(name, path) is { } refusal)
        {
            throw refusal;
        }
    }
}

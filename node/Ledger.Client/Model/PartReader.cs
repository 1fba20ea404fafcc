using System.Security.Cryptography;
using System.Text;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Records.Bodies;

namespace Ledger.Client.Model;

/// <summary>
/// Reads parts of a model's state, files only when they changed, and commits to them, only when they are new.
/// Thread-safe.
/// </summary>
internal sealed class PartReader(Disk disk)
{
    private const int FilesMax = 10_000;
    private const int TriesMax = 3;
    private const int PieceBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Known> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<ModelPart, (byte[] Content, Digest Digest)> _committed = [];

    /// <summary>What the digest of a part is taken over.</summary>
    /// <exception cref="ModelStateException">It cannot be read, or changes all the time.</exception>
    public Task<byte[]> ReadAsync(ModelPart part, PartSource source, CancellationToken cancellation) => source switch
    {
        PartSource.TextSource text => Task.FromResult(Encoding.UTF8.GetBytes(text.Value)),
        PartSource.FileSource file => Task.Run(
            () => Read(part, file.Path, whole: true, cancellation).Bytes, cancellation),
        PartSource.HashedSource hashed => Task.Run(() => List(part, hashed.Path, cancellation), cancellation),
        _ => throw new InvalidOperationException($"Unknown source {source}."),
    };

    /// <summary>The salted digest of one version of a part; the vault is asked once for each.</summary>
    public async Task<Digest> CommitAsync(Vault vault, ModelPart part, byte[] content, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_committed.TryGetValue(part, out (byte[] Content, Digest Digest) last)
                && last.Content.AsSpan().SequenceEqual(content))
            {
                return last.Digest;
            }
        }

        Digest digest = await vault.CommitPartAsync(part, content, cancellation).ConfigureAwait(false);
        lock (_gate)
        {
            _committed[part] = (content, digest);
        }

        return digest;
    }

    /// <summary>One line for each file, as <c>sha256sum</c> prints it: digest, two spaces, name under the folder.</summary>
    private byte[] List(ModelPart part, string path, CancellationToken cancellation)
    {
        StringBuilder list = new();
        foreach ((string name, string file) in FilesOf(part, path))
        {
            string digest = Convert.ToHexStringLower(Read(part, file, whole: false, cancellation).Bytes);
            list.Append(digest).Append("  ").Append(name).Append('\n');
        }

        return Encoding.UTF8.GetBytes(list.ToString());
    }

    private static IEnumerable<(string Name, string File)> FilesOf(ModelPart part, string path)
    {
        if (!Directory.Exists(path))
        {
            return [(Path.GetFileName(path), path)];
        }

        try
        {
            string[] files =
                [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Take(FilesMax + 1)];
            return files.Length is > 0 and <= FilesMax
                ? files.Select(file => (Path.GetRelativePath(path, file).Replace('\\', '/'), file))
                    .OrderBy(pair => pair.Item1, StringComparer.Ordinal)
                : throw Unreadable(part, path, $"a folder of a model holds 1 to {FilesMax} files", null);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw Unreadable(part, path, e.Message, e);
        }
    }

    /// <summary>The content of a small file, or the SHA-256 of one of any size; from memory while it is unchanged.</summary>
    private Known Read(ModelPart part, string path, bool whole, CancellationToken cancellation)
    {
        string key = $"{(whole ? 'w' : 'h')} {path}";
        try
        {
            for (int i = 0; i < TriesMax; i++)
            {
                FileStamp before = FileStamp.Of(path);
                lock (_gate)
                {
                    if (_files.TryGetValue(key, out Known? known) && known.Stamp == before && !known.Fresh)
                    {
                        return known;
                    }
                }

                byte[] bytes = whole ? ReadWhole(part, path) : Hash(path, cancellation);
                Known read = new(before, before.IsFreshAt(DateTimeOffset.UtcNow), bytes);
                if (FileStamp.Of(path) == before)
                {
                    Keep(key, read);
                    return read;
                }
            }
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw Unreadable(part, path, e.Message, e);
        }

        throw Unreadable(part, path, "it is being written to while it is read", null);
    }

    private void Keep(string key, Known read)
    {
        lock (_gate)
        {
            if (_files.Count >= FilesMax)
            {
                _files.Clear();
            }

            _files[key] = read;
        }
    }

    private byte[] ReadWhole(ModelPart part, string path)
    {
        using FileStream file = disk.OpenReading(path);
        if (file.Length > PartSource.BytesMax)
        {
            throw Unreadable(part, path, $"a file that is kept has at most {PartSource.BytesMax} bytes; hash it", null);
        }

        // One byte more than it has: a file that grows meanwhile is read again.
        byte[] bytes = new byte[(int)file.Length + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private byte[] Hash(string path, CancellationToken cancellation)
    {
        using FileStream file = disk.OpenReading(path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[PieceBytes];
        int read;
        while ((read = file.Read(piece)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(piece.AsSpan(0, read));
        }

        return hash.GetHashAndReset();
    }

    private static ModelStateException Unreadable(ModelPart part, string path, string why, Exception? inner) => new(
        $"The act did not run: the model's {part.Word()} at {path} cannot be read: {why.TrimEnd('.')}. Put it right and "
            + "try again.",
        [],
        inner);

    /// <param name="Fresh">It was read so soon after a change that the stamp does not say whether it still holds.</param>
    private sealed record Known(FileStamp Stamp, bool Fresh, byte[] Bytes);
}

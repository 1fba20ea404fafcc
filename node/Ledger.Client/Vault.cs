using System.Security.Cryptography;
using System.Text;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>
/// What the commitments of a stream commit to: salts and contents, kept by the operator in the folder <c>NAME.vault</c>
/// beside the chain. A content is a file called by its commitment, holding the salt and then the content, so that
/// <c>sha256sum</c> over the file gives its name. Everything is on the disk when a method returns. Thread-safe.
/// </summary>
/// <remarks>
/// The folder also holds the stream's own secret (<c>secret</c>, 32 bytes), from which pseudonyms and the salts of
/// model parts are drawn, and under <c>names</c> what each pseudonym stands for. Losing it makes contents unprovable;
/// destroying a file in it, and its copies, is what erasure means.
/// </remarks>
public sealed class Vault
{
    /// <summary>Bytes of one content.</summary>
    public const int ContentBytesMax = 256 << 20;

    private const string ChainExtension = ".oar";
    private const int SecretBytes = 32;
    private const int PseudonymBytes = 16;
    private const int PseudonymTextMax = 1_024;

    /// <summary>How many names are remembered as kept; beyond that the disk is asked again.</summary>
    private const int KeptMax = 10_000;

    private readonly Disk _disk;
    private readonly string _names;
    private readonly Lazy<byte[]> _secret;
    private readonly GroupSync _syncs;
    private readonly HashSet<string> _kept = [];
    private readonly HashSet<string> _folders = [];

    private Vault(string folder, Disk disk)
    {
        (_disk, Folder) = (disk, folder);
        _names = Path.Combine(folder, "names");
        _syncs = new GroupSync(() => disk.SyncFolder(folder));

        // Only a secret that was read or made is kept: after a full disk the next call tries again.
        _secret = new Lazy<byte[]>(ReadOrMakeSecret, LazyThreadSafetyMode.PublicationOnly);
    }

    public string Folder { get; }

    /// <summary>The vault beside a chain file. Nothing is made before it is needed.</summary>
    public static Vault Beside(string chainFile) => Beside(chainFile, Disk.Real);

    /// <summary>Keeps a content under a salt of its own and returns the commitment to it.</summary>
    /// <param name="type">Media type.</param>
    /// <exception cref="VaultException">The disk refused: there must be no commitment to this content.</exception>
    public Task<Commitment> CommitAsync(
        ReadOnlyMemory<byte> content, string? type = null, CancellationToken cancellation = default) => Task.Run(
            async () =>
            {
                CheckSize(content);
                byte[] salt = RandomNumberGenerator.GetBytes(Commitment.SaltBytes);
                Digest digest = Commitment.Of(salt, content.Span);
                MakeFolder(Folder);
                try
                {
                    WriteAs(PathOf(digest), salt, content.Span);
                    await _syncs.WaitAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (Disk.IsTrouble(e))
                {
                    throw Refused(e);
                }

                return new Commitment(digest, type, (ulong)content.Length);
            },
            cancellation);

    /// <summary>
    /// Keeps one version of a part of a model's state. Equal contents give equal digests, so that what stayed the same
    /// shows as the same: the salt is drawn from the stream's secret and the content.
    /// </summary>
    /// <exception cref="VaultException">The disk refused.</exception>
    public Task<Digest> CommitPartAsync(
        ModelPart part, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) =>
        CommitPartAsync(part.Word(), content, cancellation);

    /// <inheritdoc cref="CommitPartAsync(ModelPart, ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <param name="part">Such as <c>prompt</c>, <c>policy</c>.</param>
    public Task<Digest> CommitPartAsync(
        string part, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) =>
        Task.Run(
            () =>
            {
                CheckSize(content);
                byte[] salt = Draw("part", part, SHA256.HashData(content.Span));
                Digest digest = Commitment.Of(salt, content.Span);
                KeepNamed(PathOf(digest), salt, content.Span);
                return digest;
            },
            cancellation);

    /// <summary>
    /// What stands in records for a person, an authority or a target: the same text, the same pseudonym.
    /// </summary>
    /// <returns><c>p-</c> and 32 hexadecimal digits.</returns>
    /// <exception cref="VaultException">The disk refused: what the pseudonym stands for could not be kept.</exception>
    public string Pseudonym(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, PseudonymTextMax, nameof(text));
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        string pseudonym = $"p-{Convert.ToHexStringLower(Draw("pseudonym", "", utf8).AsSpan(0, PseudonymBytes))}";
        KeepNamed(Path.Combine(_names, pseudonym), utf8, []);
        return pseudonym;
    }

    /// <summary>What a pseudonym of this stream stands for; null if that is not, or no longer, known.</summary>
    public string? Reveal(string pseudonym)
    {
        string path = Path.Combine(_names, Path.GetFileName(pseudonym));
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    /// <summary>Salt and content of a commitment, checked against it. False if they are gone or were changed.</summary>
    public bool TryOpen(Digest commitment, out byte[] salt, out byte[] content)
    {
        (salt, content) = ([], []);
        string path = PathOf(commitment);
        if (!File.Exists(path))
        {
            return false;
        }

        byte[] file = File.ReadAllBytes(path);
        if (Digest.Of(file) != commitment || file.Length < Commitment.SaltBytes)
        {
            return false;
        }

        (salt, content) = (file[..Commitment.SaltBytes], file[Commitment.SaltBytes..]);
        return true;
    }

    internal static Vault Beside(string chainFile, Disk disk)
    {
        string path = Path.GetFullPath(chainFile);
        string name = path.EndsWith(ChainExtension, StringComparison.Ordinal) ? path[..^ChainExtension.Length] : path;
        return new Vault(name + ".vault", disk);
    }

    private string PathOf(Digest commitment) => Path.Combine(Folder, commitment.ToString());

    private static void CheckSize(ReadOnlyMemory<byte> content) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, ContentBytesMax, nameof(content));

    /// <summary>HMAC-SHA-256 over the use, the name and the bytes, each set off from the next.</summary>
    private byte[] Draw(string use, string name, ReadOnlySpan<byte> bytes)
    {
        byte[] message = [.. Encoding.UTF8.GetBytes($"ledger/vault/1\0{use}\0{name}\0"), .. bytes];
        return HMACSHA256.HashData(_secret.Value, message);
    }

    private byte[] ReadOrMakeSecret()
    {
        string path = Path.Combine(Folder, "secret");
        if (!File.Exists(path) && Directory.Exists(_names))
        {
            throw new VaultException(
                $"{path} is missing, though pseudonyms were made with it: restore it from a copy, or they will change.",
                null);
        }

        KeepNamed(path, RandomNumberGenerator.GetBytes(SecretBytes), []);
        byte[] secret = File.ReadAllBytes(path);
        return secret.Length == SecretBytes
            ? secret
            : throw new VaultException($"{path} is damaged: restore it from a copy, or pseudonyms will change.", null);
    }

    /// <summary>
    /// A file whose name fixes its content, or that is made once. Whoever finds it there makes it last: its maker may
    /// have died before he could.
    /// </summary>
    private void KeepNamed(string path, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        lock (_kept)
        {
            if (_kept.Contains(path))
            {
                return;
            }

            string folder = Path.GetDirectoryName(path)!;
            MakeFolder(folder);
            try
            {
                if (!File.Exists(path))
                {
                    WriteAs(path, first, second);
                }

                _disk.SyncFolder(folder);
            }
            catch (Exception e) when (Disk.IsTrouble(e))
            {
                throw Refused(e);
            }

            if (_kept.Count >= KeptMax)
            {
                _kept.Clear();
            }

            _kept.Add(path);
        }
    }

    private void WriteAs(string path, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        string part = $"{path}.{Guid.NewGuid():N}.part";
        _disk.WriteNew(part, first, second, secret: true);
        try
        {
            _disk.Rename(part, path);
        }
        catch
        {
            Disk.TryDelete(part);
            throw;
        }
    }

    /// <summary>A folder that is there and whose name lasts, asked once in the life of this object.</summary>
    private void MakeFolder(string folder)
    {
        lock (_kept)
        {
            if (_folders.Contains(folder))
            {
                return;
            }

            if (folder != Folder)
            {
                MakeFolder(Folder);
            }

            try
            {
                _disk.CreateFolder(folder);
                _disk.SyncFolder(Disk.FolderOf(folder));
            }
            catch (Exception e) when (Disk.IsTrouble(e))
            {
                throw Refused(e);
            }

            _folders.Add(folder);
        }
    }

    private VaultException Refused(Exception cause) => new(
        $"The vault {Folder} cannot keep a content: {cause.Message} Make room, or allow writing there, and try again.",
        cause);
}

/// <summary>The vault cannot keep a content; the message says what to do.</summary>
public sealed class VaultException(string message, Exception? inner) : Exception(message, inner);

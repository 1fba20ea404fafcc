using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ledger.Client.Files;
using Ledger.Client.Vaults;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>
/// What the commitments of a stream commit to: salts and contents, kept by the operator in the folder <c>NAME.vault</c>
/// beside the chain, encrypted. Everything is on the disk when a method returns. Thread-safe, and any number of
/// processes may use one vault.
/// </summary>
/// <remarks>
/// Each content has a key of its own (file <c>keys</c>), sealed under the stream's data key (file <c>key</c>), which a
/// signing key of the stream opens, or a passphrase. Erasing destroys the content's own key. <c>node/VAULT.md</c>
/// specifies the files and says whom they stop.
/// </remarks>
public sealed partial class Vault
{
    /// <summary>Bytes of one content that is given, or opened, in memory.</summary>
    public const int ContentBytesMax = 256 << 20;

    /// <summary>Bytes of one content that is read from a stream.</summary>
    public const long StreamBytesMax = 1L << 40;

    private const string ChainExtension = ".oar";
    private const int PseudonymBytes = 16;
    private const int PseudonymTextMax = 1_024;

    /// <summary>Pseudonyms that are remembered as kept; beyond that the disk is asked again.</summary>
    private const int NamesMax = 10_000;

    private readonly Disk _disk;
    private readonly StreamId _stream;
    private readonly VaultUnlock _unlock;
    private readonly string _contents;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Digest, Lazy<Task>> _names = new();
    private OpenVault? _open;

    private Vault(string folder, StreamId stream, VaultUnlock unlock, Disk disk)
    {
        (_disk, _stream, _unlock, Folder) = (disk, stream, unlock, folder);
        _contents = Path.Combine(folder, "contents");
    }

    public string Folder { get; }

    /// <summary>The vault beside the chain file of a sealer, opened with its key. Nothing is made before it is needed.
    /// </summary>
    public static Vault Beside(StreamSealer sealer) => Beside(sealer, Disk.Real);

    /// <summary>The vault beside a chain file, opened with a key that is, or was, in force there.</summary>
    /// <param name="stream">As the chain's records name it.</param>
    public static Vault Beside(string chainFile, StreamId stream, SigningKey key) =>
        new(FolderBeside(chainFile), stream, VaultUnlock.With(key), Disk.Real);

    /// <summary>The vault beside a chain file, opened with a passphrase that was granted.</summary>
    /// <param name="passphrase">1 to 1,024 bytes of UTF-8.</param>
    public static Vault Beside(string chainFile, StreamId stream, string passphrase) =>
        new(FolderBeside(chainFile), stream, VaultUnlock.With(passphrase), Disk.Real);

    /// <summary>Keeps a content under a salt of its own and returns the commitment to it.</summary>
    /// <param name="content">At most 256 MiB.</param>
    /// <param name="type">Media type.</param>
    /// <exception cref="VaultException">The disk refused: there must be no commitment to this content.</exception>
    public Task<Commitment> CommitAsync(
        ReadOnlyMemory<byte> content, string? type = null, CancellationToken cancellation = default)
    {
        CheckSize(content);
        return Task.Run(
            async () =>
            {
                byte[] salt = RandomNumberGenerator.GetBytes(Commitment.SaltBytes);
                Digest digest = await KeepAsync(salt, content).ConfigureAwait(false);
                return new Commitment(digest, type, (ulong)content.Length);
            },
            cancellation);
    }

    /// <summary>Keeps a content of any size, at most 1 TiB, in memory that does not grow with it.</summary>
    /// <param name="content">Read to its end.</param>
    /// <exception cref="VaultException">The disk refused, or the content is too large.</exception>
    public Task<Commitment> CommitAsync(
        Stream content, string? type = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return Task.Run(
            async () =>
            {
                byte[] salt = RandomNumberGenerator.GetBytes(Commitment.SaltBytes);
                (Digest digest, long size) = await KeepAsync(salt, content, cancellation).ConfigureAwait(false);
                return new Commitment(digest, type, (ulong)size);
            },
            cancellation);
    }

    /// <summary>
    /// Keeps one version of a part of a model's state. Equal contents give equal digests, so that what stayed the same
    /// shows as the same, until that version is erased.
    /// </summary>
    /// <exception cref="VaultException">The disk refused.</exception>
    public Task<Digest> CommitPartAsync(
        ModelPart part, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) =>
        CommitPartAsync(part.Word(), content, cancellation);

    /// <inheritdoc cref="CommitPartAsync(ModelPart, ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <param name="part">Such as <c>prompt</c>, <c>policy</c>.</param>
    public Task<Digest> CommitPartAsync(
        string part, ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        CheckSize(content);
        return Task.Run(
            async () =>
            {
                OpenVault vault = OpenOrMake();
                Digest version = vault.Draw("part", part, SHA256.HashData(content.Span));
                await vault.Parts.WaitAsync(cancellation).ConfigureAwait(false);
                try
                {
                    return await KeepPartAsync(vault, version, content).ConfigureAwait(false);
                }
                catch (Exception e) when (Disk.IsTrouble(e))
                {
                    throw Refused(e);
                }
                finally
                {
                    vault.Parts.Release();
                }
            },
            cancellation);
    }

    /// <summary>
    /// What stands in records for a person, an authority or a target: the same text, the same pseudonym.
    /// </summary>
    /// <returns><c>p-</c> and 32 hexadecimal digits.</returns>
    /// <exception cref="VaultException">The disk refused: what the pseudonym stands for could not be kept.</exception>
    public async Task<string> PseudonymAsync(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, PseudonymTextMax, nameof(text));
        OpenVault vault = OpenOrMake();
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Digest drawn = vault.Draw("pseudonym", "", utf8);
        string pseudonym = $"p-{Convert.ToHexStringLower(drawn.Span[..PseudonymBytes])}";
        await KeepNameAsync(vault, NameOf(pseudonym), utf8).ConfigureAwait(false);
        return pseudonym;
    }

    /// <summary>What a pseudonym of this stream stands for; null if that is not, or no longer, known.</summary>
    public string? Reveal(string pseudonym)
    {
        using MemoryStream text = new();
        return TryRead(NameOf(pseudonym), piece =>
        {
            text.Write(piece);
            return true;
        })
            ? Encoding.UTF8.GetString(text.ToArray())
            : null;
    }

    internal static Vault Beside(StreamSealer sealer, Disk disk) =>
        Beside(sealer.ChainFile, sealer.Stream, sealer.Key, disk);

    internal static Vault Beside(string chainFile, StreamId stream, SigningKey key, Disk disk) =>
        new(FolderBeside(chainFile), stream, VaultUnlock.With(key), disk);

    internal static string FolderBeside(string chainFile)
    {
        string path = Path.GetFullPath(chainFile);
        string name = path.EndsWith(ChainExtension, StringComparison.Ordinal) ? path[..^ChainExtension.Length] : path;
        return name + ".vault";
    }

    /// <summary>Gives a finished file its name, or leaves none behind.</summary>
    internal static void RenameOrDelete(Disk disk, string part, string path)
    {
        try
        {
            disk.Rename(part, path);
        }
        catch
        {
            Disk.TryDelete(part);
            throw;
        }
    }

    private static void CheckSize(ReadOnlyMemory<byte> content) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, ContentBytesMax, nameof(content));

    private static Digest NameOf(string pseudonym) =>
        Digest.Of(Encoding.UTF8.GetBytes($"ledger/vault/name/1\0{pseudonym}"));

    private string PathOf(Digest name) => Path.Combine(_contents, name.ToString());

    private VaultException Refused(Exception cause) => new(
        $"The vault {Folder} cannot keep a content: {cause.Message} Make room, or allow writing there, and try again.",
        cause);
}

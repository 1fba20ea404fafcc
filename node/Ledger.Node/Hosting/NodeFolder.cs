using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Node.Hosting;

/// <summary>What an operator got wrong, in a sentence that says what to do. Ends the program with exit code 78.</summary>
public sealed class NodeFolderException(string message) : Exception(message);

/// <summary><c>node.json</c>, as node/README.md describes it. Paths are relative to the node's folder.</summary>
/// <param name="Http">Address of the public listener: an IP address or localhost, and a port; port 0 takes a free one.</param>
/// <param name="Store">Folder of the store.</param>
/// <param name="P2p">Null for a node without peers: a validator alone.</param>
/// <param name="VoteCounter">
/// File that shows after a restore that the store is an old one; it belongs outside whatever is backed up. Null for none.
/// </param>
/// <param name="PassphraseFile">First line opens the key files; null for keys kept without a passphrase.</param>
/// <param name="Bitcoin">Null for a node that anchors nothing itself.</param>
/// <param name="Crypto">Null for the defaults.</param>
/// <param name="PublicUrl">
/// Where clients outside reach this node, without a slash at the end; null where the calendar is for this machine alone.
/// </param>
/// <param name="SnapshotBlocks">A new node begins with a snapshot if that spares it so many blocks; 0 for never.</param>
public sealed record NodeFile(
    string Name, string Http, string Genesis, string Store, NodeKeysFile Keys, string? Admin = null, P2pFile? P2p = null,
    string? VoteCounter = null, string? PassphraseFile = null, BitcoinFile? Bitcoin = null, CryptoFile? Crypto = null,
    int SnapshotBlocks = NodeSettings.SnapshotBlocksUsual, string? PublicUrl = null);

/// <param name="Vote">Null for a node that only follows.</param>
/// <param name="Stream">Null for a node that seals nothing itself, no anchors either.</param>
/// <param name="Peer">What other nodes know this one by; needed with <see cref="NodeFile.P2p"/>.</param>
/// <param name="NextVote">Takes over from <paramref name="Vote"/> where the configuration names it; null for none.</param>
public sealed record NodeKeysFile(
    string? Vote = null, string? Stream = null, string? Peer = null, string? NextVote = null);

/// <summary>Where this node meets others, in multiaddrs such as <c>/ip4/192.0.2.1/tcp/4001</c>.</summary>
/// <param name="Listen">Where it listens; port 0 takes a free one. Null or empty: it only dials.</param>
/// <param name="Announce">Addresses given to others in place of those.</param>
/// <param name="Peers">Where others are; each ends in <c>/p2p/PEER</c>.</param>
public sealed record P2pFile(
    IReadOnlyList<string>? Listen = null, IReadOnlyList<string>? Announce = null, IReadOnlyList<string>? Peers = null);

/// <param name="Signer">
/// Who makes this node's signatures: auto, managed or platform. Verification is always managed.
/// </param>
public sealed record CryptoFile(string Signer = "auto");

/// <summary>The operator's own Bitcoin daemon: user and password, or the path of its cookie file.</summary>
public sealed record BitcoinFile(
    string Rpc, string Wallet, string Network, string? User = null, string? Password = null, string? Cookie = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(NodeFile))]
internal sealed partial class NodeFileJson : JsonSerializerContext;

/// <summary>A peer's folder: its settings, genesis document and keys, read strictly and once.</summary>
public sealed class NodeFolder : IDisposable
{
    private const UnixFileMode OthersMayRead =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private const int PassphraseFileBytesMax = 4_096;

    /// <summary>Bytes of a member's name (rule G6); with it a <c>root</c> record stays within its limit.</summary>
    private const int NameBytesMax = 64;

    private NodeFolder(
        string path, NodeFile file, IPEndPoint http, GenesisDocument genesis, PeerSettings? peers, SigningKey? voteKey,
        SigningKey? nextVoteKey, SigningKey? streamKey)
    {
        Path = path;
        File = file;
        Http = http;
        Genesis = genesis;
        Peers = peers;
        VoteKey = voteKey;
        NextVoteKey = nextVoteKey;
        StreamKey = streamKey;
    }

    public string Path { get; }

    public NodeFile File { get; }

    /// <summary>Where the public listener listens.</summary>
    public IPEndPoint Http { get; }

    public GenesisDocument Genesis { get; }

    /// <summary>Null for a node without peers.</summary>
    internal PeerSettings? Peers { get; }

    /// <summary>Null where the node only follows, and where the key was in force and is destroyed.</summary>
    public SigningKey? VoteKey { get; }

    /// <summary>Null where none is to take over.</summary>
    public SigningKey? NextVoteKey { get; }

    public SigningKey? StreamKey { get; }

    /// <summary>Null where none is kept.</summary>
    public string? VoteCounterPath => File.VoteCounter is { } path ? System.IO.Path.Combine(Path, path) : null;

    public string StorePath => System.IO.Path.Combine(Path, File.Store);

    /// <param name="passphraseDescriptor">
    /// An open descriptor to read the passphrase from, instead of the file that the settings name.
    /// </param>
    /// <exception cref="NodeFolderException">Something is missing or cannot be read; the message says what to do.</exception>
    public static NodeFolder Open(string path, int? passphraseDescriptor = null)
    {
        NodeFile file = ReadSettings(System.IO.Path.Combine(path, "node.json"));
        string genesisPath = System.IO.Path.Combine(path, file.Genesis);
        if (!GenesisDocument.TryParse(Read(genesisPath, "the genesis document"), out GenesisDocument genesis, out CborError error))
        {
            throw new NodeFolderException($"{genesisPath} is no genesis document: {error}. Copy it again from a member of the network.");
        }

        if (file.SnapshotBlocks < 0)
        {
            throw new NodeFolderException("node.json: snapshotBlocks is a number of blocks, or 0 for never.");
        }

        if (Encoding.UTF8.GetByteCount(file.Name) > NameBytesMax)
        {
            throw new NodeFolderException($"node.json: name has at most {NameBytesMax} bytes.");
        }

        if (file.PublicUrl is { } url && !IsPublicUrl(url))
        {
            throw new NodeFolderException(
                "node.json: publicUrl is an address such as https://ledger.example, of letters, digits and -._/: alone, and with "
                + $"no slash at the end, not '{url}'.");
        }

        IPEndPoint http = ParseAddress(file.Http);
        SignatureProvider signer = ParseSigner(file.Crypto?.Signer ?? "auto");
        string passphrase = passphraseDescriptor is { } descriptor ? ReadPassphrase(descriptor)
            : file.PassphraseFile is { } secret
                ? FirstLine(ReadSecret(System.IO.Path.Combine(path, secret), "the passphrase file"))
            : "";
        return new NodeFolder(
            path, file, http, genesis, PeerSettings.Open(path, file, genesis),
            OpenKey(path, file.Keys.Vote, passphrase, signer), OpenKey(path, file.Keys.NextVote, passphrase, signer),
            OpenKey(path, file.Keys.Stream, passphrase, signer));
    }

    public void Dispose()
    {
        Peers?.Dispose();
        VoteKey?.Dispose();
        NextVoteKey?.Dispose();
        StreamKey?.Dispose();
    }

    private static NodeFile ReadSettings(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(Read(path, "the settings"), NodeFileJson.Default.NodeFile)
                ?? throw new NodeFolderException($"{path} is empty; make the folder with 'ledger init'.");
        }
        catch (JsonException exception)
        {
            throw new NodeFolderException($"{path} cannot be read: {exception.Message} See node/README.md for its members.");
        }
    }

    /// <summary>What OpenTimestamps clients accept as a calendar's address.</summary>
    private static bool IsPublicUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme is "http" or "https") && !text.EndsWith('/')
        && RootTimestamp.IsCalendarAddress(text);

    private static IPEndPoint ParseAddress(string text)
    {
        const string Localhost = "localhost:";
        string address = text.StartsWith(Localhost, StringComparison.Ordinal) ? $"127.0.0.1:{text[Localhost.Length..]}" : text;
        int port = address.LastIndexOf(':');
        return port > 0 && address[port - 1] is not ':' && IPEndPoint.TryParse(address, out IPEndPoint? parsed)
            ? parsed
            : throw new NodeFolderException($"node.json: http is an IP address and a port, such as 127.0.0.1:8080, not '{text}'.");
    }

    private static SignatureProvider ParseSigner(string word) =>
        !SignatureProviders.TryParse(word, out SignatureProvider signer)
            ? throw new NodeFolderException($"node.json: crypto.signer is {SignatureProviders.Words}, not '{word}'.")
        : signer == SignatureProvider.Platform && !SignatureProviders.IsPlatformSupported
            ? throw new NodeFolderException(
                "node.json: crypto.signer is 'platform', and this system has no ML-DSA (on Linux it comes with OpenSSL "
                + "3.5). Set it to 'auto' or 'managed'.")
        : signer;

    private static string ReadPassphrase(int descriptor)
    {
        byte[] buffer = new byte[PassphraseFileBytesMax];
        try
        {
            using SafeFileHandle handle = new(descriptor, ownsHandle: false);
            using FileStream stream = new(handle, FileAccess.Read, bufferSize: 0);
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            string passphrase = FirstLine(buffer[..length]);
            return passphrase.Length > 0
                ? passphrase
                : throw new NodeFolderException(
                    $"Descriptor {descriptor} gave no passphrase: its first line is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new NodeFolderException(
                $"No passphrase can be read from descriptor {descriptor}: {exception.Message} "
                + $"Open it for reading when you start the node: --passphrase-fd {descriptor} {descriptor}< FILE");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>The text before the first end of a line; wipes the bytes.</summary>
    private static string FirstLine(byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOfAny((byte)'\n', (byte)'\r');
        string passphrase = Encoding.UTF8.GetString(end < 0 ? bytes : bytes.AsSpan(0, end));
        CryptographicOperations.ZeroMemory(bytes);
        return passphrase;
    }

    private static byte[] ReadSecret(string path, string what)
    {
        byte[] bytes = Read(path, what);
        return !OperatingSystem.IsWindows() && (System.IO.File.GetUnixFileMode(path) & OthersMayRead) != 0
            ? throw new NodeFolderException($"{path} can be read by others. Run: chmod 600 {path}")
            : bytes;
    }

    private static byte[] Read(string path, string what)
    {
        try
        {
            return System.IO.File.ReadAllBytes(path);
        }
        catch (IOException exception)
        {
            throw new NodeFolderException($"{Capital(what)} cannot be read: {exception.Message} Make the folder with 'ledger init'.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new NodeFolderException($"{Capital(what)} at {path} may not be read by this user.");
        }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static SigningKey? OpenKey(string folder, string? name, string passphrase, SignatureProvider signer)
    {
        if (name is null)
        {
            return null;
        }

        string path = System.IO.Path.Combine(folder, name);
        byte[] bytes = ReadSecret(path, "a key file");
        if (KeyRetirement.IsDestroyed(bytes))
        {
            return null;
        }

        using KeyFileResult result = KeyFile.TryDecode(bytes, passphrase);
        CryptographicOperations.ZeroMemory(bytes);
        return result.Succeeded
            ? SigningKey.FromSeed(result.Seed, signer)
            : throw new NodeFolderException($"{path}: {result.Message}");
    }
}

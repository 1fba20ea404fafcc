using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;

namespace Ledger.Node.Hosting;

/// <summary>What an operator got wrong, in a sentence that says what to do. Ends the program with exit code 78.</summary>
public sealed class NodeFolderException(string message) : Exception(message);

/// <param name="Http">Address of the public listener, host:port.</param>
/// <param name="Store">Folder of the store, relative to the node's folder.</param>
/// <param name="PassphraseFile">First line opens the key files; null for keys kept without a passphrase.</param>
public sealed record NodeFile(
    string Name, string Http, string? Admin, string? P2p, string Genesis, string Store, NodeKeysFile Keys, string? PassphraseFile,
    BitcoinFile? Bitcoin);

public sealed record NodeKeysFile(string? Vote, string? Stream);

public sealed record BitcoinFile(string Rpc, string? User, string? Password, string? Cookie, string Wallet, string Network);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = false,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(NodeFile))]
internal sealed partial class NodeFileJson : JsonSerializerContext;

/// <summary>A peer's folder: its settings, genesis document and keys, read strictly and once.</summary>
public sealed class NodeFolder : IDisposable
{
    private const UnixFileMode OthersMayRead =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private NodeFolder(string path, NodeFile file, GenesisDocument genesis, SigningKey? voteKey, SigningKey? streamKey)
    {
        Path = path;
        File = file;
        Genesis = genesis;
        VoteKey = voteKey;
        StreamKey = streamKey;
    }

    public string Path { get; }

    public NodeFile File { get; }

    public GenesisDocument Genesis { get; }

    public SigningKey? VoteKey { get; }

    public SigningKey? StreamKey { get; }

    public string StorePath => System.IO.Path.Combine(Path, File.Store);

    /// <exception cref="NodeFolderException">Something is missing or cannot be read; the message says what to do.</exception>
    public static NodeFolder Open(string path)
    {
        NodeFile file = ReadSettings(System.IO.Path.Combine(path, "node.json"));
        string genesisPath = System.IO.Path.Combine(path, file.Genesis);
        if (!GenesisDocument.TryParse(Read(genesisPath, "the genesis document"), out GenesisDocument genesis, out CborError error))
        {
            throw new NodeFolderException($"{genesisPath} is no genesis document: {error}. Copy it again from a member of the network.");
        }

        string passphrase = file.PassphraseFile is { } secret
            ? System.IO.File.ReadLines(System.IO.Path.Combine(path, secret)).FirstOrDefault() ?? ""
            : "";
        return new NodeFolder(path, file, genesis, OpenKey(path, file.Keys.Vote, passphrase), OpenKey(path, file.Keys.Stream, passphrase));
    }

    public void Dispose()
    {
        VoteKey?.Dispose();
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

    private static byte[] Read(string path, string what)
    {
        try
        {
            return System.IO.File.ReadAllBytes(path);
        }
        catch (IOException exception)
        {
            throw new NodeFolderException($"{what} cannot be read: {exception.Message} Make the folder with 'ledger init'.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new NodeFolderException($"{what} at {path} may not be read by this user.");
        }
    }

    private static SigningKey? OpenKey(string folder, string? name, string passphrase)
    {
        if (name is null)
        {
            return null;
        }

        string path = System.IO.Path.Combine(folder, name);
        byte[] bytes = Read(path, "a key file");
        if (!OperatingSystem.IsWindows() && (System.IO.File.GetUnixFileMode(path) & OthersMayRead) != 0)
        {
            throw new NodeFolderException($"{path} can be read by others. Run: chmod 600 {path}");
        }

        using KeyFileResult result = KeyFile.TryDecode(bytes, passphrase);
        CryptographicOperations.ZeroMemory(bytes);
        return result.Succeeded
            ? SigningKey.FromSeed(result.Seed)
            : throw new NodeFolderException($"{path}: {result.Message}");
    }
}

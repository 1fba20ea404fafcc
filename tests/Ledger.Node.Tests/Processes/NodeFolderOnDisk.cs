using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Identity;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>A peer's folder on the disk, with everything that the program asks for; deleted at the end.</summary>
internal sealed class NodeFolderOnDisk : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public NodeFolderOnDisk(GenesisDocument? genesis = null)
    {
        Path = Directory.CreateTempSubdirectory("ledger-node-").FullName;
        File.WriteAllBytes(In("genesis.cbor"), (genesis ?? TestNetwork.Genesis).Encode());
        WriteSecret("vote.key", Bare(1));
        WriteSecret("stream.key", Bare(2));
        Settings = new JsonObject
        {
            ["name"] = "alpha",
            ["http"] = "127.0.0.1:0",
            ["genesis"] = "genesis.cbor",
            ["store"] = "store",
            ["keys"] = new JsonObject { ["vote"] = "vote.key", ["stream"] = "stream.key" },
        };
        Save();
    }

    public string Path { get; }

    public JsonObject Settings { get; }

    public string Store => In("store");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes <see cref="Settings"/> as they stand.</summary>
    public void Save() => File.WriteAllText(In("node.json"), Settings.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

    /// <summary>Settings of a node that meets others, with a peer key of its own.</summary>
    public void Meet(string? keys = "peer.key", string listen = "/ip4/127.0.0.1/tcp/0", string? peer = null)
    {
        using PeerKey key = PeerKey.Generate();
        key.Save(In("peer.key"));
        Settings["keys"]!["peer"] = keys;
        Settings["p2p"] = new JsonObject
        {
            ["listen"] = new JsonArray(listen),
            ["peers"] = peer is null ? [] : new JsonArray(peer),
        };
    }

    public void WriteSecret(string name, byte[] bytes)
    {
        File.WriteAllBytes(In(name), bytes);
        File.SetUnixFileMode(In(name), OwnerOnly);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A key file without a passphrase.</summary>
    public static byte[] Bare(int seed) => KeyFile.Encode(
        TestNetwork.Seed(seed), "", new byte[KeyFile.SaltBytes], new byte[KeyFile.NonceBytes], KeyFile.IterationsMin);
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Cli.Devnet;

/// <summary>What a network is to be.</summary>
/// <param name="IsOpen">Whether anybody may open a stream.</param>
/// <param name="Bitcoin">main, testnet4, signet or regtest.</param>
internal sealed record NetworkPlan(string Name, bool IsOpen, string Bitcoin, Parameters Parameters);

/// <summary>What one peer's node is to be.</summary>
/// <param name="Http">Address to serve on.</param>
/// <param name="Passphrase">Opens its key files; empty for keys without.</param>
/// <param name="Listen">Where it meets other nodes; null for a node alone.</param>
internal sealed record PeerPlan(string Name, string Http, string Passphrase, Multiaddr? Listen);

/// <summary>How the node reaches its Bitcoin daemon.</summary>
internal sealed record BitcoinAccess(string Rpc, string User, string Password, string Wallet, string Network);

/// <summary>
/// Makes the folder of a new peer: first its keys, then, once the genesis document names all validators, that document
/// and the settings.
/// </summary>
internal sealed class PeerFolder
{
    /// <summary>A file that was not there, for its owner alone.</summary>
    private static readonly FileStreamOptions Fresh = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    private PeerFolder(string path, PeerPlan plan, Validator validator, PeerId peer) =>
        (Path, Plan, Validator, Peer) = (path, plan, validator, peer);

    public string Path { get; }

    public PeerPlan Plan { get; }

    /// <summary>What the genesis document says of it.</summary>
    public Validator Validator { get; }

    public PeerId Peer { get; }

    /// <summary>Where other nodes find it; null for a node alone.</summary>
    public Multiaddr? Address => Plan.Listen is { } address ? address with { Peer = Peer } : null;

    /// <summary>Makes the folder and its keys; refuses one that has a node.json already.</summary>
    public static PeerFolder Create(string path, PeerPlan plan)
    {
        if (File.Exists(System.IO.Path.Combine(path, "node.json")))
        {
            throw new CommandException($"{path} is a peer's folder already; give another one with --dir.");
        }

        Directory.CreateDirectory(path);
        ReadOnlyMemory<byte> vote = NewKey(path, "vote", plan.Passphrase);
        ReadOnlyMemory<byte> stream = NewKey(path, "stream", plan.Passphrase);
        ReadOnlyMemory<byte> governance = NewKey(path, "governance", plan.Passphrase);
        PeerId peer = NewPeerKey(path);
        Validator validator = new()
        {
            Name = plan.Name,
            Peer = peer.Bytes.ToArray(),
            VoteKey = vote,
            Power = 1,
            Stream = new StreamId(KeyId.Of(stream.Span).Value),
            GovernanceKey = governance,
        };
        return new PeerFolder(path, plan, validator, peer);
    }

    /// <summary>The genesis document of a network of these peers, each with a power of 1.</summary>
    public static GenesisDocument Genesis(NetworkPlan network, UnixTime now, IEnumerable<PeerFolder> peers) => new()
    {
        Name = network.Name,
        Time = now,
        Bitcoin = network.Bitcoin,
        Configuration = new Configuration
        {
            Validators = [.. peers.Select(peer => peer.Validator)],
            Observers = [],
            Admission = DefaultAdmission(network.IsOpen),
            Parameters = network.Parameters,
            Change = 0,
        },
    };

    /// <summary>Writes the genesis document and the settings; from here on a node can run.</summary>
    /// <param name="others">Where the other peers are.</param>
    public void Complete(GenesisDocument genesis, IReadOnlyList<Multiaddr> others, BitcoinAccess? bitcoin)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, "genesis.cbor"), genesis.Encode());
        WriteSettings(others, bitcoin);
    }

    /// <summary>Beside the keys that it opens, for a node that starts unattended; nothing for keys without.</summary>
    public void SavePassphrase()
    {
        if (Plan.Passphrase.Length > 0)
        {
            Passphrases.Save(System.IO.Path.Combine(Path, "passphrase"), Plan.Passphrase);
        }
    }

    /// <summary>
    /// Room for a busy operator: 100,000 records or 1 GiB per stream in 1,000 blocks, ten times that per sponsor.
    /// </summary>
    private static Admission DefaultAdmission(bool isOpen)
    {
        SponsorQuota sponsor = new(Bytes: 10UL << 30, Records: 1_000_000, Streams: 1_000);
        return new Admission
        {
            IsOpen = isOpen,
            Open = sponsor,
            Roots = 100_000,
            Member = sponsor,
            Stream = new StreamQuota(Bytes: 1UL << 30, Records: 100_000),
            Window = 1_000,
            Members = ImmutableArray<AdmittedMember>.Empty,
        };
    }

    private static ReadOnlyMemory<byte> NewKey(string folder, string name, string passphrase)
    {
        byte[] seed = RandomNumberGenerator.GetBytes(MlDsa65.SeedBytes);
        byte[] file = KeyFile.Encode(
            seed, passphrase, RandomNumberGenerator.GetBytes(KeyFile.SaltBytes),
            RandomNumberGenerator.GetBytes(KeyFile.NonceBytes), KeyFile.DefaultIterations);
        string path = System.IO.Path.Combine(folder, $"{name}.key");
        using (FileStream stream = new(path, Fresh))
        {
            stream.Write(file);
            stream.Flush(flushToDisk: true);
        }

        using SigningKey key = SigningKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key.PublicKey.ToArray();
    }

    private static PeerId NewPeerKey(string folder)
    {
        using PeerKey key = PeerKey.Generate();
        key.Save(System.IO.Path.Combine(folder, "peer.key"));
        return key.Peer;
    }

    private void WriteSettings(IReadOnlyList<Multiaddr> others, BitcoinAccess? bitcoin)
    {
        string path = System.IO.Path.Combine(Path, "node.json");
        using FileStream stream = new(path, Fresh);
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("name", Plan.Name);
        json.WriteString("http", Plan.Http);
        json.WriteString("genesis", "genesis.cbor");
        json.WriteString("store", "store");
        json.WriteStartObject("keys");
        json.WriteString("vote", "vote.key");
        json.WriteString("stream", "stream.key");
        json.WriteString("peer", "peer.key");
        json.WriteEndObject();
        if (Plan.Listen is { } listen)
        {
            json.WriteStartObject("p2p");
            WriteAddresses(json, "listen", [listen]);
            WriteAddresses(json, "peers", others);
            json.WriteEndObject();
        }

        if (others.Count > 0)
        {
            // Beside the folder: a copy of the folder must not hold it. Others are needed to make use of it.
            json.WriteString("voteCounter", $"../{System.IO.Path.GetFileName(Path)}.votes");
        }

        if (Plan.Passphrase.Length > 0)
        {
            json.WriteString("passphraseFile", "passphrase");
        }

        if (bitcoin is not null)
        {
            json.WriteStartObject("bitcoin");
            json.WriteString("rpc", bitcoin.Rpc);
            json.WriteString("user", bitcoin.User);
            json.WriteString("password", bitcoin.Password);
            json.WriteString("wallet", bitcoin.Wallet);
            json.WriteString("network", bitcoin.Network);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteAddresses(Utf8JsonWriter json, string member, IReadOnlyList<Multiaddr> addresses)
    {
        json.WriteStartArray(member);
        foreach (Multiaddr address in addresses)
        {
            json.WriteStringValue(address.ToString());
        }

        json.WriteEndArray();
    }
}

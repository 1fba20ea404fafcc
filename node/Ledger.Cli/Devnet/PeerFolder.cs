using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;

namespace Ledger.Cli.Devnet;

/// <param name="IsOpen">Whether anybody may open a stream.</param>
/// <param name="Bitcoin">main, testnet4, signet or regtest.</param>
internal sealed record PeerPlan(string Name, string Network, string Http, bool IsOpen, string Bitcoin, string Passphrase, Parameters Parameters);

/// <summary>How the node reaches its Bitcoin daemon.</summary>
internal sealed record BitcoinAccess(string Rpc, string User, string Password, string Wallet, string Network);

/// <summary>Makes the folder of a new peer, and with it a network of one validator: keys, genesis document, settings.</summary>
internal static class PeerFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the folder; refuses one that has a node.json already.</summary>
    public static GenesisDocument Create(string folder, PeerPlan plan, UnixTime now, BitcoinAccess? bitcoin)
    {
        string settings = Path.Combine(folder, "node.json");
        if (File.Exists(settings))
        {
            throw new CommandException($"{folder} is a peer's folder already; give another one with --dir.");
        }

        Directory.CreateDirectory(folder);
        ReadOnlyMemory<byte> vote = NewKey(folder, "vote", plan.Passphrase);
        ReadOnlyMemory<byte> stream = NewKey(folder, "stream", plan.Passphrase);
        ReadOnlyMemory<byte> governance = NewKey(folder, "governance", plan.Passphrase);
        GenesisDocument genesis = new()
        {
            Name = plan.Network,
            Time = now,
            Bitcoin = plan.Bitcoin,
            Configuration = new Configuration
            {
                Validators =
                [
                    new Validator
                    {
                        Name = plan.Name,
                        Peer = ReadOnlyMemory<byte>.Empty,
                        VoteKey = vote,
                        Power = 1,
                        Stream = new StreamId(KeyId.Of(stream.Span).Value),
                        GovernanceKey = governance,
                    },
                ],
                Observers = [],
                Admission = DefaultAdmission(plan.IsOpen),
                Parameters = plan.Parameters,
                Change = 0,
            },
        };
        File.WriteAllBytes(Path.Combine(folder, "genesis.cbor"), genesis.Encode());
        WriteSettings(settings, plan, bitcoin);
        return genesis;
    }

    /// <summary>Room for a busy operator: 100,000 records or 1 GiB per stream in 1,000 blocks, ten times that per sponsor.</summary>
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
            seed, passphrase, RandomNumberGenerator.GetBytes(KeyFile.SaltBytes), RandomNumberGenerator.GetBytes(KeyFile.NonceBytes),
            KeyFile.DefaultIterations);
        string path = Path.Combine(folder, $"{name}.key");
        using (FileStream stream = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            stream.Write(file);
            stream.Flush(flushToDisk: true);
        }

        using SigningKey key = SigningKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key.PublicKey.ToArray();
    }

    private static void WriteSettings(string path, PeerPlan plan, BitcoinAccess? bitcoin)
    {
        using FileStream stream = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("name", plan.Name);
        json.WriteString("http", plan.Http);
        json.WriteString("genesis", "genesis.cbor");
        json.WriteString("store", "store");
        json.WriteStartObject("keys");
        json.WriteString("vote", "vote.key");
        json.WriteString("stream", "stream.key");
        json.WriteEndObject();
        if (plan.Passphrase.Length > 0)
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
}

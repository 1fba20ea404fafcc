using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>The real program: how it starts, refuses to start, and ends.</summary>
[Trait("Tier", "process")]
public sealed class ProgramTests : IDisposable
{
    private readonly NodeFolderOnDisk _folder = new();

    public void Dispose() => _folder.Dispose();

    [FactThatNeeds("rocksdb")]
    public async Task It_serves_records_and_pages_until_it_is_told_to_stop_and_takes_up_where_it_left()
    {
        Operator alice = new(100);
        byte[] genesis = alice.Next();
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            using NodeClient client = new(await node.ReadyAsync());
            Assert.Equal(201, await client.SubmitAsync(genesis, "?wait=settled"));
            Assert.Contains("<title>", await client.Http.GetStringAsync(new Uri("/", UriKind.Relative)));
            Assert.Contains("<title>API", await client.Http.GetStringAsync(new Uri("/docs", UriKind.Relative)));
            Assert.Contains("submitRecords", await client.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)));
            node.Signal(NodeProgram.Terminate);
            Assert.Equal(0, await node.EndAsync());
            Assert.Equal("", node.Errors.Trim());
        }

        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            using NodeClient client = new(await node.ReadyAsync());
            Assert.Equal(201, await client.SubmitAsync(genesis, ""));
            Assert.Equal(201, await client.SubmitAsync(alice.Next(), "?wait=settled"));
        }
    }

    [FactThatNeeds("rocksdb")]
    public async Task A_second_node_on_the_folder_says_so_and_the_first_goes_on()
    {
        using NodeProgram first = NodeProgram.Start("--dir", _folder.Path);
        using NodeClient client = new(await first.ReadyAsync());
        using NodeProgram second = NodeProgram.Start("--dir", _folder.Path);

        Assert.Equal(75, await second.EndAsync());
        Assert.Contains(_folder.Store, second.Errors);
        Assert.False(second.IsReady);
        Assert.Equal(201, await client.SubmitAsync(new Operator(100).Next(), "?wait=settled"));
    }

    [FactThatNeeds("rocksdb")]
    public async Task It_ends_when_the_process_that_started_it_is_gone()
    {
        using Process parent = Process.Start("sleep", "600");
        using NodeProgram node = NodeProgram.Start("--dir", _folder.Path, "--parent", parent.Id.ToString());
        await node.ReadyAsync();

        parent.Kill();

        Assert.Equal(0, await node.EndAsync());
    }

    [FactThatNeeds("rocksdb")]
    public async Task An_address_in_use_is_named()
    {
        using NodeProgram first = NodeProgram.Start("--dir", _folder.Path);
        Uri address = await first.ReadyAsync();
        using NodeFolderOnDisk other = new();
        other.Settings["http"] = $"localhost:{address.Port}";
        other.Save();
        using NodeProgram second = NodeProgram.Start("--dir", other.Path);

        Assert.Equal(78, await second.EndAsync());
        Assert.Contains($"127.0.0.1:{address.Port} cannot be listened on", second.Errors);
    }

    [FactThatNeeds("rocksdb")]
    public async Task A_damaged_store_ends_it_with_a_message_and_is_left_as_it_was()
    {
        Operator alice = new(100);
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            using NodeClient client = new(await node.ReadyAsync());
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(201, await client.SubmitAsync(alice.Next(), "?wait=settled"));
            }

            node.Signal(NodeProgram.Kill);
            await node.EndAsync();
        }

        string log = Directory.EnumerateFiles(_folder.Store, "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        byte[] bytes = File.ReadAllBytes(log);
        bytes[bytes.Length / 3] ^= 0x10;
        File.WriteAllBytes(log, bytes);
        Dictionary<string, string> before = Fingerprint();

        using NodeProgram damaged = NodeProgram.Start("--dir", _folder.Path);

        Assert.Equal(70, await damaged.EndAsync());
        Assert.Contains("backup", damaged.Errors);
        Assert.DoesNotContain("   at ", damaged.Errors);
        Assert.Equal(before, Fingerprint());
    }

    [Theory]
    [InlineData]
    [InlineData("--dir")]
    [InlineData("--dir", "x", "--parent", "none")]
    [InlineData("--dir", "x", "--dir", "y")]
    [InlineData("--help")]
    public async Task Wrong_arguments_get_the_usage(params string[] arguments)
    {
        using NodeProgram node = NodeProgram.Start(arguments);

        Assert.Equal(64, await node.EndAsync());
        Assert.StartsWith("usage: ", node.Errors);
    }

    [Fact]
    public async Task What_is_wrong_with_the_folder_is_said_in_a_sentence()
    {
        await RefusedAsync("node.json", folder => File.Delete(folder.In("node.json")));
        await RefusedAsync("'name'", folder => folder.Settings.Remove("name"));
        await RefusedAsync("colour", folder => folder.Settings["colour"] = "red");
        await RefusedAsync("http is an IP address and a port", folder => folder.Settings["http"] = "8080");
        await RefusedAsync("http is an IP address and a port", folder => folder.Settings["http"] = "example:8080");
        await RefusedAsync("chmod 600", folder => File.SetUnixFileMode(folder.In("vote.key"), (UnixFileMode)0b110_100_100));
        await RefusedAsync("genesis document", folder => File.WriteAllBytes(folder.In("genesis.cbor"), [1, 2, 3]));
        await RefusedAsync("passphrase", folder => folder.Settings["passphraseFile"] = "missing");
        await RefusedAsync("crypto.signer is auto, managed or platform", folder => folder.Settings["crypto"] =
            new JsonObject { ["signer"] = "fastest" });
        await RefusedAsync("cipher", folder => folder.Settings["crypto"] = new JsonObject { ["cipher"] = "rot13" });
        await RefusedAsync("bitcoin.network", folder => folder.Settings["bitcoin"] =
            new JsonObject { ["rpc"] = "http://127.0.0.1:1", ["wallet"] = "w", ["network"] = "moon", ["user"] = "u", ["password"] = "p" });
    }

    [Fact]
    public async Task What_is_wrong_with_the_peers_is_said_in_a_sentence()
    {
        await RefusedAsync("keys.peer", folder => folder.Meet(keys: null));
        await RefusedAsync("p2p.listen holds 'here'", folder => folder.Meet(listen: "here"));
        await RefusedAsync("p2p.listen takes addresses under ip4 or ip6", folder => folder.Meet(listen: "/dns/example/tcp/1"));
        await RefusedAsync("p2p.peers does not say whose address", folder => folder.Meet(peer: "/dns/example/tcp/1"));
        await RefusedAsync("p2p.peers holds", folder => folder.Meet(peer: "/dns/example/tcp/1/p2p/nobody"));
        await RefusedAsync("peer.key cannot be read", folder =>
        {
            folder.Meet();
            File.Delete(folder.In("peer.key"));
        });
        await RefusedAsync("chmod 600", folder =>
        {
            folder.Meet();
            File.SetUnixFileMode(folder.In("peer.key"), (UnixFileMode)0b110_100_100);
        });
        await RefusedAsync("several validators", folder => File.WriteAllBytes(
            folder.In("genesis.cbor"), TestNetwork.With(admission => admission, null, TestNetwork.Another("beta", 4)).Encode()));
    }

    [FactThatNeeds("rocksdb")]
    public async Task It_says_where_peers_find_it_and_names_an_address_in_use()
    {
        _folder.Meet();
        _folder.Save();
        using NodeProgram node = NodeProgram.Start("--dir", _folder.Path);
        using NodeClient client = new(await node.ReadyAsync());
        JsonNode peer = JsonNode.Parse(await client.Http.GetStringAsync(new Uri("/v1/peers", UriKind.Relative)))!["peers"]![0]!;
        string address = (string)Assert.Single(peer["announced"]!.AsArray())!;
        Assert.Matches("^/ip4/127.0.0.1/tcp/[0-9]+/p2p/16Uiu2", address);
        Assert.Contains("other nodes will not let it in", node.Errors);

        using NodeFolderOnDisk other = new();
        other.Meet(listen: address[..address.IndexOf("/p2p/", StringComparison.Ordinal)]);
        other.Save();
        using NodeProgram second = NodeProgram.Start("--dir", other.Path);
        Assert.Equal(78, await second.EndAsync());
        Assert.Contains("cannot be listened on", second.Errors);
        Assert.Contains("p2p.listen", second.Errors);
    }

    [FactThatNeeds("rocksdb")]
    public async Task It_counts_its_votes_where_the_settings_say_and_refuses_what_is_no_counter()
    {
        using NodeFolderOnDisk elsewhere = new();
        string counter = elsewhere.In("alpha.votes");
        _folder.Settings["voteCounter"] = counter;
        _folder.Save();
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            using NodeClient client = new(await node.ReadyAsync());
            Assert.Equal(201, await client.SubmitAsync(new Operator(100).Next(), "?wait=settled"));
            elsewhere.Settings["voteCounter"] = counter;
            elsewhere.Save();
            using NodeProgram second = NodeProgram.Start("--dir", elsewhere.Path);
            Assert.Equal(75, await second.EndAsync());
            Assert.Contains("Never run one validator twice", second.Errors);
        }

        byte[] counted = await File.ReadAllBytesAsync(counter);
        Assert.StartsWith("ledger vote counter", System.Text.Encoding.ASCII.GetString(counted));
        await File.WriteAllBytesAsync(counter, [1, 2, 3]);
        using (NodeProgram refused = NodeProgram.Start("--dir", _folder.Path))
        {
            Assert.Equal(70, await refused.EndAsync());
            Assert.Contains("vote counter", refused.Errors);
        }
    }

    [FactThatNeeds("rocksdb")]
    public async Task A_promise_that_it_could_not_keep_is_not_made() => await RefusedAsync(
        "only members may read", folder => File.WriteAllBytes(
            folder.In("genesis.cbor"), TestNetwork.With(admission => admission, new Parameters { ReadIsOpen = false }).Encode()));

    [FactThatNeeds("rocksdb")]
    public async Task Addresses_that_no_calendars_client_would_take_are_refused()
    {
        string[] addresses =
        [
            "ledger.example", "ftp://ledger.example", "https://ledger.example/", "https://ledger.example/?a", "https://a b",
            "https://user@ledger.example", $"https://{new string('a', 1_000)}",
        ];
        foreach (string address in addresses)
        {
            await RefusedAsync("publicUrl is an address such as", folder => folder.Settings["publicUrl"] = address);
        }

        _folder.Settings["publicUrl"] = "https://ledger.example:8443/ots_1";
        _folder.Save();
        using NodeProgram node = NodeProgram.Start("--dir", _folder.Path);
        await node.ReadyAsync();
    }

    [FactThatNeeds("rocksdb")]
    public async Task A_name_that_would_not_fit_into_the_nodes_records_is_refused() => await RefusedAsync(
        "name has at most 64 bytes", folder => folder.Settings["name"] = new string('n', 65));

    [FactThatNeeds("rocksdb")]
    public async Task Keys_under_a_passphrase_are_opened_with_the_file_that_holds_it()
    {
        byte[] salt = new byte[KeyFile.SaltBytes];
        byte[] nonce = new byte[KeyFile.NonceBytes];
        foreach ((string name, int seed) in new[] { ("vote.key", 1), ("stream.key", 2) })
        {
            _folder.WriteSecret(name, KeyFile.Encode(TestNetwork.Seed(seed), "correct horse", salt, nonce, KeyFile.IterationsMin));
        }

        _folder.Settings["passphraseFile"] = "passphrase";
        _folder.Save();
        _folder.WriteSecret("passphrase", "wrong\n"u8.ToArray());
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            Assert.Equal(78, await node.EndAsync());
            Assert.Contains("vote.key", node.Errors);
        }

        _folder.WriteSecret("passphrase", "correct horse\nnot this\n"u8.ToArray());
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            await node.ReadyAsync();
        }

        File.SetUnixFileMode(_folder.In("passphrase"), (UnixFileMode)0b110_100_000);
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            Assert.Equal(78, await node.EndAsync());
            Assert.Contains($"chmod 600 {_folder.In("passphrase")}", node.Errors);
        }
    }

    [FactThatNeeds("rocksdb")]
    public async Task Keys_under_a_passphrase_are_opened_with_a_descriptor_that_gives_it()
    {
        byte[] nonce = new byte[KeyFile.NonceBytes];
        foreach ((string name, int seed) in new[] { ("vote.key", 1), ("stream.key", 2) })
        {
            _folder.WriteSecret(name, KeyFile.Encode(
                TestNetwork.Seed(seed), "correct horse", new byte[KeyFile.SaltBytes], nonce, KeyFile.IterationsMin));
        }

        _folder.Save();
        foreach ((string passphrase, string fault) in new[] { ("wrong", "vote.key"), ("", "first line is empty") })
        {
            _folder.WriteSecret("passphrase", System.Text.Encoding.UTF8.GetBytes(passphrase + "\n"));
            using NodeProgram refused = WithPassphraseOpen();
            Assert.Equal(78, await refused.EndAsync());
            Assert.Contains(fault, refused.Errors);
        }

        using (NodeProgram closed = NodeProgram.Start("--dir", _folder.Path, "--passphrase-fd", "99"))
        {
            Assert.Equal(78, await closed.EndAsync());
            Assert.Contains("--passphrase-fd 99 99< FILE", closed.Errors);
        }

        _folder.WriteSecret("passphrase", "correct horse\n"u8.ToArray());
        using NodeProgram node = WithPassphraseOpen();
        await node.ReadyAsync();

        NodeProgram WithPassphraseOpen()
        {
            string opened = $"--passphrase-fd 3 3< '{_folder.In("passphrase")}'";
            return NodeProgram.StartThrough(
                "/bin/sh", ["-c", $"exec '{NodeProgram.Path}' --dir '{_folder.Path}' {opened}"]);
        }
    }

    private static async Task RefusedAsync(string message, Action<NodeFolderOnDisk> spoil)
    {
        using NodeFolderOnDisk folder = new();
        spoil(folder);
        if (File.Exists(folder.In("node.json")))
        {
            folder.Save();
        }

        using NodeProgram node = NodeProgram.Start("--dir", folder.Path);
        Assert.True(await node.EndAsync() == 78, node.Errors);
        Assert.Contains(message, node.Errors);
        Assert.DoesNotContain("   at ", node.Errors);
    }

    private Dictionary<string, string> Fingerprint() =>
        Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).ToDictionary(
            file => file,
            file => $"{File.GetLastWriteTimeUtc(file):O} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}");
}

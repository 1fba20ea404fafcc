using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Bitcoin.Regtest;
using Ledger.Core.Chain;
using Ledger.Proofs.Spv;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>The reference client of OpenTimestamps, the node's own program, and a real Bitcoin daemon.</summary>
[Trait("Tier", "process")]
public sealed class CalendarTests : IAsyncLifetime
{
    private const string Address = "https://ledger.example";

    private readonly NodeFolderOnDisk _folder = new(
        TestNetwork.With(admission => admission, new Parameters { AnchorBlocks = 1 }));

    private static readonly string BareDigest = DigestOf("handed in bare");

    private readonly string _proofs = Directory.CreateTempSubdirectory("ledger-proofs-").FullName;
    private RegtestDaemon? _bitcoin;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_bitcoin is not null)
        {
            _bitcoin.Kill();
            await _bitcoin.DisposeAsync();
        }

        Directory.Delete(_proofs, recursive: true);
        _folder.Dispose();
    }

    [FactThatNeeds("rocksdb", "bitcoind", "opentimestamps")]
    public Task What_a_stock_client_stamps_is_upgraded_and_leads_to_the_root_that_bitcoind_names() => StampAsync(50);

    [FactThatNeeds("rocksdb", "bitcoind", "opentimestamps")]
    [Trait("Tier", "full")]
    public Task A_thousand_stamps_of_a_stock_client_lead_to_the_roots_that_bitcoind_names() => StampAsync(1_000);

    /// <summary>The node is killed right after its answers: they count all the same.</summary>
    private async Task StampAsync(int count)
    {
        await StartBitcoinAsync();
        using (NodeProgram killed = NodeProgram.Start("--dir", _folder.Path))
        {
            Uri first = await killed.ReadyAsync();
            await ClientAsync("stamp", Bare(first), _proofs, $"{count}");
            using HttpClient integrator = new() { BaseAddress = first };
            using JsonContent digests = JsonContent.Create(new[] { BareDigest });
            Assert.Equal(202, (int)(await integrator.PostAsync(new Uri("/v1/roots", UriKind.Relative), digests)).StatusCode);
            killed.Signal(NodeProgram.Kill);
            await killed.EndAsync();
        }

        Assert.Equal(count, Directory.GetFiles(_proofs).Length);
        Assert.Contains(Address, Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(_proofs, "0.ots"))));
        using NodeProgram node = NodeProgram.Start("--dir", _folder.Path);
        string address = Bare(await node.ReadyAsync());
        await UpgradeAsync(address, count);
        await FetchBareAsync(address);

        JsonNode[] found = [.. (await ClientAsync("read", _proofs)).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(count + 1, found.Length);
        Dictionary<uint, string> roots = [];
        foreach (JsonNode attestation in found)
        {
            uint height = (uint)attestation["height"]!;
            if (!roots.TryGetValue(height, out string? root))
            {
                var block = (await _bitcoin!.Rpc.GetBlockHashAsync(new BitcoinHeight(height))).Value;
                roots[height] = root = (await _bitcoin.Rpc.GetBlockAsync(block)).Value.MerkleRoot.ToString();
            }

            string name = Path.GetFileNameWithoutExtension((string)attestation["file"]!);
            Assert.Equal(name == "bare" ? BareDigest : DigestOf($"file {name}"), (string)attestation["digest"]!);
            Assert.Equal(root, (string)attestation["message"]!);
        }
    }

    /// <summary>The detached proof that the node gives for a digest, beside those of the client.</summary>
    private async Task FetchBareAsync(string address)
    {
        using HttpClient integrator = new() { BaseAddress = new Uri(address) };
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(240));
        while (true)
        {
            HttpResponseMessage proof = await integrator.GetAsync(
                new Uri($"/v1/roots/{BareDigest}?format=ots", UriKind.Relative), patience.Token);
            if (proof.IsSuccessStatusCode)
            {
                await File.WriteAllBytesAsync(
                    Path.Combine(_proofs, "bare.ots"), await proof.Content.ReadAsByteArrayAsync(patience.Token));
                return;
            }

            Assert.True((await _bitcoin!.MineAsync()).IsSuccess);
            await Task.Delay(500, patience.Token);
        }
    }

    private static string DigestOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private static string Bare(Uri address) => address.ToString().TrimEnd('/');

    private async Task UpgradeAsync(string address, int count)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(240));
        HashSet<string> reasons = [];
        while (true)
        {
            JsonNode said = JsonNode.Parse((await ClientAsync("upgrade", address, _proofs)).Single())!;
            reasons.UnionWith(said["waiting"]!.AsObject().Select(reason => reason.Key));
            Assert.All(reasons, reason => Assert.StartsWith("Pending", reason));
            if ((int)said["done"]! == count)
            {
                return;
            }

            Assert.True((await _bitcoin!.MineAsync()).IsSuccess);
            await Task.Delay(500, patience.Token);
        }
    }

    private async Task StartBitcoinAsync()
    {
        var started = await RegtestDaemon.StartAsync(new RegtestOptions
        {
            Binary = Needs.Get("bitcoind"),
            Folder = _folder.In("bitcoin"),
            StartTimeOut = TimeSpan.FromSeconds(180),
        });
        Assert.True(started.IsSuccess, started.Error?.ToString());
        _bitcoin = started.Value;
        _folder.Settings["publicUrl"] = Address;
        _folder.Settings["bitcoin"] = new JsonObject
        {
            ["rpc"] = _bitcoin.Url.ToString(),
            ["user"] = _bitcoin.User,
            ["password"] = _bitcoin.Password,
            ["wallet"] = _bitcoin.Wallet,
            ["network"] = "regtest",
        };
        _folder.Save();
    }

    /// <summary>The lines that it prints.</summary>
    private static async Task<string[]> ClientAsync(params string[] arguments)
    {
        string script = Checkout.PathOf("tests", "Ledger.Node.Tests", "Processes", "stamp.py");
        ProcessStartInfo start = new(Needs.Get("opentimestamps"), [script, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["no_proxy"] = "*";
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        string said = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.True(python.ExitCode == 0, await errors);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Ledger.Client;
using Ledger.Proofs.Trust;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>
/// A network as <c>ledger devnet --detach</c> starts it: a Bitcoin daemon on regtest and nodes on RocksDB, in a folder
/// that goes when it ends. Whatever a test did to its processes, none is left.
/// </summary>
internal sealed class Devnet : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly TempFolder _folder;
    private readonly List<int> _processes;

    private Devnet(TempFolder folder, JsonElement description, int supervisor)
    {
        _folder = folder;
        Nodes = [.. description.GetProperty("nodes").EnumerateArray().Select(node => new DevnetNode(
            new Uri(node.GetProperty("http").GetString()!),
            node.GetProperty("p2p").GetString()!,
            node.GetProperty("dir").GetString()!,
            node.GetProperty("pid").GetInt32()))];
        Chain = description.GetProperty("chain").GetString()!;
        Supervisor = supervisor;
        JsonElement bitcoin = description.GetProperty("bitcoin");
        Rpc = new Uri(bitcoin.GetProperty("rpc").GetString()!);
        RpcLogin = new NetworkCredential(
            bitcoin.GetProperty("user").GetString(), bitcoin.GetProperty("password").GetString());
        _processes = [.. Processes.Descendants(supervisor), supervisor];
    }

    public string Folder => _folder.Path;

    /// <summary>As they were started.</summary>
    public IReadOnlyList<DevnetNode> Nodes { get; }

    /// <summary>Of the first node.</summary>
    public Uri Address => Nodes[0].Address;

    public Uri Rpc { get; }

    public NetworkCredential RpcLogin { get; }

    /// <summary>Id of the chain, in hexadecimal.</summary>
    public string Chain { get; }

    public int Supervisor { get; }

    /// <summary>Of the first node.</summary>
    public int NodeProcess => Nodes[0].Process;

    /// <summary>The daemon says it in a file of its own.</summary>
    public int BitcoinProcess => int.Parse(
        File.ReadAllText(Path.Combine(Folder, "bitcoin", "regtest", "bitcoind.pid")), CultureInfo.InvariantCulture);

    /// <summary>Those of the start that still run: supervisor, node, daemon and watchdog.</summary>
    public IReadOnlyList<int> Running => [.. _processes.Where(Processes.Runs)];

    /// <summary>What a relying party would hold true of this network.</summary>
    public TrustFile Trust => ParseTrust(TrustJson);

    public string TrustJson => $$"""{ "v": 1, "chain": "{{Chain}}", "bitcoin": { "network": "regtest" } }""";

    /// <param name="validators">Each is a process; most of what a network does shows with one.</param>
    public static async Task<Devnet> StartAsync(int validators = 1)
    {
        TempFolder folder = new();
        string path = Path.Combine(folder.Path, "net");
        Ran ran = await Cli.RunAsync("devnet", "--validators", $"{validators}", "--dir", path, "--detach", "--json");
        if (ran.Code != 0)
        {
            folder.Dispose();
            Assert.Fail($"devnet: {ran}");
        }

        using JsonDocument description = JsonDocument.Parse(ran.Out);
        using JsonDocument state = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(path, "devnet.json")));
        folder.Path = path;
        return new Devnet(folder, description.RootElement, state.RootElement.GetProperty("supervisor").GetInt32());
    }

    public static TrustFile ParseTrust(string json)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(json);
        Assert.True(TrustFileParser.TryParse(bytes, out TrustFile trust, out TrustFault fault), fault.Reason);
        return trust;
    }

    public NodeClient Client() => new(Address);

    /// <summary>Status and text of a page of a node, the first unless another is given.</summary>
    public async Task<(int Status, string Text)> GetAsync(string path, Uri? node = null)
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(node ?? Address, path));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Asks until the answer is as wanted; a test that waits in vain shows the last answer.</summary>
    public async Task<string> WaitAsync(
        string path, Func<int, string, bool> wanted, TimeSpan patience, Uri? node = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            (int status, string text) = await GetAsync(path, node);
            if (wanted(status, text))
            {
                return text;
            }

            Assert.True(watch.Elapsed < patience, $"{path} after {patience}: {status} {text}");
            await Task.Delay(100);
        }
    }

    /// <summary>One call to the Bitcoin daemon; its result.</summary>
    public async Task<JsonElement> BitcoinAsync(string method, params object[] arguments)
    {
        using HttpClientHandler handler = new() { Credentials = RpcLogin, PreAuthenticate = true };
        using HttpClient http = new(handler);
        using StringContent call = new(JsonSerializer.Serialize(new { id = 1, method, @params = arguments }));
        using HttpResponseMessage answer = await http.PostAsync(Rpc, call);
        using JsonDocument document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return document.RootElement.GetProperty("result").Clone();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (Processes.Runs(Supervisor))
        {
            await Cli.RunAsync("devnet", "down", "--dir", Folder);
        }

        foreach (int process in Running)
        {
            Processes.Kill(process);
        }

        _folder.Dispose();
    }
}

/// <summary>One node of a network.</summary>
/// <param name="Peer">Where other nodes find it, as a multiaddr with its peer id.</param>
internal sealed record DevnetNode(Uri Address, string Peer, string Folder, int Process);

using System.Net;
using System.Net.Sockets;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.EndToEnd.Tests;

/// <summary>The commands that the documentation shows, run as they stand there.</summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class ReadmeTests(DevnetFixture devnet)
{
    private const string Intent = """
        {
          "action": "answer a claim",
          "actor": { "id": "p-17", "type": "agent" },
          "authority": "p-4",
          "model": { "name": "claims", "version": "7" },
          "config": {},
          "input": [{ "file": "question.txt" }]
        }
        """;

    private const string Act =
        """{ "model": { "name": "claims", "version": "7" }, "input": [{ "text": "is the claim sound?" }] }""";

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task What_the_node_page_tells_an_integrator_to_type_works_from_key_to_verdict()
    {
        string[] commands =
        [
            .. CommandsIn("node/README.md", "## Integrate").Where(command => Verb(command) != "guard"),
            .. CommandsIn("node/README.md", "### Without the guard"),
        ];
        Assert.Equal(["key", "stream", "seal", "submit", "evidence", "verify"], commands.Select(Verb).Distinct());
        using TempFolder folder = new();
        await File.WriteAllTextAsync(folder.Of("intent.json"), Intent);
        await File.WriteAllTextAsync(folder.Of("question.txt"), "is the claim sound?");
        foreach (string command in commands)
        {
            string line = command.Replace("http://127.0.0.1:8080", devnet.Net.Address.ToString());
            if (line.Contains(" STREAM ", StringComparison.Ordinal))
            {
                byte[] chain = await File.ReadAllBytesAsync(folder.Of("claims.oar"));
                Assert.True(Record.TryParse(RecordSequence.Split(chain, 1, out _)[0], out Record? genesis, out _));
                line = line.Replace("STREAM", genesis.Stream.ToString());
            }

            await RunAsync(line, folder.Path);
        }
    }

    [Fact]
    public async Task What_it_tells_to_type_puts_a_sidecar_before_a_model()
    {
        string[] commands = CommandsIn("node/README.md", "## Integrate");
        Assert.Equal(["key", "stream", "guard"], commands.Select(Verb));
        using TempFolder folder = new();
        await RunAsync(commands[0], folder.Path);
        await RunAsync(commands[1], folder.Path);

        string address = $"127.0.0.1:{FreePort()}";
        using CancellationTokenSource stop = new();
        Task<Ran> running =
            Cli.RunAsync(Passphrase, Arguments($"{commands[2]} --listen {address}"), folder.Path, stop.Token);
        try
        {
            using HttpResponseMessage answer = await FirstAnswerAsync(new Uri($"http://{address}"), running);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }

        Assert.Equal(0, (await running).Code);
        await RunAsync("./ledger verify claims.oar", folder.Path);
    }

    private static async Task<HttpResponseMessage> FirstAnswerAsync(Uri sidecar, Task<Ran> running)
    {
        using HttpClient caller = new() { BaseAddress = sidecar };
        while (true)
        {
            Assert.False(running.IsCompleted, running.IsCompleted ? (await running).ToString() : "");
            try
            {
                using StringContent act = new(Act, null, "application/json");
                return await caller.PostAsync(new Uri("/intent", UriKind.Relative), act);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(200);
            }
        }
    }

    [FactThatNeeds("rocksdb")]
    public async Task What_it_tells_an_operator_to_type_makes_a_peer_that_answers()
    {
        string[] commands = CommandsIn("node/README.md", "## Run");
        string Of(string verb) => Assert.Single(commands, command => Verb(command) == verb);
        (string init, string node, string status) = (Of("init"), Of("node"), Of("status"));
        using TempFolder folder = new();
        string address = $"127.0.0.1:{FreePort()}";
        await RunAsync($"{init} --http {address}", folder.Path);

        using CancellationTokenSource stop = new();
        Task<Ran> running = Cli.RunAsync(Passphrase, Arguments(node), folder.Path, stop.Token);
        Ran ran;
        do
        {
            Assert.False(running.IsCompleted, running.IsCompleted ? (await running).ToString() : "");
            await Task.Delay(200);
            ran = await Cli.RunAsync([], Arguments(status.Replace("127.0.0.1:8080", address)), folder.Path);
        }
        while (ran.Code != 0);

        await stop.CancelAsync();
        Assert.Equal(0, (await running).Code);
    }

    [Fact]
    public async Task The_first_page_names_verbs_that_are_there()
    {
        Assert.Contains("./ledger --help", await File.ReadAllTextAsync(Checkout.PathOf("README.md")));
        Ran help = await Cli.RunAsync("--help");
        Assert.Equal(0, help.Code);
        foreach (string verb in "key stream seal guard submit evidence verify init node devnet".Split(' '))
        {
            Assert.Contains($"  {verb}", help.Out);
        }
    }

    private static (string Name, string Value)[] Passphrase => [("LEDGER_PASSPHRASE", "correct horse battery staple")];

    private static async Task RunAsync(string command, string folder)
    {
        Ran ran = await Cli.RunAsync(Passphrase, Arguments(command), folder);
        Assert.True(ran.Code == 0, $"{command}: {ran}");
    }

    private static string Verb(string command) => command.Split(' ')[1];

    /// <summary>The words after <c>./ledger</c>; quotes hold one together.</summary>
    private static string[] Arguments(string command) =>
    [
        .. command.Split('"').SelectMany((part, at) =>
            at % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Skip(1),
    ];

    /// <summary>What the first block under a heading tells to type, without comments.</summary>
    private static string[] CommandsIn(string page, string heading) =>
    [
        .. File.ReadLines(Checkout.PathOf(page)).SkipWhile(line => line != heading)
            .SkipWhile(line => line != "```").Skip(1).TakeWhile(line => line != "```")
            .Where(line => line.StartsWith("./ledger ", StringComparison.Ordinal))
            .Select(line => line.Split("  ", 2)[0]),
    ];

    /// <summary>Below those that the system gives to whoever asks for any: nobody takes it a moment later.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using TcpListener listener = new(IPAddress.Loopback, Random.Shared.Next(15_000, 32_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}

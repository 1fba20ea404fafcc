using System.Text.Json;
using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>An operator whose machine has no network: not even a loopback that is up.</summary>
[Trait("Tier", "process")]
public sealed class AirGappedTests
{
    private const string Intent = """
        {"action":"assess","actor":{"id":"p-1","type":"service"},"authority":"p-2","model":{"name":"m","version":"1"},
         "config":{},"input":[{"file":"question.txt","type":"text/plain"}]}
        """;

    private const string Gap = """{"type":"offline","reason":"no line to any node","from":1790000000000}""";

    [FactThatNeeds("unshare")]
    public async Task Key_stream_seal_and_verify_work_with_no_network_at_all()
    {
        using TempFolder folder = new();
        string chain = folder.Of("claims.oar");
        string key = folder.Of("operator.key");
        await File.WriteAllTextAsync(folder.Of("intent.json"), Intent);
        await File.WriteAllTextAsync(folder.Of("gap.json"), Gap);
        await File.WriteAllTextAsync(folder.Of("question.txt"), "is the claim sound?");

        // The program itself must see no network, or this shows nothing.
        Ran devices = await AloneAsync("cat", "/proc/net/dev");
        string device = Assert.Single(devices.Out.Split('\n'), line => line.Contains(':', StringComparison.Ordinal));
        Assert.StartsWith("lo:", device.Trim());
        await DoneAsync("key", "new", key, "--no-passphrase");
        await DoneAsync("stream", "new", chain, "--key", key, "--no-passphrase");
        await DoneAsync("seal", "intent", chain, "--key", key, "--no-passphrase", "--body", folder.Of("intent.json"));
        await DoneAsync("seal", "gap", chain, "--key", key, "--no-passphrase", "--body", folder.Of("gap.json"));
        Ran verified = await DoneAsync("verify", chain, "--json");
        using JsonDocument verdict = JsonDocument.Parse(verified.Out);
        Assert.Equal("VERIFIED", verdict.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(3, verdict.RootElement.GetProperty("records").GetInt32());

        using JsonDocument sealedIntent = JsonDocument.Parse(
            (await DoneAsync(
                "seal", "intent", chain, "--key", key, "--no-passphrase", "--body", folder.Of("intent.json"), "--json"))
            .Out);
        string id = sealedIntent.RootElement.GetProperty("id").GetString()!;
        await DoneAsync("reconstruct", id, chain, "--key", key, "--no-passphrase");
        string reader = folder.Of("reader");
        await File.WriteAllTextAsync(reader, "a reader's passphrase\n");
        File.SetUnixFileMode(reader, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await DoneAsync("vault", "grant", chain, "--key", key, "--no-passphrase", "--to-passphrase-file", reader);
        await DoneAsync("reconstruct", id, chain, "--vault-passphrase-file", reader);
        await DoneAsync(
            "disclose", id, chain, "--key", key, "--no-passphrase", "--member", "input[0]", "--out", folder.Of("d"));
        Ran disclosed = await DoneAsync("verify", chain, "--disclosure", folder.Of("d"));
        Assert.Contains("disclosure passed", disclosed.Out);

        // What has a network to be without says so.
        Ran submit = await AloneAsync(Cli.Program, "submit", chain, "--node", "http://127.0.0.1:9", "--patience", "1");
        Assert.Equal(1, submit.Code);
        Assert.Contains("does not answer", submit.Error);
    }

    private static async Task<Ran> DoneAsync(params string[] arguments)
    {
        Ran ran = await AloneAsync(Cli.Program, arguments);
        Assert.True(ran.Code == 0, ran.ToString());
        return ran;
    }

    private static Task<Ran> AloneAsync(string program, params string[] arguments) =>
        Cli.RunProgramAsync(Needs.Get("unshare"), [], ["--map-root-user", "--net", program, .. arguments]);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Crypto;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary><c>crypto.signer</c> in node.json: who makes the node's signatures.</summary>
[Trait("Tier", "process")]
public sealed class SignerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly NodeFolderOnDisk _folder = new();

    public void Dispose() => _folder.Dispose();

    [FactThatNeeds("rocksdb")]
    public async Task A_platform_that_cannot_sign_is_refused_at_the_start()
    {
        Choose("managed");
        using (NodeProgram managed = NodeProgram.Start("--dir", _folder.Path))
        {
            await SettlesAsync(await managed.ReadyAsync());
        }

        Choose("platform");
        using NodeProgram platform = NodeProgram.Start("--dir", _folder.Path);
        if (SignatureProviders.IsPlatformSupported)
        {
            await platform.ReadyAsync();
            return;
        }

        Assert.Equal(78, await platform.EndAsync());
        Assert.Contains("Set it to 'auto' or 'managed'", platform.Errors);
    }

    /// <summary>
    /// The node's genesis record and its votes come from OpenSSL; its own code verifies each of them.
    /// </summary>
    [FactThatNeeds("rocksdb", "openssl")]
    [Trait("Tier", "full")]
    public async Task A_node_whose_signatures_the_platform_makes_settles_records()
    {
        Choose("platform");
        using NewestSystem system = new(Needs.Get("openssl"));
        using NodeProgram node = NodeProgram.StartOn(system, "--dir", _folder.Path);
        await SettlesAsync(await node.ReadyAsync());
    }

    private static async Task SettlesAsync(Uri address)
    {
        using HttpClient client = new() { BaseAddress = address };
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            using JsonDocument status = JsonDocument.Parse(await client.GetStringAsync("/v1/status", patience.Token));
            if (status.RootElement.GetProperty("height").GetInt64() > 0)
            {
                return;
            }

            await Task.Delay(100, patience.Token);
        }
    }

    private void Choose(string signer)
    {
        _folder.Settings["crypto"] = new JsonObject { ["signer"] = signer };
        _folder.Save();
    }
}

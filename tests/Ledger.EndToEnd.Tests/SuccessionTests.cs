using System.Text.Json;
using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>
/// Two of four organisations are gone for good; the other two go on, by the command line and with real processes.
/// </summary>
[Trait("Tier", "process")]
public sealed class SuccessionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task Two_that_are_left_go_on_from_the_last_block_and_old_evidence_stays_good()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 2);
        await stream.SubmitAsync(net, SubmitWait.Settled);
        byte[] before = await EvidenceAsync(net.Address, stream);
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(before, net.Trust).Verdict);
        Processes.Kill(net.Nodes[2].Process);
        Processes.Kill(net.Nodes[3].Process);
        await SettledAlikeAsync(net);

        using TempFolder folder = new();
        string file = folder.Of("successor.genesis");
        Ran refused = await Cli.RunAsync(
            "gov", "restart", "--keep", "alpha", "--keep", "omega", "--out", file,
            "--node", net.Nodes[0].Address.ToString());
        Assert.Contains("omega is none of them", refused.Error);
        JsonElement made = await RestartAsync(
            "--keep", "alpha", "--keep", "beta", "--out", file, "--node", net.Nodes[0].Address.ToString());
        JsonElement seen = await RestartAsync("--check", file, "--node", net.Nodes[1].Address.ToString());
        Assert.Equal(made.GetProperty("words").GetString(), seen.GetProperty("words").GetString());
        Assert.True(seen.GetProperty("stands").GetBoolean());

        using RestartedNode alpha = await RefoundAsync(net.Nodes[0], file);
        using RestartedNode beta = await RefoundAsync(net.Nodes[1], file);
        await stream.SealAsync();
        Assert.Equal(RecordState.Settled, (await stream.SubmitAsync(alpha.Address, SubmitWait.Settled)).State);
        TrustFile trust = new() { Chain = new ChainId(Digest.ParseHex(made.GetProperty("chain").GetString()!)) };
        byte[] after = await EvidenceAsync(beta.Address, stream);
        Verification verdict = EvidenceVerifier.Verify(after, trust);
        Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(before, net.Trust).Verdict);
    }

    private static async Task<RestartedNode> RefoundAsync(DevnetNode node, string genesis)
    {
        Processes.Kill(node.Process);
        string text = await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.json"));
        using JsonDocument settings = JsonDocument.Parse(text);
        string place = settings.RootElement.GetProperty("genesis").GetString()!;
        File.Copy(genesis, Path.Combine(node.Folder, place), overwrite: true);
        return await RestartedNode.StartAsync(node);
    }

    /// <summary>The last block of both is one: nothing more settles with two of four.</summary>
    private static async Task SettledAlikeAsync(Devnet net)
    {
        using NodeClient alpha = new(net.Nodes[0].Address);
        using NodeClient beta = new(net.Nodes[1].Address);
        using CancellationTokenSource patience = new(Patience);
        while ((await alpha.GetStatusAsync(patience.Token)).Block != (await beta.GetStatusAsync(patience.Token)).Block)
        {
            await Task.Delay(200, patience.Token);
        }
    }

    private static async Task<JsonElement> RestartAsync(params string[] arguments)
    {
        Ran ran = await Cli.RunAsync(["gov", "restart", .. arguments, "--json"]);
        Assert.True(ran.Code == 0, ran.ToString());
        using JsonDocument document = JsonDocument.Parse(ran.Out);
        return document.RootElement.Clone();
    }

    private static async Task<byte[]> EvidenceAsync(Uri node, OperatorStream stream)
    {
        using NodeClient client = new(node);
        return await client.GetEvidenceAsync(stream.Id, from: null, to: null, default);
    }
}

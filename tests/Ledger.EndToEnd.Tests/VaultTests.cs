using System.Diagnostics;
using System.Text.Json;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs.Disclosures;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>What was kept is there after kills, opens one decision to one who asks, and stays while it must.</summary>
[Trait("Tier", "process")]
public sealed class VaultTests
{
    private const int Decisions = 50;
    private const int DecisionsWhileDown = 5;
    private const int Reconstructed = 100;

    /// <summary>What one decision commits to: the model as it was attested, input, prompt, output.</summary>
    private static readonly string[] Committed =
        ["after.model", "after.prompt", "input[0]", "input[1]", "config.prompt", "output[0]"];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task Records_are_reconstructed_and_one_content_disclosed_after_node_and_sidecar_were_killed()
    {
        using TempFolder folder = new();
        await using Devnet net = await Devnet.StartAsync();
        List<RecordId> ids = [];
        await using (SidecarOperator operates = await SidecarOperator.StartAsync(folder.Path, net.Address))
        {
            await DecideAsync(operates, Decisions, ids);
            Processes.Kill(net.NodeProcess);
            Assert.Empty(await Processes.LeftAfterAsync(
                Patience, () => Processes.Runs(net.NodeProcess) ? [net.NodeProcess] : []));
            await DecideAsync(operates, DecisionsWhileDown, ids);
            await operates.KillAsync();
        }

        string settings = Directory.GetFiles(net.Folder, "node.json", SearchOption.AllDirectories)[0];
        string nodeFolder = Path.GetDirectoryName(settings)!;
        using Process node = Cli.Start(Cli.Program, [], ["node", "--dir", nodeFolder]);
        try
        {
            Uri address = await ReadyAsync(node);
            await using (SidecarOperator again = await SidecarOperator.StartAsync(folder.Path, address))
            {
                await DecideAsync(again, DecisionsWhileDown, ids);
            }

            string chain = folder.Of(SidecarOperator.ChainFile);
            byte[] evidence = await SettledEvidenceAsync(address, chain);
            await CheckReconstructionsAsync(folder, chain, ids);
            await CheckDisclosureAsync(folder, chain, ids[0], evidence, net.TrustJson);
            await CheckErasureIsRefusedAsync(folder, chain, ids[0]);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
            await node.WaitForExitAsync();
        }
    }

    private static async Task DecideAsync(SidecarOperator operates, int decisions, List<RecordId> ids)
    {
        for (int i = 0; i < decisions; i++)
        {
            (RecordId intent, RecordId outcome) = await operates.DecideAsync($"claim {Guid.NewGuid()}");
            ids.AddRange([intent, outcome]);
        }
    }

    private static async Task<Uri> ReadyAsync(Process node)
    {
        using CancellationTokenSource patience = new(Patience);
        while (await node.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                return new Uri(line["ready ".Length..]);
            }
        }

        string errors = await node.StandardError.ReadToEndAsync();
        throw new InvalidOperationException($"The node did not start again: {errors}");
    }

    private static async Task<byte[]> SettledEvidenceAsync(Uri node, string chain)
    {
        using NodeClient client = new(node);
        using CancellationTokenSource patience = new(Patience);
        SubmitSummary settled = await client.SubmitChainAsync(chain, SubmitWait.Settled, null, patience.Token);
        return await client.GetEvidenceAsync(settled.Stream, from: null, to: null, patience.Token);
    }

    private static async Task CheckReconstructionsAsync(TempFolder folder, string chain, List<RecordId> ids)
    {
        using SigningKey key = KeyStore.Open(folder.Of(SidecarOperator.KeyFile), () => "");
        Vault vault = Vault.Beside(chain, new StreamId(key.Id.Value), key);
        RecordId[] chosen = [.. ids];
        new Random(100).Shuffle(chosen);
        foreach (RecordId id in chosen[..Reconstructed])
        {
            Reconstruction found = await Reconstruction.RunAsync(chain, vault, id, default);
            Assert.True(found.IsComplete, $"{id}: {string.Join(", ", found.Members)}");
            Assert.Equal(Committed, found.Members.Select(member => member.Member));
            Assert.Empty(found.Notes);
        }

        Ran said = await Cli.RunAsync(
            "reconstruct", $"{chosen[0]}", chain, "--key", folder.Of(SidecarOperator.KeyFile), "--no-passphrase",
            "--json");
        Assert.True(said.Code == 0, said.ToString());
        using JsonDocument json = JsonDocument.Parse(said.Out);
        Assert.True(json.RootElement.GetProperty("complete").GetBoolean());
    }

    private static async Task CheckDisclosureAsync(
        TempFolder folder, string chain, RecordId id, byte[] evidence, string trustJson)
    {
        string file = folder.Of("claims.evidence"), trust = folder.Of("trust.json"), disclosed = folder.Of("one");
        await File.WriteAllBytesAsync(file, evidence);
        await File.WriteAllTextAsync(trust, trustJson);
        Ran done = await Cli.RunAsync(
            "disclose", $"{id}", chain, "--member", "input[0]", "--out", disclosed,
            "--key", folder.Of(SidecarOperator.KeyFile), "--no-passphrase");
        Assert.True(done.Code == 0, done.ToString());

        Ran holds = await Cli.RunAsync("verify", file, "--trust", trust, "--disclosure", disclosed, "--json");
        Assert.True(holds.Code == 0, holds.ToString());
        using JsonDocument verdict = JsonDocument.Parse(holds.Out);
        Assert.Equal("VERIFIED", verdict.RootElement.GetProperty("verdict").GetString());
        JsonElement one = verdict.RootElement.GetProperty("disclosures")[0];
        Assert.Equal("passed", one.GetProperty("outcome").GetString());
        Assert.Equal("input[0]", one.GetProperty("member").GetString());

        byte[] bytes = await File.ReadAllBytesAsync(disclosed);
        Assert.True(Disclosure.TryParse(bytes, out Disclosure? read, out _));
        Disclosure forged = read with { Content = "claim 0000"u8.ToArray() };
        await File.WriteAllBytesAsync(disclosed, forged.Encode());
        Ran refused = await Cli.RunAsync("verify", file, "--trust", trust, "--disclosure", disclosed, "--json");
        Assert.Equal(1, refused.Code);
        using JsonDocument no = JsonDocument.Parse(refused.Out);
        Assert.Equal("proof", no.RootElement.GetProperty("layer").GetString());
    }

    private static async Task CheckErasureIsRefusedAsync(TempFolder folder, string chain, RecordId id)
    {
        Ran early = await Cli.RunAsync(
            "erase", $"{id}", chain, "--key", folder.Of(SidecarOperator.KeyFile), "--no-passphrase");
        Assert.Equal(1, early.Code);
        Assert.Contains("are kept until", early.Error);
        string[] key = ["--key", folder.Of(SidecarOperator.KeyFile), "--no-passphrase"];
        Ran held = await Cli.RunAsync(["hold", "place", "case-7", chain, "--reason", "a suit", .. key]);
        Assert.True(held.Code == 0, held.ToString());
        Ran underHold = await Cli.RunAsync(["erase", $"{id}", chain, .. key]);
        Assert.Contains("case-7", underHold.Error);
        Ran unfinished = await Cli.RunAsync(
            "erase", "unfinished", chain, "--key", folder.Of(SidecarOperator.KeyFile), "--no-passphrase", "--json");
        Assert.True(unfinished.Code == 0, unfinished.ToString());
    }
}

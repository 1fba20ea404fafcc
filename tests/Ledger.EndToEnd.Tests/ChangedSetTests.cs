using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>A consortium that changes its own set, by the command line and with real processes.</summary>
[Trait("Tier", "process")]
public sealed class ChangedSetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task A_fifth_joins_by_invitation_one_is_removed_and_evidence_from_before_still_verifies()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 2);
        await stream.SubmitAsync(net, SubmitWait.Settled);
        byte[] before = await EvidenceAsync(net.Address, stream);

        using TempFolder folder = new();
        string seat = await JoinAsync(net, folder);
        DevnetNode newcomer = net.Nodes[0] with { Folder = folder.Of("fifth") };
        BeginWithSnapshot(newcomer);
        using RestartedNode fifth = await RestartedNode.StartAsync(newcomer);

        // One hands in at once, one at another node, one signs where there is no network.
        string add = folder.Of("add.proposal");
        await GovAsync("propose", "--add", seat, "--out", add, "--key", KeyOf(net, 0), "--node", Url(net, 0));
        await GovAsync("approve", add, "--key", KeyOf(net, 1), "--node", Url(net, 1));
        await WaitAsync(net, net.Address, shown => Approvers(shown).SequenceEqual(["alpha", "beta"]));
        Assert.Equal(0UL, (await ShowAsync(net.Address)).GetProperty("change").GetUInt64());
        await GovAsync("approve", add, "--key", KeyOf(net, 2), "--out", folder.Of("signed.proposal"));
        await GovAsync("approve", folder.Of("signed.proposal"), "--node", Url(net, 3));
        await WaitAsync(net, net.Address, shown => Change(shown) == 1);
        await net.WaitAsync(
            "/v1/status", (_, text) => text.Contains("\"validator\":\"epsilon\""), Patience, fifth.Address);

        await fifth.LoggedAsync("Joined by a snapshot at block", Patience);
        await net.WaitAsync("/v1/status", (_, text) => text.Contains("\"heldFrom\":1"), Patience, fifth.Address);

        // Four of five are needed, and one of the four is gone: the newcomer votes.
        Processes.Kill(net.Nodes[3].Process);
        await stream.SealAsync();
        Assert.Equal(RecordState.Settled, (await stream.SubmitAsync(fifth.Address, SubmitWait.Settled)).State);

        string remove = folder.Of("remove.proposal");
        await GovAsync("propose", "--remove", "delta", "--out", remove, "--key", KeyOf(net, 0), "--node", Url(net, 0));
        await GovAsync("approve", remove, "--key", KeyOf(net, 1), "--node", Url(net, 1));
        await GovAsync("approve", remove, "--key", KeyOf(net, 2), "--node", Url(net, 2));
        string ownKey = folder.Of("fifth/governance.key");
        await GovAsync("approve", remove, "--key", ownKey, "--node", fifth.Address.ToString());
        await WaitAsync(net, net.Address, shown => Change(shown) == 2);
        await stream.SealAsync();
        await stream.SubmitAsync(net.Nodes[1].Address, SubmitWait.Settled);
        await WaitAsync(net, fifth.Address, shown => Change(shown) == 2);
        JsonElement here = await ShowAsync(net.Address);
        Assert.Equal(["alpha", "beta", "gamma", "epsilon"], Members(here));
        Assert.Equal(Members(here), Members(await ShowAsync(fifth.Address)));

        AssertVerifies(net, before);
        AssertVerifies(net, await EvidenceAsync(fifth.Address, stream));
    }

    /// <summary>The words of another chain make nothing; the right ones a folder and a seat.</summary>
    private static async Task<string> JoinAsync(Devnet net, TempFolder folder)
    {
        string[] arguments =
        [
            "join", Path.Combine(net.Folder, "devnet.invitation"), "--dir", folder.Of("fifth"), "--name", "epsilon",
            "--http", "127.0.0.1:0", "--p2p", "/ip4/127.0.0.1/tcp/0", "--no-passphrase", "--json", "--fingerprint",
        ];
        Ran refused = await Cli.RunAsync([.. arguments, FingerprintWords.Of(Digest.Of("another"u8))]);
        Assert.Equal(1, refused.Code);
        Assert.Contains("These are not the words of this invitation", refused.Error);
        Assert.False(Directory.Exists(folder.Of("fifth")));

        string words = FingerprintWords.Of(Digest.ParseHex(net.Chain));
        Ran joined = await Cli.RunAsync([.. arguments, words.Replace('-', ' ').ToUpperInvariant()]);
        Assert.True(joined.Code == 0, joined.ToString());
        using JsonDocument said = JsonDocument.Parse(joined.Out);
        Assert.Equal(net.Chain, said.RootElement.GetProperty("chain").GetString());
        return said.RootElement.GetProperty("seat").GetString()!;
    }

    /// <summary>However little it spares.</summary>
    private static void BeginWithSnapshot(DevnetNode node)
    {
        string path = Path.Combine(node.Folder, "node.json");
        JsonObject settings = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        settings["snapshotBlocks"] = 1;
        File.WriteAllText(path, settings.ToJsonString());
    }

    private static async Task GovAsync(params string[] arguments)
    {
        Ran ran = await Cli.RunAsync(["gov", .. arguments, "--yes", "--json"]);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("does", ran.Out);
    }

    private static async Task<JsonElement> ShowAsync(Uri node)
    {
        Ran ran = await Cli.RunAsync("gov", "show", "--node", node.ToString(), "--json");
        Assert.True(ran.Code == 0, ran.ToString());
        using JsonDocument document = JsonDocument.Parse(ran.Out);
        return document.RootElement.Clone();
    }

    private static async Task WaitAsync(Devnet net, Uri node, Func<JsonElement, bool> wanted) => await net.WaitAsync(
        "/v1/governance",
        (_, text) =>
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return wanted(document.RootElement);
        },
        Patience,
        node);

    private static ulong Change(JsonElement shown) => shown.GetProperty("change").GetUInt64();

    private static string[] Approvers(JsonElement shown) =>
    [
        .. shown.GetProperty("proposals").EnumerateArray()
            .SelectMany(open => open.GetProperty("approvedBy").EnumerateArray()).Select(name => name.GetString()!),
    ];

    private static string[] Members(JsonElement shown) =>
        [.. shown.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("name").GetString()!)];

    private static string KeyOf(Devnet net, int node) => Path.Combine(net.Nodes[node].Folder, "governance.key");

    private static string Url(Devnet net, int node) => net.Nodes[node].Address.ToString();

    private static async Task<byte[]> EvidenceAsync(Uri node, OperatorStream stream)
    {
        using NodeClient client = new(node);
        return await client.GetEvidenceAsync(stream.Id, from: null, to: null, default);
    }

    private static void AssertVerifies(Devnet net, byte[] evidence)
    {
        Verification verdict = EvidenceVerifier.Verify(evidence, net.Trust);
        Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
    }
}

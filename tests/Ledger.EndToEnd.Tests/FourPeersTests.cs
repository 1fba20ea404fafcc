using System.Text.Json;
using Ledger.Client;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>Four validators as four processes that meet over libp2p.</summary>
[Trait("Tier", "process")]
public sealed class FourPeersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task What_is_given_to_one_peer_settles_and_is_read_and_proven_at_every_other()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        foreach (DevnetNode node in net.Nodes)
        {
            string peers = await net.WaitAsync("/v1/peers", (_, text) => Connected(text) == 4, Patience, node.Address);
            AssertDescribes(peers, net, node);
        }

        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 20);
        SubmitSummary settled = await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);
        Assert.Equal((21UL, RecordState.Settled), (settled.Records, settled.State));
        foreach (DevnetNode node in net.Nodes)
        {
            await SettledAtAsync(net, node.Address, stream, seq: 20);
            using NodeClient client = new(node.Address);
            byte[] evidence = await client.GetEvidenceAsync(stream.Id, from: null, to: null, default);
            Verification verdict = EvidenceVerifier.Verify(evidence, net.Trust);
            Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
        }

        // The stream goes on at another peer.
        await stream.SealAsync();
        SubmitSummary elsewhere = await stream.SubmitAsync(net.Nodes[3].Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, elsewhere.State);
        await SettledAtAsync(net, net.Nodes[0].Address, stream, seq: 21);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task One_peer_that_is_killed_is_not_missed_without_two_nothing_settles_and_all_catch_up()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 2);
        await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);

        await KilledAsync(net.Nodes[3].Process);
        await stream.SealAsync();
        SubmitSummary withThree = await stream.SubmitAsync(net.Nodes[1].Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, withThree.State);

        await KilledAsync(net.Nodes[2].Process);
        await stream.SealAsync();
        await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Sealed);
        await Task.Delay(TimeSpan.FromSeconds(5));
        SubmitSummary withTwo = await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Sealed);
        Assert.Equal(RecordState.Sealed, withTwo.State);

        using RestartedNode third = await RestartedNode.StartAsync(net.Nodes[2]);
        SubmitSummary back = await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);
        Assert.Equal((withTwo.Last.Id, RecordState.Settled), (back.Last.Id, back.State));
        await SettledAtAsync(net, third.Address, stream, seq: 4);

        // What it slept through comes from the others, and then it is one of them again.
        using RestartedNode fourth = await RestartedNode.StartAsync(net.Nodes[3]);
        await SettledAtAsync(net, fourth.Address, stream, seq: 4);
        await stream.SealAsync();
        SubmitSummary last = await stream.SubmitAsync(fourth.Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, last.State);
        await SettledAtAsync(net, net.Nodes[0].Address, stream, seq: 5);
        await net.WaitAsync("/v1/peers", (_, text) => Connected(text) == 4, Patience);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task A_stream_that_its_owner_freezes_stands_still_at_every_peer_and_others_go_on()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        await using OperatorStream stolen = await OperatorStream.CreateAsync(more: 1);
        await using OperatorStream other = await OperatorStream.CreateAsync();
        await stolen.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);

        Ran froze = await Cli.RunAsync(
            "stream", "freeze", stolen.Id.ToString(), "--key", stolen.RecoveryFile, "--no-passphrase",
            "--node", net.Nodes[1].Address.ToString());
        Assert.True(froze.Code == 0, froze.ToString());
        Assert.Contains("stands still until", froze.Out);
        foreach (DevnetNode node in net.Nodes)
        {
            await net.WaitAsync(
                $"/v1/streams/{stolen.Id}",
                (_, text) => text.Contains("\"frozen\":{\"number\":"),
                Patience,
                node.Address);
        }

        await stolen.SealAsync();
        await stolen.SubmitAsync(net.Nodes[2].Address, SubmitWait.Sealed);
        SubmitSummary settled = await other.SubmitAsync(net.Nodes[2].Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, settled.State);
        SubmitSummary waiting = await stolen.SubmitAsync(net.Nodes[2].Address, SubmitWait.Sealed);
        Assert.Equal(RecordState.Sealed, waiting.State);

        Ran stranger = await Cli.RunAsync(
            "stream", "freeze", stolen.Id.ToString(), "--key", other.RecoveryFile, "--no-passphrase",
            "--node", net.Address.ToString());
        Assert.NotEqual(0, stranger.Code);
        Assert.Contains("not signed by the stream's recovery key", stranger.Error);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task A_peer_that_is_started_from_an_old_copy_keeps_silent_until_others_have_shown_where_they_are()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 2);
        DevnetNode fourth = net.Nodes[3];
        await stream.SubmitAsync(fourth.Address, SubmitWait.Settled);
        await KilledAsync(fourth.Process);
        using TempFolder backup = new();
        Copy(fourth.Folder, backup.Of("copy"));
        using (RestartedNode newer = await RestartedNode.StartAsync(fourth))
        {
            // The untouched folder goes on at once, and votes: with another one gone it is needed.
            await KilledAsync(net.Nodes[2].Process);
            await stream.SealAsync();
            SubmitSummary needed = await stream.SubmitAsync(newer.Address, SubmitWait.Settled);
            Assert.Equal(RecordState.Settled, needed.State);
        }

        Directory.Delete(fourth.Folder, recursive: true);
        Copy(backup.Of("copy"), fourth.Folder);
        using RestartedNode old = await RestartedNode.StartAsync(fourth);
        await net.WaitAsync(
            "/readyz",
            (status, text) => status == 503 && text.Contains("is not the one it stopped with"),
            Patience,
            old.Address);
        await stream.SealAsync();
        await stream.SubmitAsync(net.Address, SubmitWait.Sealed);
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Equal(RecordState.Sealed, (await stream.SubmitAsync(net.Address, SubmitWait.Sealed)).State);

        using RestartedNode third = await RestartedNode.StartAsync(net.Nodes[2]);
        Assert.Equal(RecordState.Settled, (await stream.SubmitAsync(net.Address, SubmitWait.Settled)).State);
        await SettledAtAsync(net, old.Address, stream, seq: 4);
        // Its silence ends two blocks above what it was shown.
        for (int more = 0; more < 3; more++)
        {
            await stream.SealAsync();
            await stream.SubmitAsync(net.Address, SubmitWait.Settled);
        }

        // Whether its Bitcoin wallet has a coin to spend just then is another matter.
        await net.WaitAsync(
            "/readyz",
            (status, text) => status == 200
                || !(text.Contains("is not the one it stopped with") || text.Contains("keeps silent")),
            Patience,
            old.Address);
    }

    private static async Task KilledAsync(int process)
    {
        Processes.Kill(process);
        Assert.Empty(await Processes.LeftAfterAsync(Patience, () => Processes.Runs(process) ? [process] : []));
    }

    private static void Copy(string folder, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string sub in Directory.EnumerateDirectories(folder))
        {
            Copy(sub, Path.Combine(to, Path.GetFileName(sub)));
        }

        foreach (string file in Directory.EnumerateFiles(folder))
        {
            // Its mode comes along: key files are their owner's alone.
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static Task<string> SettledAtAsync(Devnet net, Uri node, OperatorStream stream, ulong seq) => net.WaitAsync(
        $"/v1/streams/{stream.Id}", (status, text) => status == 200 && SeqOf(text) >= seq, Patience, node);

    private static ulong SeqOf(string stream)
    {
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("seq").GetUInt64();
    }

    private static int Connected(string peers)
    {
        using JsonDocument document = JsonDocument.Parse(peers);
        return document.RootElement.GetProperty("peers").EnumerateArray()
            .Count(peer => peer.GetProperty("connected").GetBoolean());
    }

    /// <summary>Each peer bears the id that the network gives as its address.</summary>
    private static void AssertDescribes(string peers, Devnet net, DevnetNode self)
    {
        using JsonDocument document = JsonDocument.Parse(peers);
        JsonElement[] listed = [.. document.RootElement.GetProperty("peers").EnumerateArray()];
        Assert.Equal(net.Nodes.Count, listed.Length);
        foreach ((JsonElement peer, DevnetNode node) in listed.Zip(net.Nodes))
        {
            Assert.EndsWith($"/p2p/{peer.GetProperty("peer").GetString()}", node.Peer, StringComparison.Ordinal);
            Assert.Equal(node == self, peer.GetProperty("self").GetBoolean());
            Assert.Equal(node == self, peer.GetProperty("direction").ValueKind == JsonValueKind.Null);
        }
    }
}

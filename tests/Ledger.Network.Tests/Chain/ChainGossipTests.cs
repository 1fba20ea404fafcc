using Ledger.Network.Chain;
using Ledger.Network.PubSub;
using Ledger.Network.Tests.PubSub;
using Ledger.Network.Tests.TestKit;

namespace Ledger.Network.Tests.Chain;

/// <summary>What one peer of a chain says to all, over real connections.</summary>
[Trait("Tier", "process")]
public sealed class ChainGossipTests
{
    [Fact]
    public async Task A_message_of_consensus_arrives_once_at_each()
    {
        const int Count = 200;
        ChainNode[] nodes = await ChainNode.ThreeAsync();
        byte[][] said = [.. Enumerable.Range(0, Count).Select(number => ChainNode.Content(number, 1 + number * 100))];
        // Two million bytes: no more than may wait for one peer.
        foreach (byte[] message in said)
            nodes[0].Peers.Say(message);
        await Eventually.HoldsAsync(
            () => nodes[1].Messages.Count >= Count && nodes[2].Messages.Count >= Count, "all messages");
        string[] expected = Sorted(said);
        Assert.Equal(expected, Sorted(nodes[1].Messages));
        Assert.Equal(expected, Sorted(nodes[2].Messages));
        Assert.Empty(nodes[0].Messages);
        await ChainNode.EndAsync(nodes);
    }

    [Fact]
    public async Task Without_the_rule_of_duplicates_it_arrives_more_than_once()
    {
        ChainNode[] nodes = await ChainNode.ThreeAsync(gossip: new BrokenRules.NothingIsADuplicate());
        nodes[0].Peers.Say(ChainNode.Content(1));
        await Eventually.HoldsAsync(() => nodes[1].Messages.Count > 1, "a second copy");
        await ChainNode.EndAsync(nodes);
    }

    [Fact]
    public async Task What_is_blamed_or_dropped_is_not_passed_on()
    {
        Assert.Equal(["good"], await HeardBehindAsync(ChainRules.Sound));
        Assert.Equal(
            ["blamed", "dropped", "good"], await HeardBehindAsync(new BrokenChainRules.BlameIsPassedOn()));

        static async Task<string[]> HeardBehindAsync(ChainRules rules)
        {
            ChainNode[] line = await ChainNode.ThreeAsync(inLine: true, rules);
            line[0].Peers.Say(new byte[] { ChainNode.Blamed });
            line[0].Peers.Say(new byte[] { ChainNode.Dropped });
            line[0].Peers.Say(new byte[] { 1 });
            // Judged and passed on in order: what comes before the last message has come by then, or never does.
            await Eventually.HoldsAsync(() => line[2].Messages.Any(message => message[0] == 1), "the last message");
            Assert.Equal(3, line[1].Messages.Count);
            string[] heard = [.. line[2].Messages.Select(message => message[0] switch
            {
                ChainNode.Blamed => "blamed",
                ChainNode.Dropped => "dropped",
                _ => "good",
            })];
            await ChainNode.EndAsync(line);
            return heard;
        }
    }

    [Fact]
    public async Task A_batch_whose_records_are_blamed_is_not_passed_on()
    {
        ChainNode[] line = await ChainNode.ThreeAsync(inLine: true);
        line[0].Peers.Share(new byte[] { ChainNode.Blamed, 1 });
        await Eventually.HoldsAsync(() => line[1].Records.Count == 1, "the blamed record");
        await Eventually.HoldsAsync(
            () => line[1].Peers.Peers.Any(peer => peer.Gossip?.Blamed == 1), "the blame");
        line[0].Peers.Share(new byte[] { 1, 1 });
        await Eventually.HoldsAsync(() => line[2].Records.Count == 1, "the good record");
        Assert.Equal(1, Assert.Single(line[2].Records)[0]);
        await ChainNode.EndAsync(line);
    }

    [Fact]
    public async Task Records_arrive_in_the_order_in_which_they_were_shared_and_once()
    {
        const int Count = 600;
        ChainNode there = ChainNode.Start();
        ChainNode here = ChainNode.Start([there]);
        await Eventually.HoldsAsync(() => here.Peers.MeshSize == 1 && there.Peers.MeshSize == 1, "meshes");
        byte[][] shared = [.. Enumerable.Range(0, Count)
            .Select(number => ChainNode.Content(number, number % 50 == 0 ? 60_000 : 20 + number))];
        foreach (byte[] record in shared)
            here.Peers.Share(record);
        await Eventually.HoldsAsync(() => there.Records.Count >= Count, "all records");
        Assert.Equal(shared, there.Records);
        Assert.True(there.Batches.Count < Count / 4, $"{there.Batches.Count} batches for {Count} records");
        Assert.All(there.Batches, batch => Assert.InRange(batch, 1, Runtime.Ports.PeerLimits.RecordsTogether));

        here.Peers.Share(ChainNode.Content(Count));
        await Eventually.HoldsAsync(() => there.Records.Count == Count + 1, "a record that waits for no other");
        await ChainNode.EndAsync(here, there);
    }

    [Fact]
    public async Task What_is_said_again_reaches_a_peer_that_was_away()
    {
        ChainNode here = ChainNode.Start();
        here.Peers.Say(ChainNode.Content(1));
        ChainNode late = ChainNode.Start([here]);
        await Eventually.HoldsAsync(() => here.Peers.MeshSize == 1, "a mesh");
        here.Peers.Say(ChainNode.Content(1));
        await Eventually.HoldsAsync(() => late.Messages.Count == 1, "the message");
        Assert.False(here.Peers.Gossip.Dropped.ContainsKey(nameof(DropReason.PublishedBefore)));
        await ChainNode.EndAsync(here, late);

        ChainNode mute = ChainNode.Start(rules: new BrokenChainRules.NothingIsSaidAgain());
        mute.Peers.Say(ChainNode.Content(1));
        mute.Peers.Say(ChainNode.Content(1));
        Assert.Equal(1, mute.Peers.Gossip.Dropped[nameof(DropReason.PublishedBefore)]);
        await ChainNode.EndAsync(mute);
    }

    [Fact]
    public async Task A_peer_of_another_chain_hears_nothing()
    {
        Assert.Equal(0, await HeardElsewhereAsync(ChainRules.Sound));
        Assert.Equal(20, await HeardElsewhereAsync(new BrokenChainRules.ChainsAreNotToldApart()));

        static async Task<int> HeardElsewhereAsync(ChainRules rules)
        {
            ChainNode here = ChainNode.Start(rules: rules);
            ChainNode same = ChainNode.Start([here], rules);
            ChainNode other = ChainNode.Start([here], rules, chain: "other");
            bool told = rules == ChainRules.Sound;
            await Eventually.HoldsAsync(
                () => here.Peers.Connected.Length == 2 && here.Peers.MeshSize == (told ? 1 : 2), "meshes");
            for (int number = 0; number < 20; number++)
                here.Peers.Say(ChainNode.Content(number));
            await Eventually.HoldsAsync(
                () => same.Messages.Count == 20 && other.Messages.Count == (told ? 0 : 20), "all messages");
            byte[]? answer = await other.AskAsync(here, Runtime.Ports.Question.Head, [1]);
            Assert.Equal(told, answer is null);
            int heard = other.Messages.Count;
            await ChainNode.EndAsync(here, same, other);
            return heard;
        }
    }

    private static string[] Sorted(IEnumerable<byte[]> messages) =>
        [.. messages.Select(message => GossipPeer.Digest(message)).Order(StringComparer.Ordinal)];
}

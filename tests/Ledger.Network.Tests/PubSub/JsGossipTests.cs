using System.Text.Json.Nodes;
using Ledger.Network.Addresses;
using Ledger.Network.PubSub;
using Ledger.Network.Tests.Interop;
using Ledger.Network.Tests.TestKit;
using Ledger.TestKit;
using Xunit.Abstractions;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Gossip with js-libp2p, which nobody here wrote, under both signature policies.</summary>
[Trait("Tier", "process")]
public sealed class JsGossipTests(ITestOutputHelper output)
{
    private const string Topic = GossipPeer.Topic;

    /// <summary>Messages of one side in one round: with those of the other they fit every peer's queue.</summary>
    private const int Round = 50;

    [TheoryThatNeeds("npm")]
    [InlineData(false)]
    [InlineData(true)]
    public Task Messages_from_each_side_arrive_everywhere_once(bool signed) => ExchangeAsync(signed, 200);

    [TheoryThatNeeds("npm")]
    [Trait("Tier", "full")]
    [InlineData(false)]
    [InlineData(true)]
    public Task Ten_thousand_messages_from_each_side_arrive_everywhere_once(bool signed) =>
        ExchangeAsync(signed, 10_000);

    [TheoryThatNeeds("npm")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_sends_wrong_signatures_wrong_topics_or_too_much_is_scored_down_and_let_go(bool signed)
    {
        await using GossipPeer ours = new(signed);
        await using JsPeer sound = await StartAsync(signed);
        await JoinAsync(sound, ours);
        await SaysOneAsync(sound, ours);
        foreach (string kind in (string[])["signature", "topic", "oversize"])
        {
            await using JsPeer hostile = await StartAsync(signed);
            await JoinAsync(hostile, ours);
            await SaysOneAsync(hostile, ours);
            int before = ours.Received.Count;
            await hostile.TellAsync(
                "misbehave", new { kind, topic = Topic, peer = ours.Host.Peer.ToString(), count = 12 });
            await Eventually.HoldsAsync(
                () => ours.Host.Connected.All(peer => peer.Peer != hostile.Peer),
                $"an end for the one with a wrong {kind}");
            // What is kept of its score has begun to decay again, from below -80.
            Assert.True(ours.PubSub.ScoreOf(hostile.Peer) < -20, $"{kind}: {ours.PubSub.ScoreOf(hostile.Peer)}");
            Assert.Equal(before, ours.Received.Count);
            await EventuallyAsync(async () =>
                !(bool)(await hostile.TellAsync("connected", new { peer = ours.Host.Peer.ToString() }))["connected"]!);
        }
        Assert.True(ours.PubSub.ScoreOf(sound.Peer) >= 0);
        await SaysOneAsync(sound, ours);
        output.WriteLine(string.Join(", ", ours.PubSub.Figures.Dropped.Select(drop => $"{drop.Key} {drop.Value}")));
    }

    // A ring of ours and theirs in turn, and three links across: what one side says must be passed on by the other.
    private async Task ExchangeAsync(bool signed, int count)
    {
        await using GossipPeer a = new(signed), b = new(signed), c = new(signed);
        await using JsPeer x = await StartAsync(signed), y = await StartAsync(signed), z = await StartAsync(signed);
        GossipPeer[] ours = [a, b, c];
        JsPeer[] theirs = [x, y, z];
        for (int i = 0; i < 3; i++)
        {
            await ours[i].Host.DialAsync(theirs[i].Addresses[0]);
            await DialAsync(theirs[i], ours[(i + 1) % 3]);
            await ours[i].Host.DialAsync(theirs[(i + 1) % 3].Addresses[0]);
            await theirs[i].TellAsync("subscribe", new { topic = Topic });
        }
        await EventuallyAsync(async () => ours.All(peer => peer.PubSub.MeshSize(Topic) == 3)
            && (await AskAsync(theirs, "peers")).All(peer => peer["mesh"]!.AsArray().Count == 3));

        HashSet<string> byOurs = [], byTheirs = [];
        while (byOurs.Count < count)
        {
            Task<JsonObject[]> saying = Task.WhenAll(theirs.Select((peer, i) => peer.TellAsync(
                "publish", new { topic = Topic, count = Share(i), min = 1_024, max = 61_440, pause = 2 })));
            for (int i = 0; i < Round; i++)
            {
                byte[] data = Bench.Data(byOurs.Count, 1_024 + 60 * 1_024 * (i + 1) / (Round + 1));
                ours[i % 3].PubSub.Publish(Topic, data);
                byOurs.Add(GossipPeer.Digest(data));
            }
            byTheirs.UnionWith(
                (await saying).SelectMany(said => said["digests"]!.AsArray().Select(text => (string)text!)));
            await EventuallyAsync(async () =>
                ours.Sum(peer => peer.Received.Count) == 2 * byOurs.Count + 3 * byTheirs.Count
                && (await AskAsync(theirs, "count")).Sum(peer => (int)peer["count"]!)
                    == 3 * byOurs.Count + 2 * byTheirs.Count);
        }
        await AssertOnceAsync(ours, theirs, byOurs, byTheirs);
        foreach (GossipPeer peer in ours)
        {
            PubSubFigures figures = peer.PubSub.Figures;
            output.WriteLine($"{byOurs.Count} ours, {byTheirs.Count} theirs; delivered {figures.Delivered}, forwarded "
                + $"{figures.Forwarded}, sent {figures.BytesSent:n0} bytes; "
                + string.Join(", ", figures.Dropped.Select(drop => $"{drop.Key} {drop.Value}")));
        }
    }

    private static async Task AssertOnceAsync(
        GossipPeer[] ours, JsPeer[] theirs, HashSet<string> byOurs, HashSet<string> byTheirs)
    {
        foreach (GossipPeer peer in ours)
        {
            Assert.All(peer.Received.Values, times => Assert.Equal(1, times));
            Assert.True(byTheirs.IsSubsetOf(peer.Received.Keys));
            Assert.True(peer.Received.Keys.All(digest => byTheirs.Contains(digest) || byOurs.Contains(digest)));
            Assert.DoesNotContain(nameof(DropReason.QueueFull), peer.PubSub.Figures.Dropped.Keys);
        }
        foreach (JsonObject peer in await AskAsync(theirs, "received"))
        {
            HashSet<string> got = [.. peer["digests"]!.AsArray().Select(text => (string)text!)];
            Assert.True(byOurs.IsSubsetOf(got));
            Assert.True(got.All(digest => byTheirs.Contains(digest) || byOurs.Contains(digest)));
            Assert.Equal(0, (int)peer["twice"]!);
        }
    }

    private static int Share(int peer) => Round / 3 + (peer < Round % 3 ? 1 : 0);

    private static Task<JsPeer> StartAsync(bool signed) =>
        JsPeer.StartAsync(signed ? "StrictSign" : "StrictNoSign", "gossipsub.mjs");

    private static Task<JsonObject> DialAsync(JsPeer from, GossipPeer to) =>
        from.TellAsync("dial", new { address = Hosts.AddressOf(to.Host).ToString() });

    private static Task<JsonObject[]> AskAsync(JsPeer[] peers, string what) =>
        Task.WhenAll(peers.Select(peer => peer.TellAsync(what, new { topic = Topic })));

    private static async Task JoinAsync(JsPeer peer, GossipPeer ours)
    {
        await DialAsync(peer, ours);
        await peer.TellAsync("subscribe", new { topic = Topic });
        await EventuallyAsync(async () =>
            (await peer.TellAsync("peers", new { topic = Topic }))["mesh"]!.AsArray().Count == 1);
    }

    private static async Task SaysOneAsync(JsPeer peer, GossipPeer ours)
    {
        JsonObject said =
            await peer.TellAsync("publish", new { topic = Topic, count = 1, min = 100, max = 100, pause = 0 });
        string digest = (string)said["digests"]![0]!;
        await Eventually.HoldsAsync(() => ours.Received.ContainsKey(digest), "a sound message first");
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, "Not within three minutes.");
            await Task.Delay(50);
        }
    }
}

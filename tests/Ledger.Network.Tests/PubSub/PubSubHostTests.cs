using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;
using Ledger.Network.PubSub;
using Ledger.Network.Tests.TestKit;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Gossip over real connections among our own hosts.</summary>
[Trait("Tier", "process")]
public sealed class PubSubHostTests
{
    [Fact]
    public async Task A_message_goes_through_a_chain_of_hosts_and_arrives_once()
    {
        await using GossipPeer a = new(signed: false), b = new(signed: false), c = new(signed: false);
        await a.Host.DialAsync(Hosts.AddressOf(b.Host));
        await c.Host.DialAsync(Hosts.AddressOf(b.Host));
        await Eventually.HoldsAsync(() => b.PubSub.MeshSize(GossipPeer.Topic) == 2, "a mesh");
        for (int i = 0; i < 50; i++)
            a.PubSub.Publish(GossipPeer.Topic, Bench.Data(i, 20_000));
        await Eventually.HoldsAsync(() => c.Received.Count == 50 && b.Received.Count == 50, "all messages");
        Assert.All(c.Received.Values, times => Assert.Equal(1, times));
        Assert.Empty(a.Received);
        Assert.Equal(50, a.PubSub.Figures.Published);
        await Eventually.HoldsAsync(() => a.PubSub.Figures.QueuedBytes == 0, "empty queues");
    }

    [Fact]
    public async Task A_peer_that_goes_and_comes_back_hears_again()
    {
        using PeerKey key = PeerKey.Generate();
        await using GossipPeer a = new(signed: false);
        for (int time = 0; time < 3; time++)
        {
            await using GossipPeer b = new(signed: false, key);
            await b.Host.DialAsync(Hosts.AddressOf(a.Host));
            await Eventually.HoldsAsync(() => b.PubSub.MeshSize(GossipPeer.Topic) == 1, "a mesh");
            a.PubSub.Publish(GossipPeer.Topic, Bench.Data(time));
            await Eventually.HoldsAsync(() => b.Received.Count == 1, "the message");
            await b.DisposeAsync();
            await Eventually.HoldsAsync(() => a.PubSub.MeshSize(GossipPeer.Topic) == 0, "an empty mesh");
        }
    }

    [Fact]
    public async Task A_peer_whose_messages_are_rejected_is_disconnected_and_stays_out()
    {
        await using GossipPeer a = new(signed: false, judge: _ => Verdict.Reject), b = new(signed: false);
        await b.Host.DialAsync(Hosts.AddressOf(a.Host));
        await Eventually.HoldsAsync(() => b.PubSub.MeshSize(GossipPeer.Topic) == 1, "a mesh");
        for (int i = 0; i < 5; i++)
            b.PubSub.Publish(GossipPeer.Topic, Bench.Data(i));
        await Eventually.HoldsAsync(() => a.Host.Connected.Count == 0, "the end of the connection");
        Assert.True(a.PubSub.ScoreOf(b.Host.Peer) < -20);
        try
        {
            await b.Host.DialAsync(Hosts.AddressOf(a.Host));
        }
        catch (NetworkException ended)
        {
            // It may be out again before its dialling has returned.
            Assert.Equal(NetworkFault.EndedByPeer, ended.Fault);
        }
        await Eventually.HoldsAsync(() => a.Host.Connected.Count == 0, "the end of the next connection");
    }

    [Fact]
    public async Task Topics_are_joined_once_and_left()
    {
        await using GossipPeer a = new(signed: false), b = new(signed: false);
        await b.Host.DialAsync(Hosts.AddressOf(a.Host));
        await Eventually.HoldsAsync(() => b.PubSub.MeshSize(GossipPeer.Topic) == 1, "a mesh");
        Assert.Throws<ArgumentException>(() => a.PubSub.Join(GossipPeer.Topic, (_, _) => new(Verdict.Accept)));
        a.PubSub.Leave(GossipPeer.Topic);
        a.PubSub.Leave(GossipPeer.Topic);
        await Eventually.HoldsAsync(() => b.PubSub.MeshSize(GossipPeer.Topic) == 0, "an empty mesh");
    }

    [Fact]
    public void Signatures_of_peer_keys_are_good_for_their_message_alone()
    {
        using PeerKey key = PeerKey.Generate(), other = PeerKey.Generate();
        PeerSignatures signatures = new(key), others = new(other);
        byte[] signature = signatures.Sign("text"u8);
        Assert.True(others.Verify(signatures.Author.Span, null, "text"u8, signature));
        Assert.True(others.Verify(signatures.Author.Span, key.PublicKey.Encoded, "text"u8, signature));
        Assert.False(others.Verify(signatures.Author.Span, other.PublicKey.Encoded, "text"u8, signature));
        Assert.False(others.Verify(others.Author.Span, null, "text"u8, signature));
        Assert.False(others.Verify(signatures.Author.Span, null, "test"u8, signature));
        Assert.False(others.Verify([], null, "text"u8, signature));
        Assert.False(others.Verify(signatures.Author.Span, null, "text"u8, []));
    }
}

/// <summary>A host with gossip, and what its judge was asked, by SHA-256.</summary>
internal sealed class GossipPeer : IAsyncDisposable
{
    internal const string Topic = "records";

    private readonly PeerKey? _own;

    internal GossipPeer(bool signed, PeerKey? key = null, Func<GossipMessage, Verdict>? judge = null)
    {
        _own = key is null ? PeerKey.Generate() : null;
        PeerKey identity = key ?? _own!;
        Host = Hosts.Start(identity);
        PubSub = PubSubHost.Start(Host, new() { Signer = signed ? identity : null });
        PubSub.Join(Topic, (message, _) =>
        {
            Received.AddOrUpdate(Digest(message.Data.Span), 1, (_, times) => times + 1);
            return new(judge?.Invoke(message) ?? Verdict.Accept);
        });
    }

    internal PeerHost Host { get; }

    internal PubSubHost PubSub { get; }

    internal ConcurrentDictionary<string, int> Received { get; } = new();

    internal static string Digest(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));

    public async ValueTask DisposeAsync()
    {
        await PubSub.DisposeAsync();
        await Host.DisposeAsync();
        _own?.Dispose();
    }
}

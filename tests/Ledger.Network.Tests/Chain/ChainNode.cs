using System.Collections.Concurrent;
using Ledger.Core;
using Ledger.Network.Addresses;
using Ledger.Network.Chain;
using Ledger.Network.Identity;
using Ledger.Network.PubSub;
using Ledger.Network.Tests.PubSub;
using Ledger.Network.Tests.TestKit;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Tests.Chain;

/// <summary>A peer of a chain on a loopback port, and what it heard.</summary>
internal sealed class ChainNode : IPeerListener, IAsyncDisposable
{
    /// <summary>What a message begins with that is blamed, and one that is dropped.</summary>
    internal const byte Blamed = 0xb0;
    internal const byte Dropped = 0xb1;

    /// <summary>What a question begins with whose answer is null, never comes, or is as long as it says.</summary>
    internal const byte Unknown = 0xc0;
    internal const byte Unanswered = 0xc1;
    internal const byte Long = 0xc2;

    private ChainNode(ChainPeersOptions options)
    {
        Key = options.Identity;
        Peers = new(options);
        Peers.Listen(this);
    }

    internal PeerKey Key { get; }

    internal ChainPeers Peers { get; }

    internal PeerIdentity Identity => PeerIdentity.Of(Key.Peer.Bytes);

    internal ConcurrentQueue<byte[]> Messages { get; } = [];

    internal ConcurrentQueue<byte[]> Records { get; } = [];

    internal ConcurrentQueue<int> Batches { get; } = [];

    internal ConcurrentQueue<(PeerIdentity Peer, Question Question, int Bytes)> Questions { get; } = [];

    /// <summary>Bytes that a listener has nothing against.</summary>
    internal static byte[] Content(int number, int bytes = 100)
    {
        byte[] content = Bench.Data(number, bytes);
        content[0] = 1;
        return content;
    }

    internal static ChainId ChainOf(string name) => new(Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)));

    internal static ChainNode Start(
        ChainNode[]? dial = null,
        ChainRules? rules = null,
        GossipRules? gossip = null,
        string chain = "one",
        Func<PeerIdentity, bool>? admits = null,
        PeerKey? key = null,
        Multiaddr? listen = null)
    {
        ChainNode node = new(new()
        {
            Identity = key ?? PeerKey.Generate(),
            Chain = ChainOf(chain),
            Admits = admits ?? (_ => true),
            Listen = [listen ?? Hosts.AnyPort],
            Dial = [.. (dial ?? []).Select(other => other.Peers.Addresses[0])],
            Limits = Hosts.Patient,
            Agent = "ledger-test",
            Gossip = new() { Rules = gossip ?? GossipRules.Sound },
            Rules = rules ?? ChainRules.Sound,
        });
        node.Peers.Start();
        return node;
    }

    /// <summary>Three nodes: each connected to each, or in a line whose middle is the second.</summary>
    internal static async Task<ChainNode[]> ThreeAsync(
        bool inLine = false, ChainRules? rules = null, GossipRules? gossip = null)
    {
        ChainNode middle = Start(rules: rules, gossip: gossip);
        ChainNode first = Start([middle], rules, gossip);
        ChainNode last = Start(inLine ? [middle] : [middle, first], rules, gossip);
        int outer = inLine ? 1 : 2;
        await Eventually.HoldsAsync(
            () => middle.Peers.MeshSize == 2 && first.Peers.MeshSize == outer && last.Peers.MeshSize == outer,
            "meshes");
        return [first, middle, last];
    }

    internal static async Task EndAsync(params ChainNode[] nodes)
    {
        foreach (ChainNode node in nodes)
            await node.DisposeAsync();
    }

    internal Task<byte[]?> AskAsync(ChainNode other, Question question, byte[] content) =>
        AskAsync(other.Identity, question, content);

    internal async Task<byte[]?> AskAsync(PeerIdentity other, Question question, byte[] content)
    {
        TaskCompletionSource<byte[]?> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // Fails on a second call.
        Peers.Ask(other, question, content, answer => answered.SetResult(answer?.ToArray()));
        return await answered.Task.WaitAsync(Eventually.Patience);
    }

    public Worth Hear(ReadOnlyMemory<byte> message)
    {
        Messages.Enqueue(message.ToArray());
        return message.Span[0] switch { Blamed => Worth.Blame, Dropped => Worth.Drop, _ => Worth.PassOn };
    }

    public void HearRecords(IReadOnlyList<ReadOnlyMemory<byte>> records, Action<Worth> judged)
    {
        Batches.Enqueue(records.Count);
        foreach (ReadOnlyMemory<byte> record in records)
            Records.Enqueue(record.ToArray());
        _ = Task.Run(() => judged(records[0].Span[0] == Blamed ? Worth.Blame : Worth.PassOn));
    }

    public void HearQuestion(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answer)
    {
        Questions.Enqueue((peer, question, content.Length));
        switch (content.IsEmpty ? 0 : content.Span[0])
        {
            case Unknown:
                answer(null);
                break;
            case Unanswered:
                break;
            case Long:
                answer(new byte[BitConverter.ToInt32(content.Span[1..5])]);
                break;
            default:
                _ = Task.Run(() => answer((byte[])[(byte)question, .. content.Span]));
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its key stays: another node may come back with it.
        await Peers.DisposeAsync();
    }
}

/// <summary>Deliberate bugs, one each. They live here and nowhere else.</summary>
internal static class BrokenChainRules
{
    internal sealed class EverybodyIsAdmitted : ChainRules
    {
        internal override bool IsAdmitted(bool named) => true;
    }

    internal sealed class BlameIsPassedOn : ChainRules
    {
        internal override Verdict VerdictOf(Worth worth) => Verdict.Accept;
    }

    internal sealed class ChainsAreNotToldApart : ChainRules
    {
        internal override string ScopeOf(ChainId chain) => "any";
    }

    internal sealed class QuestionsHaveNoLimit : ChainRules
    {
        internal override Protocols.RequestProtocol LimitsOf(Protocols.RequestProtocol published) =>
            published with { RequestBytesMax = int.MaxValue };
    }

    internal sealed class OneQuestionASecond : ChainRules
    {
        internal override Protocols.RequestProtocol LimitsOf(Protocols.RequestProtocol published) =>
            published with { Burst = 1, PerSecond = 1, AtOncePerPeer = 1, Timeout = TimeSpan.FromMinutes(2) };
    }

    internal sealed class FailureIsSilence : ChainRules
    {
        internal override bool AnswersInAnyCase => false;
    }

    internal sealed class NothingIsSaidAgain : ChainRules
    {
        internal override bool SaysAgain => false;
    }
}

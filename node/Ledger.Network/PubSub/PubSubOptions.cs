using Ledger.Network.Addresses;
using Ledger.Network.Identity;
using Ledger.Network.PubSub.Scoring;

namespace Ledger.Network.PubSub;

/// <summary>How gossip is spoken. Every peer of a topic must agree on whether messages are signed.</summary>
public sealed record PubSubOptions
{
    /// <summary>
    /// Signs messages and asks for signatures (StrictSign); null: no message carries one (StrictNoSign), because what is
    /// in it does. Used, not disposed.
    /// </summary>
    public PeerKey? Signer { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal GossipParameters Gossip { get; init; } = new();

    internal GossipLimits Limits { get; init; } = new();

    internal ScoreParameters Scoring { get; init; } = new();

    internal GossipRules Rules { get; init; } = GossipRules.Sound;
}

/// <summary>Says what becomes of a message. A message that is not judged within 30 s is dropped.</summary>
public delegate ValueTask<Verdict> MessageJudge(GossipMessage message, CancellationToken stop);

/// <summary>A message of a peer.</summary>
/// <param name="Data">At most 64 KiB; may be kept.</param>
/// <param name="From">Who passed it on.</param>
/// <param name="Author">Who signed it; null where messages are not signed.</param>
public sealed record GossipMessage(string Topic, ReadOnlyMemory<byte> Data, PeerId From, PeerId? Author);

/// <summary>What a node's gossip came to.</summary>
/// <param name="Delivered">Messages given to judges.</param>
/// <param name="Published">Messages of our own.</param>
/// <param name="Forwarded">Copies passed on to peers.</param>
/// <param name="BytesSent">Bytes handed to connections.</param>
/// <param name="QueuedBytes">What waits for peers now.</param>
/// <param name="HeldBytes">Memory held now, that included, below a fixed bound.</param>
/// <param name="Dropped">What was dropped, by reason.</param>
public sealed record PubSubFigures(
    long Delivered,
    long Published,
    long Forwarded,
    long BytesSent,
    long QueuedBytes,
    long HeldBytes,
    IReadOnlyDictionary<string, long> Dropped);

/// <summary>What gossip with one peer came to since it connected.</summary>
/// <param name="Score">Below −10 no gossip is exchanged with it, below −80 it is let go.</param>
/// <param name="QueuedBytes">What waits for it now.</param>
/// <param name="Unsent">Messages not sent to it because too many waited.</param>
/// <param name="Unheard">Messages of it not judged because too many waited.</param>
/// <param name="Blamed">Messages of it that were wrong.</param>
public sealed record PeerFigures(double Score, long QueuedBytes, long Unsent, long Unheard, long Blamed);

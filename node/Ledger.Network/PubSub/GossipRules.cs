namespace Ledger.Network.PubSub;

/// <summary>
/// The conditions on which the router's guarantees rest, gathered in one place. Product code has only these; tests
/// derive from the class to break one at a time, and show that the test of that guarantee then fails.
/// </summary>
internal class GossipRules
{
    internal static GossipRules Sound { get; } = new();

    /// <summary>Whether a message that was seen before is one too many.</summary>
    internal virtual bool IsDuplicate(bool seen) => seen;

    /// <summary>What tells messages apart: the topic too, or a copy in another topic shuts out the true one.</summary>
    internal virtual MessageKey KeyOf(string topic, MessageId id) => new(topic, id);

    /// <summary>Whether a signature is good enough.</summary>
    internal virtual bool IsSigned(bool verified) => verified;

    /// <summary>Whether a topic is one of ours.</summary>
    internal virtual bool IsTopicOurs(bool joined) => joined;

    /// <summary>Whether data are short enough.</summary>
    internal virtual bool IsShortEnough(int bytes, int max) => bytes <= max;

    /// <summary>Whether a GRAFT comes before it may.</summary>
    internal virtual bool IsInBackoff(bool running) => running;

    /// <summary>The score that decisions are made with.</summary>
    internal virtual double Score(double score) => score;

    /// <summary>Whether a full mesh lets a peer in.</summary>
    internal virtual bool MayGraft(int meshSize, int degreeHigh, bool outbound) => meshSize < degreeHigh || outbound;

    /// <summary>Whether a queue has room for more.</summary>
    internal virtual bool HasRoom(long used, int more, long max) => used + more <= max;

    /// <summary>Whether a message goes before others.</summary>
    internal virtual bool GoesFirst(bool first) => first;

    /// <summary>Whether a peer has asked for one message too often.</summary>
    internal virtual bool IsAskedTooOften(int times, int max) => times > max;

    /// <summary>Whether more gossip is heeded before the next heartbeat.</summary>
    internal virtual bool IsOverLimit(int count, int max) => count > max;

    /// <summary>What a broken promise counts.</summary>
    internal virtual double BrokenPromise => 1;

    /// <summary>Whether a message goes to the mesh before the application has judged it.</summary>
    internal virtual bool ForwardsUnjudged => false;

    /// <summary>Whether a mesh keeps places for peers that we dialled.</summary>
    internal virtual bool KeepsOutbound => true;
}

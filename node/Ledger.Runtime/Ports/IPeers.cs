using System.Collections.Immutable;

namespace Ledger.Runtime.Ports;

/// <summary>
/// The other nodes, as this one reaches them. Thread-safe. No call waits: what cannot go out is dropped and counted by
/// the implementation, and the node says again what matters.
/// </summary>
public interface IPeers
{
    /// <summary>Who is connected now, in the order of their identities, this node left out.</summary>
    ImmutableArray<PeerIdentity> Connected { get; }

    /// <summary>From here on the listener is told what peers say. Called once, before everything else.</summary>
    void Listen(IPeerListener listener);

    /// <summary>Says a message of consensus to everybody.</summary>
    /// <param name="message">At most <see cref="PeerLimits.MessageBytes"/> bytes; kept, not copied.</param>
    void Say(ReadOnlyMemory<byte> message);

    /// <summary>Gives everybody a record that this node holds durably; records may travel together.</summary>
    /// <param name="record">Kept, not copied.</param>
    void Share(ReadOnlyMemory<byte> record);

    /// <summary>Asks one peer.</summary>
    /// <param name="content">At most <see cref="PeerLimits.QuestionBytes"/> bytes; kept, not copied.</param>
    /// <param name="answered">
    /// Called exactly once, from any thread: with at most <see cref="PeerLimits.AnswerBytes"/> bytes, or with null where
    /// the peer is not connected, does not serve this, or takes too long.
    /// </param>
    void Ask(PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answered);
}

/// <summary>What a node does with what its peers say. Thread-safe; no call waits for the disk.</summary>
public interface IPeerListener
{
    /// <summary>A message of consensus. Whoever passed it on need not be who wrote it.</summary>
    /// <returns>Whether it is to be passed on.</returns>
    Worth Hear(ReadOnlyMemory<byte> message);

    /// <summary>Records that a peer shares. <paramref name="judged"/> is called once, when it is known what they are worth.</summary>
    /// <param name="records">At most <see cref="PeerLimits.RecordsTogether"/>.</param>
    void HearRecords(IReadOnlyList<ReadOnlyMemory<byte>> records, Action<Worth> judged);

    /// <summary>A peer asks. <paramref name="answer"/> is called once, from any thread; with null there is no answer.</summary>
    void HearQuestion(PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answer);
}

/// <summary>What peers ask each other; each is a protocol of its own on the wire, with its own limits.</summary>
public enum Question
{
    /// <summary>Records by their ids.</summary>
    Records,

    /// <summary>Header and body of a proposed block by its id.</summary>
    Proposal,

    /// <summary>Settled blocks from a height on.</summary>
    Blocks,

    /// <summary>The commit of the highest block. Counts only from the validator itself, over its own link.</summary>
    Head,

    /// <summary>Tells where the asking replica stands; the answer is what it lacks.</summary>
    Position,

    /// <summary>A piece of a snapshot, or what can be had of it.</summary>
    Snapshot,
}

/// <summary>What a message of a peer is worth to everybody else.</summary>
public enum Worth
{
    /// <summary>Sound: to be passed on.</summary>
    PassOn,

    /// <summary>Of no use, without anybody's fault: late, known, or not to be judged here.</summary>
    Drop,

    /// <summary>No honest peer passes this on.</summary>
    Blame,
}

/// <summary>Limits of what peers exchange; a network enforces them before anything is handed in.</summary>
public static class PeerLimits
{
    /// <summary>Bytes of one message of consensus, and of a batch of records.</summary>
    public const int MessageBytes = 64 * 1024;

    public const int RecordsTogether = 64;

    public const int QuestionBytes = 64 * 1024;

    public const int AnswerBytes = 4 * 1024 * 1024;
}

/// <summary>A peer's identity: the multihash of its libp2p key, in lower-case hexadecimal.</summary>
public readonly record struct PeerIdentity(string Hex) : IComparable<PeerIdentity>
{
    /// <param name="multihash">At most 64 bytes.</param>
    public static PeerIdentity Of(ReadOnlySpan<byte> multihash) => new(Convert.ToHexStringLower(multihash));

    public byte[] ToBytes() => Convert.FromHexString(Hex);

    public int CompareTo(PeerIdentity other) => string.CompareOrdinal(Hex, other.Hex);

    public override string ToString() => Hex;
}

using System.Buffers.Binary;
using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Runtime.Ports;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// <see cref="IPeers"/> over a network in memory: everybody is linked to everybody, and what is said goes to each
/// directly. A question whose answer does not come in time is answered with null.
/// </summary>
/// <param name="self">This node's number.</param>
/// <param name="nodes">How many there are.</param>
/// <param name="send">Puts bytes on the way to a node.</param>
/// <param name="after">Does something after a while of virtual time.</param>
/// <param name="connects">Whether anything passes between this node and another.</param>
/// <param name="said">Told of every message of consensus once it is on its way to all.</param>
/// <param name="life">Of this node: an answer to an earlier life's question is nobody's.</param>
public sealed class VirtualPeers(
    int self, int nodes, Action<int, ReadOnlyMemory<byte>> send, Action<TimeSpan, Action> after,
    Func<int, bool> connects, Action<ReadOnlyMemory<byte>>? said = null, int life = 0)
    : IPeers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<ulong, Action<ReadOnlyMemory<byte>?>> _asked = [];
    private IPeerListener? _listener;
    private ulong _questions = (ulong)life << 32;

    private static readonly ImmutableArray<PeerIdentity> Identities =
        [.. Enumerable.Range(0, byte.MaxValue).Select(node => PeerIdentity.Of(BytesOf(node)))];

    public ImmutableArray<PeerIdentity> Connected =>
        [.. Enumerable.Range(0, nodes).Where(node => node != self && connects(node)).Select(IdentityOf)];

    public static byte[] BytesOf(int node) => [(byte)node];

    public static PeerIdentity IdentityOf(int node) => Identities[node];

    public void Listen(IPeerListener listener) => _listener = listener;

    public void Say(ReadOnlyMemory<byte> message)
    {
        SendToAll(ByteCopy.Of([(byte)Envelope.Message], message.Span));
        said?.Invoke(message);
    }

    /// <summary>Says a message of consensus to some alone, as a liar would.</summary>
    public void SayTo(IEnumerable<int> some, ReadOnlyMemory<byte> message)
    {
        byte[] bytes = ByteCopy.Of([(byte)Envelope.Message], message.Span);
        foreach (int node in some.Where(node => node != self))
        {
            send(node, bytes);
        }
    }

    public void Share(ReadOnlyMemory<byte> record) => SendToAll(ByteCopy.Of([(byte)Envelope.Record], record.Span));

    public void Ask(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answered)
    {
        ulong number = ++_questions;
        _asked[number] = answered;
        after(Patience, () => Conclude(number, null));
        send(peer.ToBytes()[0], Numbered(Envelope.Question, number, [(byte)question, .. content.Span]));
    }

    /// <summary>Something has arrived from a node.</summary>
    public void Receive(int from, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlyMemory<byte> content = bytes[1..];
        switch ((Envelope)bytes.Span[0])
        {
            case Envelope.Message:
                _listener?.Hear(content);
                break;
            case Envelope.Record:
                _listener?.HearRecords([content], _ => { });
                break;
            case Envelope.Question:
                ulong number = BinaryPrimitives.ReadUInt64BigEndian(content.Span);
                byte kind = content.Span[8];
                _listener?.HearQuestion(IdentityOf(from), (Question)kind, content[9..], answer => send(
                    from,
                    answer is { } given
                        ? Numbered(Envelope.Answer, number, [kind, .. Written(given).Span])
                        : Numbered(Envelope.NoAnswer, number, [])));
                break;
            case Envelope.Answer:
                Conclude(BinaryPrimitives.ReadUInt64BigEndian(content.Span), content[9..]);
                break;
            default:
                Conclude(BinaryPrimitives.ReadUInt64BigEndian(content.Span), null);
                break;
        }
    }

    private static byte[] Numbered(Envelope envelope, ulong number, ReadOnlySpan<byte> content)
    {
        byte[] bytes = new byte[9 + content.Length];
        bytes[0] = (byte)envelope;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), number);
        content.CopyTo(bytes.AsSpan(9));
        return bytes;
    }

    /// <summary>Who has nothing to answer says so; an answer without a byte is a slip.</summary>
    private static ReadOnlyMemory<byte> Written(ReadOnlyMemory<byte> answer) =>
        !answer.IsEmpty ? answer : throw new InvalidOperationException("An answer without a byte.");

    private void Conclude(ulong number, ReadOnlyMemory<byte>? answer)
    {
        if (_asked.Remove(number, out Action<ReadOnlyMemory<byte>?>? answered))
            answered(answer);
    }

    private void SendToAll(byte[] bytes)
    {
        for (int node = 0; node < nodes; node++)
        {
            if (node != self)
                send(node, bytes);
        }
    }
}

/// <summary>What a packet between virtual nodes is, by its first byte.</summary>
public enum Envelope : byte
{
    Message,
    Record,

    /// <summary>Number (8), kind of <see cref="Question"/> (1), content.</summary>
    Question,

    /// <summary>Number (8), kind of the question (1), content.</summary>
    Answer,

    /// <summary>Number (8).</summary>
    NoAnswer,
}

using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ledger.Consensus;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit.Simulation;

namespace Ledger.Simulator;

/// <summary>What an adversary in the network reads in the bytes that pass.</summary>
/// <param name="Said">Messages of consensus, said to all or handed on in an answer.</param>
/// <param name="Settles">Whether it carries settled blocks.</param>
internal sealed record Packet(ImmutableArray<ConsensusMessage> Said, bool Settles)
{
    private const int QuestionHead = 10;

    private static readonly Packet Other = new([], false);
    private static readonly ConditionalWeakTable<byte[], Packet> Read = [];

    /// <summary>Bytes that go to many are read once.</summary>
    public static Packet Of(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment) && segment.Array is { } array
            ? Read.GetValue(array, whole => Parse(whole))
            : Parse(bytes.Span);

    private static Packet Parse(ReadOnlySpan<byte> bytes)
    {
        switch ((Envelope)bytes[0])
        {
            case Envelope.Message:
                return new Packet(ReadAll([bytes[1..].ToArray()]), false);
            case Envelope.Answer when bytes[QuestionHead - 1] == (byte)Question.Blocks:
                return new Packet([], true);
            case Envelope.Answer when bytes[QuestionHead - 1] == (byte)Question.Position
                && PeerCodec.TryReadLacking(bytes[QuestionHead..], out var messages, out SettledBlock? block):
                return new Packet(ReadAll(messages), block is not null);
            default:
                return Other;
        }
    }

    private static ImmutableArray<ConsensusMessage> ReadAll(ImmutableArray<ReadOnlyMemory<byte>> messages) =>
        [.. messages
            .Select(bytes => ConsensusMessage.TryParse(bytes.Span, out ConsensusMessage read, out _) ? read : null)
            .OfType<ConsensusMessage>()];
}

/// <summary>What the adversary in the network wants of its victim.</summary>
internal enum Aim
{
    /// <summary>To decide while the others go on without knowing.</summary>
    DecideAlone,

    /// <summary>The same; and the others are to forget meanwhile what they locked.</summary>
    DecideAloneThenRestart,

    /// <summary>Never to see the quorum of prevotes on which the others lock.</summary>
    MissAQuorum,

    /// <summary>
    /// To decide one block while another, that nearly had a quorum in an earlier round, is brought back.
    /// </summary>
    DecideAloneThenRevive,
}

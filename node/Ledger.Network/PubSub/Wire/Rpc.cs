namespace Ledger.Network.PubSub.Wire;

/// <summary>What a peer says at once: subscriptions, messages, control. Byte fields are ranges of its input.</summary>
/// <remarks>Source: libp2p pubsub, "The RPC"; gossipsub v1.0 and v1.1, "Protobuf".</remarks>
internal sealed class Rpc
{
    internal List<RpcSubscription> Subscriptions { get; } = [];

    internal List<RpcMessage> Messages { get; } = [];

    internal List<RpcIHave> IHave { get; } = [];

    /// <summary>Ids asked for, of all IWANT in this RPC.</summary>
    internal List<MessageId> IWant { get; } = [];

    /// <summary>Topics grafted.</summary>
    internal List<string> Graft { get; } = [];

    internal List<RpcPrune> Prune { get; } = [];
}

internal readonly record struct RpcSubscription(string Topic, bool Subscribe);

/// <summary>Ids that a peer holds for a topic.</summary>
internal readonly record struct RpcIHave(string Topic, IReadOnlyList<MessageId> Ids);

/// <summary>A link cut. Peers offered for exchange are passed over.</summary>
/// <param name="BackoffSeconds">Null where the peer names none (v1.0).</param>
internal readonly record struct RpcPrune(string Topic, ulong? BackoffSeconds);

/// <summary>A message as it travels. A null field is absent, which is not the same as empty.</summary>
internal sealed record RpcMessage(
    string Topic,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte>? From = null,
    ReadOnlyMemory<byte>? SequenceNumber = null,
    ReadOnlyMemory<byte>? Signature = null,
    ReadOnlyMemory<byte>? Key = null)
{
    private static ReadOnlySpan<byte> SignPrefix => "libp2p-pubsub:"u8;

    /// <summary>What is signed: the prefix, and the message without signature and key.</summary>
    internal byte[] SignBytes() =>
        [.. SignPrefix, .. Write(new(Data.Length + 160), signed: false).ToArray()];

    /// <summary>An RPC that holds this message and nothing else.</summary>
    internal byte[] Frame()
    {
        byte[] message = Write(new(Data.Length + 320), signed: true).ToArray();
        return new ProtoWriter(ProtoWriter.FieldBytes(message.Length)).Bytes(2, message).ToArray();
    }

    private ProtoWriter Write(ProtoWriter into, bool signed)
    {
        Optional(1, From);
        into.Bytes(2, Data.Span);
        Optional(3, SequenceNumber);
        into.Text(4, Topic);
        if (signed)
        {
            Optional(5, Signature);
            Optional(6, Key);
        }
        return into;

        void Optional(int number, ReadOnlyMemory<byte>? value)
        {
            if (value is { } present)
                into.Bytes(number, present.Span);
        }
    }
}

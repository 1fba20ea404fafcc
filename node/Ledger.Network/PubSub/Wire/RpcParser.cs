namespace Ledger.Network.PubSub.Wire;

/// <summary>
/// The one door for what pubsub peers say. Every count and length has a limit, a field that may stand once stands
/// once, texts are UTF-8, and a message carries no field that this version does not know, since such a field would be
/// lost, or its signature broken, when the message is passed on. Elsewhere unknown fields are passed over: later
/// versions of the protocol add control messages.
/// </summary>
internal static class RpcParser
{
    /// <summary>The RPC, or false and the reason. It never throws, whatever the bytes.</summary>
    internal static bool TryParse(ReadOnlyMemory<byte> bytes, RpcLimits limits, out Rpc rpc, out string? fault)
    {
        rpc = new();
        if (bytes.Length > limits.RpcBytesMax)
        {
            fault = "the RPC is longer than its limit";
            return false;
        }
        ProtoReader reader = new(bytes);
        bool control = false;
        while (reader.TryField(out int number, out WireType type))
        {
            bool read = (number, type) switch
            {
                (1, WireType.Bytes) => Room(ref reader, rpc.Subscriptions.Count, limits.SubscriptionsMax)
                    && reader.TryBytes(int.MaxValue, out var part) && Subscription(ref reader, part, limits, rpc),
                (2, WireType.Bytes) => Room(ref reader, rpc.Messages.Count, limits.MessagesMax)
                    && reader.TryBytes(int.MaxValue, out var part) && Message(ref reader, part, limits, rpc),
                (3, WireType.Bytes) => Once(ref reader, ref control)
                    && reader.TryBytes(int.MaxValue, out var part) && Control(ref reader, part, limits, rpc),
                (1 or 2 or 3, _) => reader.Fail("a field has the wrong wire type"),
                _ => reader.TrySkip(type),
            };
            if (!read)
                break;
        }
        fault = reader.Fault;
        return fault is null;
    }

    private static bool Subscription(ref ProtoReader outer, ReadOnlyMemory<byte> bytes, RpcLimits limits, Rpc rpc)
    {
        ProtoReader reader = new(bytes);
        string? topic = null;
        ulong? subscribe = null;
        while (reader.TryField(out int number, out WireType type))
        {
            bool read = (number, type) switch
            {
                (1, WireType.Varint) => Once(ref reader, subscribe) && Number(ref reader, 1, out subscribe),
                (2, WireType.Bytes) => Topic(ref reader, limits, ref topic),
                (1 or 2, _) => reader.Fail("a field has the wrong wire type"),
                _ => reader.TrySkip(type),
            };
            if (!read)
                break;
        }
        if (topic is null && reader.Fault is null)
            reader.Fail("a subscription names no topic");
        if (reader.Fault is { } fault)
            return outer.Fail(fault);
        rpc.Subscriptions.Add(new(topic!, subscribe == 1));
        return true;
    }

    private static bool Message(ref ProtoReader outer, ReadOnlyMemory<byte> bytes, RpcLimits limits, Rpc rpc)
    {
        ProtoReader reader = new(bytes);
        string? topic = null;
        ReadOnlyMemory<byte>? from = null, data = null, sequence = null, signature = null, key = null;
        while (reader.TryField(out int number, out WireType type))
        {
            bool read = (number, type) switch
            {
                (1, WireType.Bytes) => Field(ref reader, limits.IdentityBytesMax, ref from),
                // The size of the data is judged by the router, which scores it; here the frame is the limit.
                (2, WireType.Bytes) => Field(ref reader, int.MaxValue, ref data),
                (3, WireType.Bytes) => Field(ref reader, limits.IdentityBytesMax, ref sequence),
                (4, WireType.Bytes) => Topic(ref reader, limits, ref topic),
                (5, WireType.Bytes) => Field(ref reader, limits.IdentityBytesMax, ref signature),
                (6, WireType.Bytes) => Field(ref reader, limits.IdentityBytesMax, ref key),
                (>= 1 and <= 6, _) => reader.Fail("a field has the wrong wire type"),
                _ => reader.Fail("a message carries an unknown field"),
            };
            if (!read)
                break;
        }
        if (topic is null && reader.Fault is null)
            reader.Fail("a message names no topic");
        if (reader.Fault is { } fault)
            return outer.Fail(fault);
        rpc.Messages.Add(new(topic!, data ?? default, from, sequence, signature, key));
        return true;
    }

    private static bool Control(ref ProtoReader outer, ReadOnlyMemory<byte> bytes, RpcLimits limits, Rpc rpc)
    {
        ProtoReader reader = new(bytes);
        int parts = 0, ids = 0;
        while (reader.TryField(out int number, out WireType type))
        {
            bool read = (number, type) switch
            {
                (>= 1 and <= 4, WireType.Bytes) => Room(ref reader, parts++, limits.ControlMax)
                    && reader.TryBytes(int.MaxValue, out var part)
                    && ControlPart(ref reader, number, part, limits, rpc, ref ids),
                (>= 1 and <= 4, _) => reader.Fail("a field has the wrong wire type"),
                _ => reader.TrySkip(type),
            };
            if (!read)
                break;
        }
        return reader.Fault is null || outer.Fail(reader.Fault);
    }

    // IHAVE is (1 topic, 2 ids), IWANT (1 ids), GRAFT (1 topic), PRUNE (1 topic, 2 peers, 3 back-off).
    private static bool ControlPart(
        ref ProtoReader outer, int kind, ReadOnlyMemory<byte> bytes, RpcLimits limits, Rpc rpc, ref int ids)
    {
        ProtoReader reader = new(bytes);
        string? topic = null;
        List<MessageId> found = kind == 2 ? rpc.IWant : [];
        int peers = 0;
        ulong? backoff = null;
        while (reader.TryField(out int number, out WireType type))
        {
            bool read = (kind, number, type) switch
            {
                (1, 2, WireType.Bytes) or (2, 1, WireType.Bytes) => Id(ref reader, limits, found, ref ids),
                (1 or 3 or 4, 1, WireType.Bytes) => Topic(ref reader, limits, ref topic),
                (4, 2, WireType.Bytes) => Room(ref reader, peers++, limits.ExchangedPeersMax) && Peer(ref reader),
                (4, 3, WireType.Varint) => Once(ref reader, backoff) && Number(ref reader, ulong.MaxValue, out backoff),
                (_, 1, _) or (1 or 4, 2, _) or (4, 3, _) => reader.Fail("a field has the wrong wire type"),
                _ => reader.TrySkip(type),
            };
            if (!read)
                break;
        }
        if (kind != 2 && topic is null && reader.Fault is null)
            reader.Fail("a control message names no topic");
        if (reader.Fault is { } fault)
            return outer.Fail(fault);
        switch (kind)
        {
            case 1:
                rpc.IHave.Add(new(topic!, found));
                break;
            case 3:
                rpc.Graft.Add(topic!);
                break;
            case 4:
                rpc.Prune.Add(new(topic!, backoff));
                break;
        }
        return true;
    }

    /// <summary>A peer that the sender recommends: 1 its id, 2 its signed record. Read, and not followed.</summary>
    private static bool Peer(ref ProtoReader outer)
    {
        if (!outer.TryBytes(int.MaxValue, out ReadOnlyMemory<byte> bytes))
            return false;
        ProtoReader reader = new(bytes);
        while (reader.TryField(out int number, out WireType type))
        {
            bool read = (number, type) switch
            {
                (1 or 2, not WireType.Bytes) => reader.Fail("a field has the wrong wire type"),
                _ => reader.TrySkip(type),
            };
            if (!read)
                break;
        }
        return reader.Fault is null || outer.Fail(reader.Fault);
    }

    private static bool Id(ref ProtoReader reader, RpcLimits limits, List<MessageId> into, ref int ids)
    {
        if (!Room(ref reader, ids++, limits.IdsMax) || !reader.TryBytes(limits.IdBytesMax, out var bytes))
            return false;
        if (bytes.IsEmpty)
            return reader.Fail("a message id is empty");
        into.Add(new(bytes));
        return true;
    }

    private static bool Topic(ref ProtoReader reader, RpcLimits limits, ref string? topic)
    {
        if (topic is not null)
            return reader.Fail("a field stands twice");
        if (!reader.TryText(limits.TopicBytesMax, out string text))
            return false;
        if (text.Length == 0)
            return reader.Fail("a topic is empty");
        topic = text;
        return true;
    }

    private static bool Field(ref ProtoReader reader, int max, ref ReadOnlyMemory<byte>? field)
    {
        if (field is not null)
            return reader.Fail("a field stands twice");
        bool read = reader.TryBytes(max, out ReadOnlyMemory<byte> value);
        field = value;
        return read;
    }

    private static bool Number(ref ProtoReader reader, ulong max, out ulong? value)
    {
        bool read = reader.TryVarint(out ulong number);
        value = number;
        return read && (number <= max || reader.Fail("a number is too large"));
    }

    private static bool Once(ref ProtoReader reader, ulong? field) =>
        field is null || reader.Fail("a field stands twice");

    private static bool Once(ref ProtoReader reader, ref bool seen)
    {
        if (seen)
            return reader.Fail("a field stands twice");
        seen = true;
        return true;
    }

    private static bool Room(ref ProtoReader reader, int count, int max) =>
        count < max || reader.Fail("there are more parts than the limit");
}

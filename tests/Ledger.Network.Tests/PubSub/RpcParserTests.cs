using Google.Protobuf;
using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Wire;
using Ledger.Network.Tests.PubSub.Oracle;

namespace Ledger.Network.Tests.PubSub;

/// <summary>The parser of RPCs, against the schema's generated code.</summary>
public sealed class RpcParserTests
{
    private static readonly RpcLimits Limits = new();

    [Fact]
    public void What_the_generated_code_writes_is_read_as_it_was_meant()
    {
        Rpc rpc = Read(RpcSamples.Everything().ToByteArray());
        Assert.Equal([new("a", true), new("b", false)], rpc.Subscriptions);
        Assert.Equal(2, rpc.Messages.Count);
        Assert.Equal("data", Text(rpc.Messages[0].Data));
        Assert.Equal(("from", "seqno123", "signature", "key"), (
            Text(rpc.Messages[0].From!.Value), Text(rpc.Messages[0].SequenceNumber!.Value),
            Text(rpc.Messages[0].Signature!.Value), Text(rpc.Messages[0].Key!.Value)));
        Assert.Null(rpc.Messages[1].From);
        Assert.Equal(["id1", "id2"], rpc.IHave.Single().Ids.Select(id => Text(id.Bytes)));
        Assert.Equal(["id3"], rpc.IWant.Select(id => Text(id.Bytes)));
        Assert.Equal(["a"], rpc.Graft);
        Assert.Equal([new("a", 60), new("b", null)], rpc.Prune);
        Assert.Empty(Read([]).Messages);
    }

    [Fact]
    public void What_we_write_is_what_the_generated_code_reads_and_writes()
    {
        ControlDraft draft = new();
        draft.Subscription("a", subscribe: true);
        draft.Subscription("b", subscribe: false);
        draft.Graft("a");
        draft.Prune("b", TimeSpan.FromSeconds(59.5));
        draft.IHave("a", [new(new byte[] { 1, 2 })]);
        draft.IWant([new(new byte[] { 3 })]);
        byte[][] rpcs = [.. draft.Take(PubSubProtocol.Meshsub11)];
        Assert.All(rpcs, rpc => Assert.Equal(rpc, RPC.Parser.ParseFrom(rpc).ToByteArray()));
        RPC first = RPC.Parser.ParseFrom(rpcs[0]);
        Assert.Equal([true, false], first.Subscriptions.Select(subscription => subscription.Subscribe));
        Assert.Equal(60ul, first.Control.Prune.Single().Backoff);
        Assert.True(draft.IsEmpty);

        draft.Prune("b", TimeSpan.FromSeconds(60));
        Assert.False(RPC.Parser.ParseFrom(draft.Take(PubSubProtocol.Meshsub10).Single()).Control.Prune[0].HasBackoff);

        RpcMessage message = new("t", new byte[100], new byte[] { 1 }, new byte[8], new byte[] { 2 }, new byte[] { 3 });
        Assert.Equal(message.Frame(), RPC.Parser.ParseFrom(message.Frame()).ToByteArray());
        byte[] empty = new RpcMessage("t", default).Frame();
        Assert.Equal(empty, RPC.Parser.ParseFrom(empty).ToByteArray());
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "080a", "a field has the wrong wire type" },
        { "0a0508011203", "a length points behind the end" },
        { "0a8500", "a varint is not the shortest" },
        { "0affffffffffffffffff02", "a varint does not fit 64 bits" },
        { "0a", "the bytes end inside a varint" },
        { "02", "a field number is 0 or too large" },
        { "23", "a wire type is a group or unknown" },
        { "29000000", "the bytes end inside a number" },
        { "0a020801", "a subscription names no topic" },
        { "0a0508021201" + "61", "a number is too large" },
        { "0a0708010801120161", "a field stands twice" },
        { "0a03120" + "1ff", "a text is not UTF-8" },
        { "0a021200", "a topic is empty" },
        { "1200", "a message names no topic" },
        { "1206220161220162", "a field stands twice" },
        { "1206120161120162", "a field stands twice" },
        { "12062201613a0162", "a message carries an unknown field" },
        { "1a001a00", "a field stands twice" },
        { "1a021a00", "a control message names no topic" },
        { "1a040a021200", "a message id is empty" },
        { "1a020800", "a field has the wrong wire type" },
        { "1a0922070a016112020a05", "a length points behind the end" },
        { "1a0922070a016112020801", "a field has the wrong wire type" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_is_not_right_is_refused_with_the_reason(string hex, string reason)
    {
        Assert.False(RpcParser.TryParse(Convert.FromHexString(hex), Limits, out _, out string? fault));
        Assert.Equal(reason, fault);
    }

    [Fact]
    public void Control_that_later_versions_add_is_passed_over_and_so_are_offered_peers()
    {
        // IDONTWANT of v1.2 is field 5 of control; an extension at the outermost level.
        byte[] dontWant = [0x1a, 0x06, 0x2a, 0x04, 0x0a, 0x02, 1, 2];
        Rpc rpc = Read([.. dontWant, 0x52, 0x01, 0x00]);
        Assert.Empty(rpc.IHave);
        RPC prune = new() { Control = new() };
        prune.Control.Prune.Add(new ControlPrune { TopicID = "a", Backoff = 1 });
        prune.Control.Prune[0].Peers.Add(new PeerInfo { PeerID = ByteString.CopyFromUtf8("somebody") });
        Assert.Equal([new("a", 1)], Read(prune.ToByteArray()).Prune);
    }

    public static TheoryData<string> Counts => new()
    {
        nameof(RpcLimits.SubscriptionsMax), nameof(RpcLimits.MessagesMax), nameof(RpcLimits.ControlMax),
        nameof(RpcLimits.IdsMax), nameof(RpcLimits.IdBytesMax), nameof(RpcLimits.TopicBytesMax),
        nameof(RpcLimits.IdentityBytesMax), nameof(RpcLimits.ExchangedPeersMax), nameof(RpcLimits.RpcBytesMax),
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void Each_limit_lets_pass_what_reaches_it_and_nothing_beyond(string limit)
    {
        byte[] reaching = RpcSamples.Reaching(limit, Limits, beyond: 0);
        byte[] beyond = RpcSamples.Reaching(limit, Limits, beyond: 1);
        Assert.True(RpcParser.TryParse(reaching, Limits, out _, out string? fault), fault);
        Assert.False(RpcParser.TryParse(beyond, Limits, out _, out fault));
        Assert.Matches("limit", fault);
    }

    private static Rpc Read(byte[] bytes)
    {
        Assert.True(RpcParser.TryParse(bytes, Limits, out Rpc rpc, out string? fault), fault);
        return rpc;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes.Span);
}

/// <summary>RPCs made with the schema's generated code.</summary>
internal static class RpcSamples
{
    internal static RPC Everything()
    {
        RPC rpc = new() { Control = new() };
        rpc.Subscriptions.Add(new RPC.Types.SubOpts { Subscribe = true, Topicid = "a" });
        rpc.Subscriptions.Add(new RPC.Types.SubOpts { Subscribe = false, Topicid = "b" });
        rpc.Publish.Add(new Message
        {
            From = Bytes("from"), Data = Bytes("data"), Seqno = Bytes("seqno123"), Topic = "a",
            Signature = Bytes("signature"), Key = Bytes("key"),
        });
        rpc.Publish.Add(new Message { Data = Bytes("more"), Topic = "b" });
        rpc.Control.Ihave.Add(new ControlIHave { TopicID = "a", MessageIDs = { Bytes("id1"), Bytes("id2") } });
        rpc.Control.Iwant.Add(new ControlIWant { MessageIDs = { Bytes("id3") } });
        rpc.Control.Graft.Add(new ControlGraft { TopicID = "a" });
        rpc.Control.Prune.Add(new ControlPrune { TopicID = "a", Backoff = 60, Peers = { new PeerInfo() } });
        rpc.Control.Prune.Add(new ControlPrune { TopicID = "b" });
        return rpc;
    }

    internal static byte[] Reaching(string limit, RpcLimits limits, int beyond)
    {
        RPC rpc = new() { Control = new() };
        switch (limit)
        {
            case nameof(RpcLimits.SubscriptionsMax):
                Repeat(limits.SubscriptionsMax, () => rpc.Subscriptions.Add(new RPC.Types.SubOpts { Topicid = "a" }));
                break;
            case nameof(RpcLimits.MessagesMax):
                Repeat(limits.MessagesMax, () => rpc.Publish.Add(new Message { Topic = "a" }));
                break;
            case nameof(RpcLimits.ControlMax):
                Repeat(limits.ControlMax, () => rpc.Control.Graft.Add(new ControlGraft { TopicID = "a" }));
                break;
            case nameof(RpcLimits.IdsMax):
                rpc.Control.Iwant.Add(new ControlIWant { MessageIDs = { Bytes("id") } });
                rpc.Control.Ihave.Add(new ControlIHave { TopicID = "a" });
                Repeat(limits.IdsMax - 1, () => rpc.Control.Ihave[0].MessageIDs.Add(Bytes("id")));
                break;
            case nameof(RpcLimits.IdBytesMax):
                rpc.Control.Iwant.Add(new ControlIWant { MessageIDs = { Zeros(limits.IdBytesMax) } });
                break;
            case nameof(RpcLimits.TopicBytesMax):
                rpc.Control.Graft.Add(new ControlGraft { TopicID = new('x', limits.TopicBytesMax + beyond) });
                break;
            case nameof(RpcLimits.IdentityBytesMax):
                rpc.Publish.Add(new Message { Topic = "a", Signature = Zeros(limits.IdentityBytesMax) });
                break;
            case nameof(RpcLimits.ExchangedPeersMax):
                rpc.Control.Prune.Add(new ControlPrune { TopicID = "a" });
                Repeat(limits.ExchangedPeersMax, () => rpc.Control.Prune[0].Peers.Add(new PeerInfo()));
                break;
            default:
                rpc.Publish.Add(new Message { Topic = "a", Data = Zeros(limits.RpcBytesMax - 100) });
                int around = rpc.CalculateSize() - rpc.Publish[0].Data.Length;
                rpc.Publish[0].Data = Zeros(limits.RpcBytesMax - around);
                break;
        }
        return rpc.ToByteArray();

        ByteString Zeros(int count) => ByteString.CopyFrom(new byte[count + beyond]);

        void Repeat(int count, Action action)
        {
            for (int i = 0; i < count + beyond; i++)
                action();
        }
    }

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);
}

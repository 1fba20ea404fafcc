using Google.Protobuf;
using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Wire;
using Ledger.Network.Tests.PubSub.Oracle;
using Ledger.Network.Tests.TestKit;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Any bytes at all: an RPC or a reason, never an exception; and what we read, others read the same.</summary>
[Trait("Tier", "fuzz")]
public sealed class RpcFuzzTests
{
    private static readonly RpcLimits Limits = new();

    private static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases) ? cases : 50_000;

    [Fact]
    public void Rpcs()
    {
        int read = 0;
        foreach (byte[] changed in Mutations())
        {
            if (!RpcParser.TryParse(changed, Limits, out Rpc rpc, out string? fault))
            {
                Assert.NotEmpty(fault!);
                continue;
            }
            read++;
            RPC theirs = RPC.Parser.ParseFrom(changed);
            Assert.Equal(
                theirs.Subscriptions.Select(part => new RpcSubscription(part.Topicid, part.Subscribe)),
                rpc.Subscriptions);
            Assert.Equal(theirs.Publish.Select(Describe), rpc.Messages.Select(Describe));
            Assert.Equal(theirs.Control?.Graft.Select(graft => graft.TopicID) ?? [], rpc.Graft);
            Assert.Equal(
                theirs.Control?.Prune.Select(prune =>
                    new RpcPrune(prune.TopicID, prune.HasBackoff ? prune.Backoff : null)) ?? [],
                rpc.Prune);
            Assert.Equal(
                theirs.Control?.Ihave.SelectMany(have =>
                    have.MessageIDs.Select(id => have.TopicID + Hex(id.Span))) ?? [],
                rpc.IHave.SelectMany(have => have.Ids.Select(id => have.Topic + Hex(id.Bytes.Span))));
            Assert.Equal(
                theirs.Control?.Iwant.SelectMany(want => want.MessageIDs).Select(id => Hex(id.Span)) ?? [],
                rpc.IWant.Select(id => Hex(id.Bytes.Span)));
        }
        // Both outcomes must have been met often, or the mutations are no test.
        Assert.InRange(read, Cases / 50, Cases - Cases / 50);
    }

    [Fact]
    public void A_router_takes_anything_and_keeps_its_bound()
    {
        Bench bench = new Bench().With(peers: 4);
        int peer = 0, next = 4;
        foreach (byte[] changed in Mutations())
        {
            if (!bench.IsConnected(peer))
            {
                // One that is let go comes back as somebody else.
                peer = next++;
                bench.Connect(peer, outbound: false, Bench.Topic);
            }
            bench.Hear(peer, changed);
            if (next % 97 == 0)
                bench.Beat();
            bench.Effects.Clear();
            Assert.True(bench.Router.Footprint <= bench.Limits.FootprintMax);
        }
        Assert.True(bench.Router.Counters[DropReason.RpcMalformed] > 0);
    }

    [Fact]
    public void Batches()
    {
        RecordBatch batch = new();
        batch.Add(TimeSpan.Zero, new byte[300]);
        batch.Add(TimeSpan.Zero, new byte[] { 1 });
        byte[] sound = batch.TakeIfDue(RecordBatch.WaitMax)!;
        Assert.True(RecordBatch.TryParse(sound, out _, out _));
        for (int seed = 0; seed < Cases; seed++)
        {
            Random random = new(seed);
            byte[] changed = Mutation.Of(sound, random.Next(1, 4), random);
            if (!RecordBatch.TryParse(changed, out List<ReadOnlyMemory<byte>> records, out string? fault))
            {
                Assert.NotEmpty(fault!);
                continue;
            }
            RecordBatch again = new();
            Assert.All(records, record => Assert.Null(again.Add(TimeSpan.Zero, record)));
            Assert.Equal(changed, again.TakeIfDue(RecordBatch.WaitMax));
        }
    }

    private static IEnumerable<byte[]> Mutations()
    {
        byte[][] sound =
        [
            RpcSamples.Everything().ToByteArray(),
            new RpcMessage(Bench.Topic, Bench.Data(1)).Frame(),
            [0x1a, 0x06, 0x2a, 0x04, 0x0a, 0x02, 1, 2],
        ];
        Assert.All(sound, bytes => Assert.True(RpcParser.TryParse(bytes, Limits, out _, out _)));
        for (int seed = 0; seed < Cases; seed++)
        {
            Random random = new(seed);
            yield return Mutation.Of(sound[random.Next(sound.Length)], random.Next(1, 4), random);
        }
    }

    private static string Describe(Message message) => Describe(
        message.Topic, message.Data.Span,
        message.HasFrom ? Hex(message.From.Span) : null, message.HasSeqno ? Hex(message.Seqno.Span) : null,
        message.HasSignature ? Hex(message.Signature.Span) : null, message.HasKey ? Hex(message.Key.Span) : null);

    private static string Describe(RpcMessage message) => Describe(
        message.Topic, message.Data.Span,
        Hex(message.From), Hex(message.SequenceNumber), Hex(message.Signature), Hex(message.Key));

    private static string Describe(string topic, ReadOnlySpan<byte> data, params string?[] identity) =>
        $"{topic} {Hex(data)} {string.Join(' ', identity.Select(part => part ?? "absent"))}";

    private static string? Hex(ReadOnlyMemory<byte>? bytes) => bytes is { } present ? Hex(present.Span) : null;

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}

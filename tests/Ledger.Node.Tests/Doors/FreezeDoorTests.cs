using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.Records.Streams;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>The owner stops a stream whose key was stolen.</summary>
public sealed class FreezeDoorTests
{
    private static readonly SigningKey Recovery = SigningKey.FromSeed(TestNetwork.Seed(101));
    private readonly Operator _stream = new(SigningKey.FromSeed(TestNetwork.Seed(100)), Recovery);

    [Fact]
    public async Task A_freeze_is_heeded_shown_and_not_taken_twice()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.SettleAsync(_stream.Next());
        Assert.Null((await node.GetAsync($"/v1/streams/{_stream.Stream}"))["frozen"]);

        JsonNode answer = await SendAsync(node, FreezeOf(7).Bytes, 200);
        Assert.Equal(7UL, answer.Number("number"));
        JsonNode shown = (await node.GetAsync($"/v1/streams/{_stream.Stream}"))["frozen"]!;
        Assert.Equal(answer.Number("until"), shown.Number("until"));
        Assert.InRange(
            (long)shown.Number("until") - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), 1, (long)Freeze.DurationMs);

        Assert.Equal(ProblemType.FreezeRefused.Address, (await SendAsync(node, FreezeOf(7).Bytes, 409)).Text("type"));
    }

    [Theory]
    [InlineData("cut off", 400)]
    [InlineData("another stream's", 400)]
    [InlineData("a bit flipped in the signature", 400)]
    [InlineData("too long", 413)]
    public async Task What_is_no_freeze_of_this_stream_is_refused(string what, int status)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.SettleAsync(_stream.Next());
        byte[] bytes = FreezeOf(1).Bytes.ToArray();
        byte[] sent = what switch
        {
            "cut off" => bytes[..^1],
            "another stream's" => Freeze.Seal(
                Recovery, node.Node.Head.Chain, new StreamId(Digest.Of("other"u8)), 1, new byte[32]).Bytes.ToArray(),
            "too long" => new byte[FreezeDoor.BytesMax + 1],
            _ => Flipped(bytes, bytes.Length / 2),
        };
        await SendAsync(node, sent, status);
        await SendAsync(node, bytes, 200);
    }

    private static byte[] Flipped(byte[] bytes, int at)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= 1;
        return copy;
    }

    private Freeze FreezeOf(ulong number) =>
        Freeze.Seal(Recovery, TestNetwork.Genesis.Chain, _stream.Stream, number, new byte[MlDsa65.RandomizerBytes]);

    private async Task<JsonNode> SendAsync(NodeUnderTest node, ReadOnlyMemory<byte> bytes, int status)
    {
        ReadOnlyMemoryContent content = new(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(FreezeDoor.MediaType);
        using HttpResponseMessage answer = await node.Http.PostAsync($"/v1/streams/{_stream.Stream}/freeze", content);
        Assert.Equal(status, (int)answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }
}

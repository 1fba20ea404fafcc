using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Core.Streams;
using Ledger.Node.Api;
using Ledger.Node.Tests.Setting;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.Records.Streams;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

public sealed class StreamDoorTests
{
    private static readonly string Unknown = new('0', 64);

    [Fact]
    public async Task Streams_are_listed_in_pages_in_the_order_of_their_ids()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator[] operators = [.. Enumerable.Range(100, 4).Select(seed => new Operator(seed))];
        await node.SettleAsync([.. operators.Select(one => one.Next())]);

        List<string> seen = [];
        string query = "?limit=2";
        while (true)
        {
            JsonNode page = await node.GetAsync($"/v1/streams{query}");
            seen.AddRange(page["streams"]!.AsArray().Select(stream => stream!.Text("stream")));
            if (page["next"] is not { } next)
            {
                break;
            }

            query = $"?limit=2&after={next}";
        }

        Assert.Equal(
            operators.Select(one => one.Stream.ToString()).Append(TestNetwork.StreamKey.Id.ToString()).Order(StringComparer.Ordinal), seen);
    }

    [Fact]
    public async Task A_stream_shows_its_head_its_sponsor_and_its_keys()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        JsonNode last = (await node.SettleAsync(alice.Next(3)))[2];

        JsonNode stream = await node.GetAsync($"/v1/streams/{alice.Stream}");
        JsonNode own = await node.GetAsync($"/v1/streams/{TestNetwork.StreamKey.Id}");

        Assert.Equal((2UL, last.Text("id"), "open"), (stream.Number("seq"), stream.Text("head"), stream.Text("sponsor")));
        Assert.Equal("alpha", own.Text("sponsor"));
        JsonNode key = Assert.Single(stream["keys"]!.AsArray())!;
        Assert.Equal((alice.Key.ToString(), 0UL), (key.Text("kid"), key.Number("first")));
        Assert.Null(key["revoked"]);
        await node.RefusedAsync($"/v1/streams/{Unknown}", ProblemType.NotFound);
    }

    [Fact]
    public async Task The_records_of_a_stream_come_in_pages_from_the_first_on()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        await node.SettleAsync(alice.Next(5));
        string address = $"/v1/streams/{alice.Stream}/records";

        JsonNode first = await node.GetAsync($"{address}?limit=3");
        JsonNode second = await node.GetAsync($"{address}?limit=3&from={first["next"]}");

        Assert.Equal([0UL, 1, 2], first["records"]!.AsArray().Select(record => record!.Number("seq")));
        Assert.Equal([3UL, 4], second["records"]!.AsArray().Select(record => record!.Number("seq")));
        Assert.Null(second["next"]);
        Assert.Empty((await node.GetAsync($"{address}?from=9007199254740991"))["records"]!.AsArray());
        await node.RefusedAsync($"/v1/streams/{Unknown}/records", ProblemType.NotFound);
    }

    [Fact]
    public async Task The_head_is_proven_in_the_map_of_the_checkpoint_and_so_is_an_absence()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        await node.SettleAsync(alice.Next(3));

        JsonNode present = await node.GetAsync($"/v1/streams/{alice.Stream}/head");
        JsonNode absent = await node.GetAsync($"/v1/streams/{Unknown}/head");

        Assert.True(StreamState.TryDecode(Convert.FromHexString(present.Text("state")), out StreamState? state, out _));
        Assert.Equal(2UL, state.Seq.Value);
        Assert.Equal(MapVerdict.Present(state.MapValue), Prove(present, alice.Stream));
        Assert.Null(absent["state"]);
        Assert.NotEqual(MapVerdict.Present(state.MapValue), Prove(absent, new StreamId(Digest.ParseHex(Unknown))));
    }

    [Fact]
    public async Task A_whole_stream_and_a_range_of_it_verify_offline()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        await node.SettleAsync(alice.Next(6));
        string address = $"/v1/streams/{alice.Stream}/evidence";

        foreach ((string query, string scope, int records) in
            new[] { ("", "stream", 6), ("?from=2", "range", 4), ("?from=1&to=3", "range", 3), ("?to=0", "range", 1) })
        {
            byte[] file = await node.Http.GetByteArrayAsync(new Uri(address + query, UriKind.Relative));
            Verification verification = EvidenceVerifier.Verify(file, TrustFile.Empty);
            Assert.True(verification.Verdict == Verdict.Verified, VerdictJson.FirstLine(verification));
            Assert.True(EvidenceParser.TryParse(file, out EvidenceFile parsed, out _));
            Assert.Equal((scope, records), (parsed.Scope.Word(), parsed.Records.Length));
        }

        Assert.NotNull(await node.GetAsync($"{address}?format=json"));
        await node.RefusedAsync($"{address}?from=3&to=2", ProblemType.BadParameter);
        await node.RefusedAsync($"{address}?to=6", ProblemType.BadParameter);
        await node.RefusedAsync($"{address}?format=ots", ProblemType.BadParameter);
        await (await node.GetAsAsync(address, "image/png")).ProblemAsync(ProblemType.NotAcceptable);
        await node.RefusedAsync($"/v1/streams/{Unknown}/evidence", ProblemType.NotFound);
    }

    [Fact]
    public async Task A_range_that_is_too_long_for_one_file_is_refused_with_the_parts_that_are_not()
    {
        Operator alice = new(100);
        byte[][] records = alice.Next(6);
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(
            evidenceBytesMax: records.Take(3).Sum(record => (long)record.Length));
        await node.SettleAsync(records);
        string address = $"/v1/streams/{alice.Stream}/evidence";

        JsonNode whole = await node.RefusedAsync(address, ProblemType.RangeTooLong);
        JsonNode range = await node.RefusedAsync($"{address}?to=3", ProblemType.RangeTooLong);

        Assert.Equal(whole.Text("detail"), range.Text("detail"));
        Assert.Contains("from=0&to=2 fits", whole.Text("detail"));
        Assert.Contains("from=3.", whole.Text("detail"));
        foreach (string part in new[] { "?from=0&to=2", "?from=3" })
        {
            byte[] file = await node.Http.GetByteArrayAsync(new Uri(address + part, UriKind.Relative));
            Verification verification = EvidenceVerifier.Verify(file, TrustFile.Empty);
            Assert.True(verification.Verdict == Verdict.Verified, VerdictJson.FirstLine(verification));
            Assert.Equal(3, verification.Records);
        }
    }

    private static MapVerdict Prove(JsonNode head, StreamId stream)
    {
        Assert.True(MapProof.TryDecode(Convert.FromHexString(head.Text("proof")), out MapProof proof, out _));
        return proof.Verify(Digest.ParseHex(head["checkpoint"]!.Text("streams")), stream);
    }
}

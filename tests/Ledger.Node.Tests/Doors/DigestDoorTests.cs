using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Node.Api;
using Ledger.Node.Bitcoin;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.Proofs.Spv;
using Ledger.Records;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Roots;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>Integrators' digests over the interface, with the real anchoring over a stand-in daemon.</summary>
public sealed class DigestDoorTests : IAsyncDisposable
{
    private readonly StandInBitcoin _bitcoin = new();
    private AnchorDriver? _driver;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Submitted_digests_become_leaves_under_a_root_that_Bitcoin_holds(bool binary)
    {
        await using NodeUnderTest node = await StartAsync();
        Digest[] digests = Some(20);

        JsonNode receipts = await (await PostAsync(node, digests, binary)).JsonAsync(202);
        Assert.Equal(digests.Select(digest => digest.ToString()), receipts["digests"]!.AsArray().Select(item => item!.Text("digest")));
        Assert.All(receipts["digests"]!.AsArray(), item => Assert.NotNull(item!["expected"]));
        JsonNode anchored = await UntilAsync(node, digests[13], "anchored");

        JsonNode root = anchored["root"]!;
        InclusionProof proof = new(
            new LogIndex(root.Number("index")), new TreeSize(root.Number("count")),
            [.. root["path"]!.AsArray().Select(sibling => Hex((string)sibling!))]);
        Assert.True(proof.Verify(new EntryHash(digests[13]), Hex(root.Text("root"))));
        Assert.Equal("root", anchored["record"]!.Text("kind"));
        Assert.Equal("anchored", anchored["record"]!.Text("state"));
        Assert.True(anchored["confirmations"]!.GetValue<int>() >= 1);
        HttpResponseMessage answer = await node.GetAsAsync($"/v1/roots/{digests[13]}", EvidenceAnswer.Ots);
        byte[] ots = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(OtsFile.TryDecode(ots, out OtsFile? file, out OtsError error), error.ToString());
        Assert.Equal(digests[13], file.FileDigest);
        Assert.Contains(
            file.Timestamp.Evaluate(digests[13].Span), found => found.Attestation is OtsAttestation.Bitcoin);
        Assert.Equal(ots, await node.Http.GetByteArrayAsync(new Uri($"/v1/roots/{digests[13]}?format=ots", UriKind.Relative)));
    }

    [Fact]
    public async Task A_digest_that_comes_again_keeps_its_place_and_gets_no_second_root()
    {
        await using NodeUnderTest node = await StartAsync();
        Digest[] digests = Some(5);
        await (await PostAsync(node, [.. digests, digests[0], digests[0]], binary: true)).JsonAsync(202);
        JsonNode before = await UntilAsync(node, digests[4], "settled", "anchored");

        Digest other = Digest.Of("another"u8);
        await (await PostAsync(node, [.. digests, other], binary: false)).JsonAsync(202);
        await UntilAsync(node, other, "settled", "anchored");
        JsonNode after = await node.GetAsync($"/v1/roots/{digests[4]}");

        Assert.Equal(5UL, before["root"]!.Number("count"));
        Assert.Equal(before["root"]!.ToJsonString(), after["root"]!.ToJsonString());
        Assert.Equal(1UL, (await node.GetAsync($"/v1/roots/{other}"))["root"]!.Number("count"));
        Assert.Equal(2, Roots(node).Count);
    }

    [Fact]
    public async Task A_hundred_thousand_digests_are_taken_at_once_and_one_more_is_refused()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Digest[] digests = Some(RootLimits.SubmissionMax + 1);

        await (await PostAsync(node, digests, binary: true)).ProblemAsync(ProblemType.TooLarge);
        JsonNode refused = await (await PostAsync(node, digests, binary: false)).ProblemAsync(ProblemType.DigestsForm);
        Assert.Contains("more than 100000", refused.Text("detail"));
        JsonNode taken = await (await PostAsync(node, digests[..^1], binary: true)).JsonAsync(202);
        Assert.Equal(RootLimits.SubmissionMax, taken["digests"]!.AsArray().Count);
        JsonNode settled = await UntilAsync(node, digests[^2], "settled");
        Assert.Equal((ulong)RootLimits.SubmissionMax, settled["root"]!.Number("count"));
        Assert.Null(settled["expected"]);
        await node.RefusedAsync($"/v1/roots/{digests[0]}?format=ots", ProblemType.NotAnchored);
        await node.RefusedAsync($"/v1/roots/{digests[^1]}", ProblemType.NotFound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[\"00\"]", 0)]
    [InlineData("[1]", 0)]
    [InlineData("[[]]", 0)]
    [InlineData("[\"0000000000000000000000000000000000000000000000000000000000000000\",null]", 1)]
    [InlineData("[\"0000000000000000000000000000000000000000000000000000000000000000\"]x")]
    [InlineData("[\"0000000000000000000000000000000000000000000000000000000000000000\",]")]
    [InlineData("[\"0000000000000000000000000000000000000000000000000000000000000000\"")]
    [InlineData("[\"000000000000000000000000000000000000000000000000000000000000000g\"]", 0)]
    [InlineData("[\"\\ud800\"]", 0)]
    [InlineData("[\"\\u0030000000000000000000000000000000000000000000000000000000000000000\"]", 0)]
    [InlineData("[\"000000000000000000000000000000000000000000000000000000000000\ud83d\ude00\"]", 0)]
    public async Task What_is_no_list_of_digests_is_refused_with_the_place(string body, int? index = null)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        JsonNode problem = await (await PostAsync(node, Encoding.UTF8.GetBytes(body), "application/json"))
            .ProblemAsync(ProblemType.DigestsForm);

        Assert.Equal(index, (int?)problem["index"]);
        Assert.Empty(Roots(node));
    }

    [Fact]
    public async Task Bodies_of_other_lengths_and_media_types_are_refused()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        await (await PostAsync(node, [], DigestDoors.Binary)).ProblemAsync(ProblemType.DigestsForm);
        await (await PostAsync(node, new byte[33], DigestDoors.Binary)).ProblemAsync(ProblemType.DigestsForm);
        JsonNode unknown = await (await PostAsync(node, new byte[32], "application/cbor")).ProblemAsync(ProblemType.MediaTypeUnknown);
        Assert.Contains($"application/json or {DigestDoors.Binary}", unknown.Text("detail"));
        await (await PostAsync(node, new byte[32], null)).ProblemAsync(ProblemType.MediaTypeUnknown);
        await (await PostAsync(node, new byte[(8 << 20) + 1], "application/json")).ProblemAsync(ProblemType.TooLarge);
        await node.RefusedAsync("/v1/roots/00", ProblemType.BadParameter);
        await (await node.GetAsAsync($"/v1/roots/{Digest.Zero}", "text/html")).ProblemAsync(ProblemType.NotAcceptable);
    }

    [Fact]
    public async Task More_than_the_quota_is_refused_whole_with_what_is_left()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(rootLimits: new RootLimits(PerMinute: 10, WaitingMax: 1_000));
        Digest[] digests = Some(20);
        await (await PostAsync(node, digests[..8], binary: true)).JsonAsync(202);

        JsonNode problem = await (await PostAsync(node, digests[8..], binary: true)).ProblemAsync(ProblemType.Quota);

        Assert.Equal(10UL, problem.Number("limit"));
        Assert.InRange(problem.Number("remaining"), 2UL, 11UL);
        await node.RefusedAsync($"/v1/roots/{digests[8]}", ProblemType.NotFound);
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_as_busy()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(rootLimits: new RootLimits(PerMinute: 10_000, WaitingMax: 10));

        await (await PostAsync(node, Some(11), binary: true)).ProblemAsync(ProblemType.Busy);
        await (await PostAsync(node, Some(10), binary: true)).JsonAsync(202);
    }

    [Fact]
    public async Task A_node_whose_stream_the_configuration_does_not_name_takes_none()
    {
        Configuration configuration = TestNetwork.Genesis.Configuration;
        Validator elsewhere = configuration.Validators[0] with { Stream = new StreamId(Digest.Of("elsewhere"u8)) };
        GenesisDocument genesis = TestNetwork.Genesis with
        {
            Configuration = configuration with { Validators = [elsewhere] },
        };
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: genesis);

        await (await PostAsync(node, Some(1), binary: true)).ProblemAsync(ProblemType.NotOffered);
        await (await node.Http.PostAsync(new Uri("/digest", UriKind.Relative), new ByteArrayContent(new byte[32])))
            .ProblemAsync(ProblemType.NotOffered);
        await node.RefusedAsync($"/v1/roots/{Some(1)[0]}", ProblemType.NotFound);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_taken_and_later_everything()
    {
        MemoryStore store = new();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(store);
        await Quiet.WaitAsync(node, store);
        Digest[] digests = Some(3);
        store.Full = true;
        await (await PostAsync(node, digests, binary: true)).ProblemAsync(ProblemType.DiskFull);
        await node.RefusedAsync($"/v1/roots/{digests[0]}", ProblemType.NotFound);

        store.Full = false;
        await (await PostAsync(node, digests, binary: true)).JsonAsync(202);
        await UntilAsync(node, digests[0], "settled");
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            await _driver.DisposeAsync();
        }
    }

    internal static Digest[] Some(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Digest.Of(BitConverter.GetBytes(i)))];

    internal static async Task<JsonNode> UntilAsync(NodeUnderTest node, Digest digest, params string[] states)
    {
        for (int i = 0; i < 600; i++)
        {
            JsonNode model = await node.GetAsync($"/v1/roots/{digest}");
            if (states.Contains(model.Text("state")))
            {
                return model;
            }

            await Task.Delay(200);
        }

        throw new TimeoutException($"{digest} never was {string.Join(" or ", states)}.");
    }

    private static Task<HttpResponseMessage> PostAsync(NodeUnderTest node, Digest[] digests, bool binary) => binary
        ? PostAsync(node, [.. digests.SelectMany(digest => digest.ToArray())], DigestDoors.Binary)
        : PostAsync(
            node, JsonSerializer.SerializeToUtf8Bytes(digests.Select(digest => digest.ToString())), "application/json");

    private static Task<HttpResponseMessage> PostAsync(NodeUnderTest node, byte[] body, string? mediaType)
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return node.Http.PostAsync(new Uri("/v1/roots", UriKind.Relative), content);
    }

    /// <summary>Root records that settled in the node's own stream.</summary>
    private static List<Records.Record> Roots(NodeUnderTest node)
    {
        StreamId own = new(TestNetwork.StreamKey.Id.Value);
        List<Records.Record> found = [];
        for (ulong seq = 0; node.Node.Store.RecordAt(own, new Sequence(seq)) is { } id; seq++)
        {
            if (node.Node.Store.Record(id) is { Kind: RecordKind.Root } record)
            {
                found.Add(record);
            }
        }

        return found;
    }

    private static Digest Hex(string text) => new(Convert.FromHexString(text));

    private async Task<NodeUnderTest> StartAsync()
    {
        GenesisDocument genesis = TestNetwork.With(admission => admission, new Parameters { AnchorBlocks = 1 });
        NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: genesis, anchors: node =>
        {
            _driver = new AnchorDriver(node, _bitcoin, TimeProvider.System);
            return new DriverAnchorView(_driver);
        });
        _driver!.Start();
        return node;
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Log;
using Ledger.Node.Api;
using Ledger.Node.Tests.Setting;
using Ledger.Runtime.Chain;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

public sealed class ChainDoorTests
{
    [Fact]
    public async Task Blocks_are_listed_newest_first_and_link_back_to_the_first()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        for (int i = 0; i < 4; i++)
        {
            await node.SettleAsync(alice.Next());
        }

        List<JsonNode> blocks = [];
        string query = "?limit=3";
        while (true)
        {
            JsonNode page = await node.GetAsync($"/v1/blocks{query}");
            blocks.AddRange(page["blocks"]!.AsArray().Select(block => block!));
            if (page["next"] is not { } next)
            {
                break;
            }

            query = $"?limit=3&before={next}";
        }

        Assert.Equal(1UL, blocks[^1].Number("height"));
        Assert.All(blocks.Zip(blocks.Skip(1)), pair =>
        {
            Assert.Equal(pair.First.Number("height"), pair.Second.Number("height") + 1);
            Assert.Equal(pair.First.Text("prev"), pair.Second.Text("id"));
        });
        Assert.All(blocks, block => Assert.Null(block["recordIds"]));
    }

    [Fact]
    public async Task A_block_comes_by_height_and_by_id_as_json_and_as_its_bytes()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode receipt = (await node.SettleAsync(new Operator(100).Next()))[0];
        string address = $"/v1/blocks/{receipt["height"]}";

        JsonNode block = await node.GetAsync(address);
        HttpResponseMessage bytes = await node.GetAsAsync(address, "application/cbor");

        Assert.Equal("alpha", block.Text("proposerName"));
        Assert.Contains(receipt.Text("id"), block["recordIds"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(block.ToJsonString(), (await node.GetAsync($"/v1/blocks/{block.Text("id")}")).ToJsonString());
        Assert.Equal("application/cbor", bytes.Content.Headers.ContentType!.MediaType);
        Assert.True(SettledBlock.TryParse(await bytes.Content.ReadAsByteArrayAsync(), out SettledBlock parsed, out CborError _));
        Assert.Equal(block.Text("id"), parsed.Header.Id.ToString());
        await (await node.GetAsAsync(address, "image/png")).ProblemAsync(ProblemType.NotAcceptable);
        await node.RefusedAsync("/v1/blocks/999999", ProblemType.NotFound);
        await node.RefusedAsync("/v1/blocks/0", ProblemType.NotFound);
        await node.RefusedAsync($"/v1/blocks/{new string('0', 64)}", ProblemType.NotFound);
    }

    [Fact]
    public async Task Inclusion_is_proven_in_every_size_that_holds_the_entry_and_in_no_other()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode[] receipts = await node.SettleAsync(new Operator(100).Next(6));
        JsonNode receipt = receipts[2];
        string address = $"/v1/proofs/inclusion?leaf={receipt.Text("entry")}";
        ulong size = (await node.GetAsync("/v1/status")).Number("size");

        for (ulong at = receipt.Number("index") + 1; at <= size; at++)
        {
            JsonNode answer = await node.GetAsync($"{address}&size={at}");
            InclusionProof proof = new(new LogIndex(answer.Number("index")), new TreeSize(at), Path(answer));
            EntryHash entry = new(Digest.ParseHex(receipt.Text("entry")));
            Assert.True(proof.Verify(entry, Digest.ParseHex(answer.Text("root"))));
            Assert.False(proof.Verify(new EntryHash(Digest.Of([1])), Digest.ParseHex(answer.Text("root"))));
        }

        Assert.Equal(size, (await node.GetAsync(address)).Number("size"));
        await node.RefusedAsync($"{address}&size={receipt["index"]}", ProblemType.BadParameter);
        await node.RefusedAsync($"{address}&size={size + 1}", ProblemType.BadParameter);
        await node.RefusedAsync($"/v1/proofs/inclusion?leaf={new string('0', 64)}", ProblemType.NotFound);
    }

    [Fact]
    public async Task Consistency_is_proven_between_any_two_sizes()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.SettleAsync(new Operator(100).Next(6));
        ulong size = (await node.GetAsync("/v1/status")).Number("size");

        for (ulong from = 1; from <= size; from++)
        {
            JsonNode answer = await node.GetAsync($"/v1/proofs/consistency?from={from}&to={size}");
            ConsistencyProof proof = new(new TreeSize(from), new TreeSize(size), Path(answer));
            Assert.True(proof.Verify(Digest.ParseHex(answer.Text("fromRoot")), Digest.ParseHex(answer.Text("toRoot"))));
        }

        Assert.Equal(size, (await node.GetAsync("/v1/proofs/consistency?from=1")).Number("to"));
    }

    [Fact]
    public async Task Status_validators_and_peers_show_this_node()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.SettleAsync(new Operator(100).Next(3));

        JsonNode status = await node.GetAsync("/v1/status");
        JsonNode validator = Assert.Single((await node.GetAsync("/v1/validators"))["validators"]!.AsArray())!;
        JsonNode peer = Assert.Single((await node.GetAsync("/v1/peers"))["peers"]!.AsArray())!;

        Assert.Equal(node.Node.Genesis.Chain.ToString(), status.Text("chain"));
        Assert.Equal(("solo", "regtest", "alpha"), (status.Text("name"), status.Text("network"), status.Text("validator")));
        Assert.Equal((4UL, 4UL, 0UL), (status.Number("settled"), status.Number("size"), status.Number("anchored")));
        Assert.True((bool)status["ready"]!);
        Assert.Equal(
            ("alpha", TestNetwork.VoteKey.Id.ToString(), true), (validator.Text("name"), validator.Text("kid"), (bool)validator["self"]!));
        Assert.True((bool)peer["self"]! && (bool)peer["connected"]!);
    }

    [Fact]
    public async Task At_rest_nothing_waits_and_a_full_disk_is_named()
    {
        MemoryStore store = new();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(store);
        await node.SettleAsync(new Operator(100).Next(3));
        await Quiet.WaitAsync(node, store);

        JsonNode rest = await WaitAsync(node, "nothing");
        Assert.Equal(("idle", "Nothing waits: no records to settle."), (rest.Text("step"), rest.Text("waitsFor")));
        Assert.Null(rest["round"]);
        Assert.Null(rest["votes"]);
        Assert.Equal(node.Node.Head.Height.Value + 1, rest.Number("height"));
        Assert.Empty(rest["missing"]!.AsArray());

        store.Full = true;
        await node.SubmitAsync(new Operator(101).Next());
        Assert.StartsWith("Waits for room on this node's disk", (await WaitAsync(node, "disk")).Text("waitsFor"));

        store.Full = false;
        await node.SettleAsync(new Operator(101).Next());
        await WaitAsync(node, "nothing");
    }

    private static async Task<JsonNode> WaitAsync(NodeUnderTest node, string reason)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            JsonNode waits = await node.GetAsync("/v1/why-stuck");
            if (waits.Text("reason") == reason)
            {
                return waits;
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), waits.ToJsonString());
            await Task.Delay(20);
        }
    }

    private static ImmutableArray<Digest> Path(JsonNode answer) =>
        [.. answer["path"]!.AsArray().Select(digest => Digest.ParseHex((string)digest!))];
}

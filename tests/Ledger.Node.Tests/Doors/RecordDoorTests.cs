using System.Text.Json.Nodes;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

public sealed class RecordDoorTests
{
    private static readonly string Unknown = new('0', 128);

    [Fact]
    public async Task A_record_comes_back_as_its_bytes_or_as_a_summary_by_accept()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] genesis = new Operator(100).Next();
        JsonNode receipt = (await node.SettleAsync(genesis))[0];
        string address = $"/v1/records/{receipt.Text("id")}";

        foreach (string accept in new[] { "*/*", SubmitDoor.One, "application/*;q=0.5", "text/html, */*;q=0.1" })
        {
            HttpResponseMessage bytes = await node.GetAsAsync(address, accept);
            Assert.Equal(SubmitDoor.One, bytes.Content.Headers.ContentType!.MediaType);
            Assert.Equal(genesis, await bytes.Content.ReadAsByteArrayAsync());
        }

        foreach (string accept in new[] { "application/json", "application/cose;q=0.5, application/json", "application/cose;q=0, */*" })
        {
            JsonNode summary = await (await node.GetAsAsync(address, accept)).JsonAsync(200);
            Assert.Equal(
                ("genesis", "operator", "test", "settled"),
                (summary.Text("kind"), summary.Text("issuer"), summary.Text("subject"), summary.Text("state")));
            Assert.Equal((ulong)genesis.Length, summary.Number("size"));
            Assert.Equal(receipt.Number("index"), summary.Number("index"));
            Assert.Null(summary["anchor"]);
        }

        await (await node.GetAsAsync(address, "text/html")).ProblemAsync(ProblemType.NotAcceptable);
        Assert.Equal(genesis, await node.Http.GetByteArrayAsync(new Uri(address.ToUpperInvariant().Replace("/V1/RECORDS", "/v1/records"), UriKind.Relative)));
        await node.RefusedAsync($"/v1/records/{Unknown}", ProblemType.NotFound);
    }

    [Fact]
    public async Task The_list_pages_from_the_newest_to_the_first_without_a_hole_or_a_repetition()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.SettleAsync(new Operator(100).Next(12));

        List<ulong> seen = [];
        string query = "?limit=5";
        while (true)
        {
            JsonNode page = await node.GetAsync($"/v1/records{query}");
            seen.AddRange(page["records"]!.AsArray().Select(record => record!.Number("index")));
            if (page["next"] is not { } next)
            {
                break;
            }

            query = $"?limit=5&before={next}";
        }

        Assert.Equal(Enumerable.Range(0, 13).Reverse().Select(index => (ulong)index), seen);
        Assert.Empty((await node.GetAsync("/v1/records?before=0"))["records"]!.AsArray());
    }

    [Fact]
    public async Task What_is_only_sealed_stands_at_the_front_of_the_list()
    {
        MemoryStore store = new();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(store);
        Operator alice = new(100);
        await node.SettleAsync(alice.Next(2));
        await Quiet.WaitAsync(node, store);

        // A record whose own time lies ahead of the clock waits for its block.
        byte[] early = alice.Ahead(TimeSpan.FromHours(1));
        JsonNode receipt = (await (await node.SubmitAsync(early)).JsonAsync(202))["receipts"]![0]!;
        JsonArray records = (await node.GetAsync("/v1/records?limit=3"))["records"]!.AsArray();

        Assert.Equal(["sealed", "settled", "settled"], records.Select(record => record!.Text("state")));
        Assert.Equal(receipt.Text("id"), records[0]!.Text("id"));
        Assert.Null(records[0]!["height"]);
        await node.RefusedAsync($"/v1/records/{receipt.Text("id")}/evidence", ProblemType.NotSettled);
        await node.RefusedAsync($"/v1/records/{receipt.Text("id")}/evidence?format=ots", ProblemType.NotSettled);
    }

    [Fact]
    public async Task The_evidence_of_a_record_verifies_offline_and_one_flipped_byte_does_not()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode receipt = (await node.SettleAsync(new Operator(100).Next(4)))[2];
        string address = $"/v1/records/{receipt.Text("id")}/evidence";

        HttpResponseMessage response = await node.SendAsync(HttpMethod.Get, address);
        byte[] file = await response.Content.ReadAsByteArrayAsync();
        TrustFile trust = new() { Chain = node.Node.Genesis.Chain };
        Verification sound = EvidenceVerifier.Verify(file, trust);
        byte[] flipped = (byte[])file.Clone();
        flipped[flipped.Length / 2] ^= 1;

        Assert.Equal(EvidenceFile.MediaType, response.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith(".evidence", response.Content.Headers.ContentDisposition!.FileName);
        Assert.True(sound.Verdict == Verdict.Verified, VerdictJson.FirstLine(sound));
        Assert.Equal(Pinning.Pinned, sound.Trust.Chain);
        Assert.Equal(Verdict.Invalid, EvidenceVerifier.Verify(flipped, trust).Verdict);
    }

    [Fact]
    public async Task The_form_of_evidence_follows_format_and_then_accept()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode receipt = (await node.SettleAsync(new Operator(100).Next()))[0];
        string address = $"/v1/records/{receipt.Text("id")}/evidence";

        Assert.NotNull(await node.GetAsync($"{address}?format=json"));
        Assert.NotNull(await (await node.GetAsAsync(address, "application/json")).JsonAsync(200));
        HttpResponseMessage cbor = await node.GetAsAsync($"{address}?format=cbor", "application/json");
        Assert.Equal(EvidenceFile.MediaType, cbor.Content.Headers.ContentType!.MediaType);
        await node.RefusedAsync($"{address}?format=ots", ProblemType.NotAnchored);
        await (await node.GetAsAsync(address, EvidenceAnswer.Ots)).ProblemAsync(ProblemType.NotAnchored);
        await node.RefusedAsync($"{address}?format=pdf", ProblemType.BadParameter);
        await (await node.GetAsAsync(address, "application/pdf")).ProblemAsync(ProblemType.NotAcceptable);
        await node.RefusedAsync($"/v1/records/{Unknown}/evidence", ProblemType.NotFound);
    }
}

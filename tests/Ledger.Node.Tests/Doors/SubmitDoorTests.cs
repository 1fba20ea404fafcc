using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

public sealed class SubmitDoorTests
{
    [Fact]
    public async Task A_record_is_receipted_as_sealed_and_then_as_settled()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        byte[] genesis = alice.Next();

        JsonNode receipt = (await (await node.SubmitAsync(genesis, "?wait=settled")).JsonAsync(201))["receipts"]![0]!;

        Assert.Equal(alice.Stream.ToString(), receipt.Text("stream"));
        Assert.Equal(0UL, receipt.Number("seq"));
        Assert.Equal("settled", receipt.Text("state"));
        Assert.Equal(EntryHash.Of(genesis).ToString(), receipt.Text("entry"));
        Assert.True(receipt.Number("height") > 0);
        Assert.True(receipt.Number("blockTime") > 1_700_000_000_000);
        Assert.Null(receipt["problem"]);
    }

    [Fact]
    public async Task Without_waiting_the_answer_comes_once_the_record_is_durable()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        HttpResponseMessage response = await node.SubmitAsync(new Operator(100).Next());

        JsonNode receipt = (await response.JsonAsync((int)response.StatusCode))["receipts"]![0]!;
        Assert.Equal(receipt.Text("state") == "sealed" ? 202 : 201, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_wait_that_ends_early_answers_what_was_reached()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);

        byte[] genesis = alice.Next();
        JsonNode answer = await (await node.SubmitAsync(genesis, "?wait=anchored&timeout=0")).JsonAsync(202);
        await node.SettleAsync(genesis);
        JsonNode later = await (await node.SubmitAsync(genesis, "?wait=anchored&timeout=1")).JsonAsync(202);

        Assert.NotEqual("anchored", answer["receipts"]![0]!.Text("state"));
        Assert.Equal("settled", later["receipts"]![0]!.Text("state"));
    }

    [Fact]
    public async Task A_batch_is_receipted_record_by_record_in_order()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);

        JsonNode[] receipts = await node.SettleAsync(alice.Next(20));

        Assert.Equal(Enumerable.Range(0, 20).Select(seq => (ulong)seq), receipts.Select(receipt => receipt.Number("seq")));
    }

    [Fact]
    public async Task In_a_batch_each_refused_record_has_its_own_problem_and_the_rest_is_taken()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        Operator bob = new(101);
        byte[][] batch = [alice.Next(), bob.WithGap(), alice.Next(), Broken(alice.Next())];

        JsonNode answer = await (await node.SubmitAsync(batch, "?wait=settled")).JsonAsync(202);

        JsonArray receipts = answer["receipts"]!.AsArray();
        Assert.Equal(4, receipts.Count);
        Assert.Equal("settled", receipts[0]!.Text("state"));
        Assert.Equal(ProblemType.RecordPlace.Address, receipts[1]!["problem"]!.Text("type"));
        Assert.Equal(1UL, receipts[1]!["problem"]!.Number("index"));
        Assert.Equal("settled", receipts[2]!.Text("state"));
        Assert.Equal(ProblemType.RecordSignature.Address, receipts[3]!["problem"]!.Text("type"));
        Assert.Equal("signature", receipts[3]!["problem"]!.Text("layer"));
    }

    [Fact]
    public async Task A_batch_that_breaks_off_keeps_what_stood_before_and_names_the_offset()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] genesis = new Operator(100).Next();

        JsonNode answer = await (await node.PostAsync([.. genesis, 0xff], SubmitDoor.Many, "?wait=settled")).JsonAsync(202);

        Assert.Equal("settled", answer["receipts"]![0]!.Text("state"));
        JsonNode problem = answer["receipts"]![1]!["problem"]!;
        Assert.Equal(ProblemType.RecordForm.Address, problem.Text("type"));
        Assert.Equal((ulong)genesis.Length, problem.Number("offset"));
    }

    [Fact]
    public async Task A_batch_of_which_nothing_is_accepted_is_one_problem_with_every_receipt()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        JsonNode problem = await (await node.SubmitAsync([Broken(new Operator(100).Next()), new Operator(101).WithGap()]))
            .ProblemAsync(ProblemType.NothingAccepted);
        JsonNode empty = await (await node.PostAsync([], SubmitDoor.Many)).ProblemAsync(ProblemType.NothingAccepted);

        Assert.Equal(2, problem["receipts"]!.AsArray().Count);
        Assert.Contains("empty", empty.Text("detail"));
    }

    [Fact]
    public async Task The_same_bytes_twice_get_the_same_receipt()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] genesis = new Operator(100).Next();
        JsonNode first = (await node.SettleAsync(genesis))[0];

        JsonNode again = (await (await node.SubmitAsync(genesis)).JsonAsync(201))["receipts"]![0]!;
        JsonNode[] thrice = await node.SettleAsync(genesis, genesis);

        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.All(thrice, receipt => Assert.Equal(first.ToJsonString(), receipt.ToJsonString()));
        Assert.Equal(2UL, (await node.GetAsync("/v1/status")).Number("settled")); // with the node's own genesis record
    }

    [Fact]
    public async Task Another_history_is_refused_as_a_fork_that_names_the_record_in_its_place()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        await node.SettleAsync(alice.Next());
        byte[] other = alice.Fork("other");
        JsonNode standing = (await node.SettleAsync(alice.Next()))[0];

        JsonNode problem = await (await node.SubmitAsync(other)).ProblemAsync(ProblemType.RecordFork);

        Assert.Equal("link", problem.Text("layer"));
        Assert.Contains(standing.Text("id"), problem.Text("reason"));
    }

    [Fact]
    public async Task A_gap_an_unknown_key_and_a_broken_signature_are_told_apart()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        Operator alice = new(100);
        await node.SettleAsync(alice.Next());

        JsonNode gap = await (await node.SubmitAsync(alice.WithGap())).ProblemAsync(ProblemType.RecordPlace);
        JsonNode unknown = await (await node.SubmitAsync(new Operator(101).WithGap())).ProblemAsync(ProblemType.RecordPlace);
        JsonNode broken = await (await node.SubmitAsync(Broken(alice.Next()))).ProblemAsync(ProblemType.RecordSignature);
        JsonNode form = await (await node.SubmitAsync([0xd2, 0x84])).ProblemAsync(ProblemType.RecordForm);

        Assert.Equal("gap", gap.Text("layer"));
        Assert.Equal("gap", unknown.Text("layer"));
        Assert.Equal("signature", broken.Text("layer"));
        Assert.Equal("encoding", form.Text("layer"));
        Assert.Equal(1UL, form.Number("offset"));
        Assert.NotEmpty(form.Text("reason"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("application/cbor")]
    [InlineData("text/plain")]
    public async Task Other_media_types_are_refused_with_those_that_are_taken(string? mediaType)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        JsonNode problem = await (await node.PostAsync(new Operator(100).Next(), mediaType)).ProblemAsync(ProblemType.MediaTypeUnknown);

        Assert.Contains(SubmitDoor.One, problem.Text("detail"));
        Assert.Contains(SubmitDoor.Many, problem.Text("detail"));
    }

    [Theory]
    [InlineData("application/cose; cose-type=\"cose-sign1\"")]
    [InlineData("Application/COSE")]
    public async Task Parameters_and_case_of_the_media_type_do_not_matter(string mediaType)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        HttpResponseMessage response = await node.PostAsync(new Operator(100).Next(), mediaType, "?wait=settled");

        await response.JsonAsync(201);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        ByteArrayContent content = new([1, 2, 3]);
        content.Headers.ContentType = new(SubmitDoor.One);
        content.Headers.ContentEncoding.Add("gzip");

        HttpResponseMessage response = await node.Http.PostAsync(new Uri("/v1/records", UriKind.Relative), content);

        await response.ProblemAsync(ProblemType.MediaTypeUnknown);
    }

    [Theory]
    [InlineData(SubmitDoor.One, Limits.RecordBytes)]
    [InlineData(SubmitDoor.Many, SubmitDoor.BatchBytesMax)]
    public async Task A_body_over_its_limit_is_refused_whether_it_says_its_length_or_not(string mediaType, int limit)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        HttpResponseMessage fits = await node.PostAsync(new byte[limit], mediaType);
        Assert.NotEqual(413, (int)fits.StatusCode);
        await (await node.PostAsync(new byte[limit + 1], mediaType)).ProblemAsync(ProblemType.TooLarge);
        HttpRequestMessage chunked = new(HttpMethod.Post, new Uri("/v1/records", UriKind.Relative))
        {
            Content = new StreamContent(new MemoryStream(new byte[limit + 1])),
        };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Content.Headers.ContentType = new(mediaType);
        await (await node.Http.SendAsync(chunked)).ProblemAsync(ProblemType.TooLarge);
    }

    [Theory]
    [InlineData("?wait=sealed")]
    [InlineData("?wait=")]
    [InlineData("?wait=settled&timeout=61")]
    [InlineData("?timeout=soon")]
    public async Task A_wait_that_cannot_be_is_refused_before_the_record_is_read(string query)
    {
        MemoryStore store = new();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(store);
        byte[] genesis = new Operator(100).Next();

        await (await node.SubmitAsync(genesis, query)).ProblemAsync(ProblemType.BadParameter);

        Assert.False(store.Contains(Runtime.Ports.Table.Records, RecordIdOf(genesis).Span));
    }

    [Fact]
    public async Task A_full_disk_is_a_problem_that_keeps_nothing_and_passes()
    {
        MemoryStore store = new();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(store);
        Operator alice = new(100);
        byte[] genesis = alice.Next();
        await Quiet.WaitAsync(node, store);

        store.Full = true;
        HttpResponseMessage full = await node.SubmitAsync(genesis);
        await full.ProblemAsync(ProblemType.DiskFull);
        Assert.NotNull(full.Headers.RetryAfter);
        await node.RefusedAsync($"/v1/records/{RecordIdOf(genesis)}", ProblemType.NotFound);

        store.Full = false;
        Assert.Equal("settled", (await node.SettleAsync(genesis))[0].Text("state"));
    }

    private static byte[] Broken(byte[] record)
    {
        byte[] broken = (byte[])record.Clone();
        broken[^1] ^= 1;
        return broken;
    }

    private static RecordId RecordIdOf(byte[] record)
    {
        Assert.True(Records.Record.TryParse(record, out Records.Record? parsed, out _));
        return parsed.Id;
    }
}

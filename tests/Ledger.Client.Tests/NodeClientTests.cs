using System.Net;
using Ledger.Client.Tests.TestKit;
using Ledger.Core;

namespace Ledger.Client.Tests;

/// <summary>Questions to a node, and answers that are none.</summary>
public sealed class NodeClientTests : IDisposable
{
    private const string StatusJson = """
        {"chain":"aa","name":"devnet","version":"0.1.0","network":"regtest","height":7,"block":"bb",
         "time":1790000000900,"size":13,"root":"cc","streams":"dd","validators":1,"validator":"alpha","mempool":{"records":2,"bytes":900},
         "settled":13,"anchored":9,"bitcoin":{"reachable":false,"height":null,"problem":"gone"},"ready":false,
         "problems":["Bitcoin is gone."],"later":true}
        """;

    private readonly StubNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_status_is_read_with_what_a_later_node_may_add()
    {
        Answers(HttpStatusCode.OK, StatusJson);
        using NodeClient client = _node.Client();
        NodeStatus status = await client.GetStatusAsync(default);
        Assert.Equal(("devnet", 7UL, 13UL, 9UL), (status.Name, status.Height, status.Settled, status.Anchored));
        Assert.Equal((2, "gone", null), (status.Mempool.Records, status.Bitcoin.Problem, status.Bitcoin.Height));
        Assert.Equal("Bitcoin is gone.", Assert.Single(status.Problems));
    }

    [Fact]
    public async Task Peers_are_listed()
    {
        Answers(HttpStatusCode.OK, """{"peers":[{"name":"alpha","peer":"xx","self":true,"connected":true}]}""");
        using NodeClient client = _node.Client();
        Assert.Equal(new NodePeer("alpha", "xx", true, true), Assert.Single(await client.GetPeersAsync(default)));
    }

    [Fact]
    public async Task Evidence_is_asked_for_at_the_right_door()
    {
        _node.Before = (_, _) =>
            new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([1, 2, 3]) };
        using NodeClient client = _node.Client();
        StreamId stream = new(Digest.Of("s"u8));
        RecordId record = new(new byte[64]);
        Assert.Equal([1, 2, 3], await client.GetEvidenceAsync(record, default));
        await client.GetEvidenceAsync(record, EvidenceFormat.Ots, default);
        await client.GetEvidenceAsync(stream, null, null, default);
        await client.GetEvidenceAsync(stream, 3, null, EvidenceFormat.Json, default);
        await client.GetEvidenceAsync(stream, 3, 9, default);
        Assert.Equal(
            [
                $"GET /v1/records/{record}/evidence?format=cbor",
                $"GET /v1/records/{record}/evidence?format=ots",
                $"GET /v1/streams/{stream}/evidence?format=cbor",
                $"GET /v1/streams/{stream}/evidence?format=json&from=3",
                $"GET /v1/streams/{stream}/evidence?format=cbor&from=3&to=9",
            ],
            _node.Requests);
    }

    [Fact]
    public async Task A_problem_document_comes_out_as_an_exception_that_says_what_to_do()
    {
        _node.Before = (_, _) => StubNode.Refusal(StubNode.Of("not-settled", 409));
        using NodeClient client = _node.Client();
        NodeException refused =
            await Assert.ThrowsAsync<NodeException>(() => client.GetEvidenceAsync(new RecordId(new byte[64]), default));
        Assert.Equal((NodeError.Refused, "Title of not-settled. Do this."), (refused.Error, refused.Message));
    }

    [Fact]
    public async Task What_a_node_does_not_hold_is_null_and_not_an_error()
    {
        using NodeClient client = _node.Client();
        Assert.Null(await client.GetRecordAsync(new RecordId(new byte[64]), default));
        Assert.Null(await client.GetStreamAsync(new StreamId(Digest.Zero), default));
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "<html>hello</html>")]
    [InlineData(HttpStatusCode.OK, "null")]
    [InlineData(HttpStatusCode.OK, "{}")]
    [InlineData(HttpStatusCode.OK, """{"chain":null}""")]
    [InlineData(HttpStatusCode.NotFound, "<html>nothing here</html>")]
    [InlineData(HttpStatusCode.NotFound, "{}")]
    [InlineData(HttpStatusCode.Found, "")]
    [InlineData(HttpStatusCode.InternalServerError, "oops")]
    public async Task What_answers_and_is_no_node_is_said_to_be_none(HttpStatusCode status, string body)
    {
        Answers(status, body);
        using NodeClient client = _node.Client();
        NodeException odd = await Assert.ThrowsAsync<NodeException>(() => client.GetStatusAsync(default));
        Assert.Equal(NodeError.Misunderstood, odd.Error);
        Assert.Contains("http://node.test:8080/", odd.Message);
    }

    [Fact]
    public async Task A_node_that_never_answers_is_said_to_be_out_of_reach_after_the_patience()
    {
        _node.Before = (_, _) => throw new HttpRequestException("Connection refused.");
        using NodeClient client = _node.Client(TimeSpan.FromSeconds(2));
        NodeException gone = await Assert.ThrowsAsync<NodeException>(() => client.GetStatusAsync(default));
        Assert.Equal(NodeError.Unreachable, gone.Error);
        Assert.InRange(_node.Requests.Count, 2, 20);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_not_kept_by_a_node_that_is_gone()
    {
        _node.Before = (_, _) => throw new HttpRequestException("Connection refused.");
        using NodeClient client = _node.Client();
        using CancellationTokenSource caller = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetStatusAsync(caller.Token));
    }

    [Theory]
    [InlineData("ftp://node")]
    [InlineData("node:8080/path")]
    [InlineData("/relative")]
    public void An_address_that_is_none_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => new NodeClient(new Uri(address, UriKind.RelativeOrAbsolute)));

    private void Answers(HttpStatusCode status, string body) =>
        _node.Before = (_, _) => new HttpResponseMessage(status) { Content = new StringContent(body) };
}

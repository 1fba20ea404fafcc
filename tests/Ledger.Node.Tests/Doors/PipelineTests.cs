using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Node.Tests.Setting;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>What holds for every request.</summary>
public sealed class PipelineTests
{
    [Theory]
    [InlineData("/v2/records")]
    [InlineData("/v1/records/1/2/3")]
    [InlineData("/favicon.png")]
    [InlineData("/docs")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/openapi/v2.json")]
    public async Task An_unknown_door_is_answered_with_a_problem_document(string address)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        JsonNode problem = await node.RefusedAsync(address, ProblemType.NoSuchDoor);

        Assert.Contains("/docs", problem.Text("detail"));
    }

    [Theory]
    [InlineData("DELETE", "/v1/records", "GET, POST")]
    [InlineData("PUT", "/v1/status", "GET")]
    [InlineData("POST", "/v1/blocks/1", "GET")]
    [InlineData("HEAD", "/v1/events", "GET")]
    public async Task A_wrong_method_is_told_the_right_ones(string method, string address, string allowed)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        HttpResponseMessage response = await node.SendAsync(new HttpMethod(method), address);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
        if (method != "HEAD")
        {
            Assert.Contains(allowed.Split(", ")[0], (await response.ProblemAsync(ProblemType.Method)).Text("detail"));
        }
    }

    [Theory]
    [InlineData("/v1/status")]
    [InlineData("/v1/records")]
    [InlineData("/healthz")]
    public async Task Head_answers_as_get_does_without_the_content(string address)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        HttpResponseMessage head = await node.SendAsync(HttpMethod.Head, address);
        HttpResponseMessage get = await node.SendAsync(HttpMethod.Get, address);

        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/v1/records?befor=3", "befor")]
    [InlineData("/v1/records?limit=1&x", "x")]
    [InlineData("/v1/status?verbose=1", "verbose")]
    [InlineData("/v1/blocks/1?id=2", "id")]
    [InlineData("/healthz?Limit=1", "Limit")]
    public async Task A_parameter_that_the_door_does_not_have_is_refused(string address, string named)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        JsonNode problem = await node.RefusedAsync(address, ProblemType.UnknownParameter);

        Assert.Contains($"'{named}'", problem.Text("detail"));
    }

    [Theory]
    [InlineData("/v1/records?limit=0")]
    [InlineData("/v1/records?limit=201")]
    [InlineData("/v1/records?limit=-1")]
    [InlineData("/v1/records?limit=+1")]
    [InlineData("/v1/records?limit=1e1")]
    [InlineData("/v1/records?limit=%D9%A1")]
    [InlineData("/v1/records?limit=")]
    [InlineData("/v1/records?limit=1&limit=2")]
    [InlineData("/v1/records?before=9007199254740992")]
    [InlineData("/v1/records?before=99999999999999999999999")]
    [InlineData("/v1/blocks?before=x")]
    [InlineData("/v1/blocks/-1")]
    [InlineData("/v1/blocks/zz")]
    [InlineData("/v1/records/12")]
    [InlineData("/v1/streams/12/records")]
    [InlineData("/v1/streams?after=12")]
    [InlineData("/v1/anchors/x")]
    [InlineData("/v1/anchors?before=x")]
    [InlineData("/v1/proofs/inclusion")]
    [InlineData("/v1/proofs/inclusion?leaf=12")]
    [InlineData("/v1/proofs/consistency")]
    [InlineData("/v1/proofs/consistency?from=0")]
    [InlineData("/v1/proofs/consistency?from=2&to=1")]
    [InlineData("/v1/proofs/consistency?from=1&to=99999999")]
    public async Task A_parameter_that_cannot_be_read_is_refused_with_what_is_expected(string address)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        JsonNode problem = await node.RefusedAsync(address, ProblemType.BadParameter);

        Assert.StartsWith("Give '", problem.Text("detail"));
    }

    [Fact]
    public async Task An_address_or_headers_that_are_too_long_are_refused_with_problem_documents()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        string fits = "/v1/status?".PadRight(RequestGuard.AddressBytesMax, 'x');

        await (await node.SendAsync(HttpMethod.Get, fits)).ProblemAsync(ProblemType.UnknownParameter);
        await (await node.SendAsync(HttpMethod.Get, fits + "x")).ProblemAsync(ProblemType.AddressTooLong);
        string most = new('x', RequestGuard.HeaderCharsMax - 500);
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Get, "/v1/status", ("X-Long", most))).StatusCode);
        string more = new('x', RequestGuard.HeaderCharsMax);
        await (await node.SendAsync(HttpMethod.Get, "/v1/status", ("X-Long", more))).ProblemAsync(ProblemType.HeadersTooLarge);
    }

    [Fact]
    public async Task What_is_no_http_or_beyond_all_limits_gets_a_bare_status_and_the_node_lives_on()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] noise = new byte[4_096];
        new Random(7).NextBytes(noise);

        Assert.StartsWith("HTTP/1.1 431", await RawAsync(node, $"GET / HTTP/1.1\r\nHost: x\r\nX: {new string('x', 70_000)}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 414", await RawAsync(node, $"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 400", await RawAsync(node, "GET\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 400", await RawAsync(node, "GET /v1/blocks/%00 HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 400", await RawAsync(node, "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"));
        await RawAsync(node, Encoding.Latin1.GetString(noise) + "\r\n\r\n");
        Assert.Equal("alive\n", await node.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }

    [Fact]
    public async Task A_chunked_body_that_breaks_off_is_refused_and_nothing_is_kept()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        string answer = await RawAsync(
            node, "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");

        Assert.StartsWith("HTTP/1.1 400", answer);
        Assert.Contains(ProblemType.BadRequest.Address, answer);
    }

    [Fact]
    public async Task A_bug_shows_as_a_problem_document_without_its_insides()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(anchors: _ => new Broken(new InvalidOperationException("secret")));

        JsonNode problem = await node.RefusedAsync("/v1/status", ProblemType.Internal);

        Assert.DoesNotContain("secret", problem.ToJsonString());
        Assert.False(node.Failure.Task.IsCompleted);
    }

    [Fact]
    public async Task Damage_that_an_answer_meets_stops_the_node()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(anchors: _ => new Broken(new StoreCorruptException("torn")));

        await node.RefusedAsync("/v1/status", ProblemType.Internal);

        await Assert.ThrowsAsync<StoreCorruptException>(() => node.Failure.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task The_pages_are_served_with_a_policy_that_lets_nothing_else_in()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(pages: Checkout.PathOf("node", "explorer-web"));

        foreach (string address in new[] { "/", "/docs", "/docs/", "/index.html", "/css/base.css", "/js/app.js", "/favicon.svg" })
        {
            HttpResponseMessage response = await node.SendAsync(HttpMethod.Get, address);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(RequestGuard.PagePolicy, Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        }

        Assert.Contains("<title>API", await node.Http.GetStringAsync(new Uri("/docs", UriKind.Relative)));
        await node.RefusedAsync("/js/", ProblemType.NoSuchDoor);
        await node.RefusedAsync("/../README.md", ProblemType.NoSuchDoor);
    }

    /// <summary>The server closes at once on what it refuses, and a reset may overtake the answer: then it is asked again.</summary>
    private static async Task<string> RawAsync(NodeUnderTest node, string request)
    {
        string answer = "";
        for (int attempt = 0; attempt < 20 && answer.Length == 0; attempt++)
        {
            answer = await RawOnceAsync(node, request);
        }

        return answer;
    }

    private static async Task<string> RawOnceAsync(NodeUnderTest node, string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, node.Http.BaseAddress!.Port);
        NetworkStream stream = client.GetStream();
        MemoryStream answer = new();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
            await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (IOException)
        {
            // The server hangs up on what it cannot follow; what it said before counts.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    private sealed class Broken(Exception exception) : IAnchorView
    {
        public BitcoinModel Bitcoin => throw exception;

        public AnchorModel? Anchor(Core.Height batch) => null;

        public AnchorModel? Over(Core.Height block) => null;

        public IReadOnlyList<AnchorModel> Anchors(Core.Height? before, int limit) => [];

        public Runtime.Evidence.AnchorProof? Covering(Core.LogIndex index) => null;
    }
}

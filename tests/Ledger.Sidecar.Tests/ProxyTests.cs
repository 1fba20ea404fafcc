using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Client;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Sidecar.Tests.TestKit;

namespace Ledger.Sidecar.Tests;

/// <summary>
/// A drop-in in front of a chat-completion endpoint: no byte before the intent, an outcome however it ends.
/// </summary>
public sealed class ProxyTests
{
    private const string Path = "/v1/chat/completions";
    private const string Request = """{"model":"sample-model","messages":[{"role":"user","content":"Covered?"}]}""";

    [Fact]
    public async Task An_answer_comes_through_and_is_the_output_of_the_act()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.OK, ModelEndpoint.Message("Water damage is covered.")), (answer.StatusCode, text));
        Assert.Equal(endpoint.Records[1].Id.ToString(), answer.Headers.GetValues("Ledger-Intent").Single());

        CborMap intent = endpoint.Records[1].DecodeBody();
        CborMap outcome = endpoint.Records[2].DecodeBody();
        Assert.Equal("sample-model", ((CborText)((CborMap)intent["model"])["name"]).Value);
        Assert.Equal("executed", ((CborText)outcome["status"]).Value);
        Assert.Equal("sample-model-2026-05", ((CborText)outcome["reported"]).Value);
        AssertKept(endpoint, intent["input"], Request);
        AssertKept(endpoint, outcome["output"], text);
        Arrival arrival = Assert.Single(endpoint.Model.Arrivals);
        Assert.Equal(Request, Encoding.UTF8.GetString(arrival.Body));
        Assert.Empty(endpoint.TooEarly());
    }

    [Fact]
    public async Task The_model_sees_no_byte_and_no_connection_while_the_intent_waits_for_the_disk()
    {
        using ManualResetEventSlim disk = new(initialState: true);
        ScriptedDisk scripted = new();
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(scripted);
        scripted.Refuse = (call, path) =>
        {
            _ = call == "sync" && path == endpoint.Chain && disk.Wait(TimeSpan.FromSeconds(60));
            return null;
        };
        disk.Reset();
        Task<HttpResponseMessage> answer = PostAsync(endpoint, Request);
        await Eventually.TrueAsync(() => endpoint.Records.Length == 2, "the intent is written");
        await Task.Delay(200);
        Assert.Equal(0, endpoint.Model.Connections);
        disk.Set();
        using HttpResponseMessage came = await answer;
        Assert.Equal(HttpStatusCode.OK, came.StatusCode);
        Assert.Equal(1, endpoint.Model.Connections);
    }

    [Fact]
    public async Task A_stream_comes_piece_by_piece_and_its_end_only_with_the_outcome()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        TaskCompletionSource more = new();
        int pieces = 0;
        endpoint.Model.Answer = static _ => ModelEndpoint.Streamed("Water ", "damage");
        endpoint.Model.BetweenPieces = () => pieces++ == 0 ? Task.CompletedTask : more.Task;
        using HttpRequestMessage request = new(HttpMethod.Post, Path) { Content = Json(Request) };
        using HttpResponseMessage answer =
            await endpoint.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader stream = new(await answer.Content.ReadAsStreamAsync());
        Assert.Contains("Water", await stream.ReadLineAsync());
        Assert.Equal(2, endpoint.Records.Length);
        more.SetResult();
        Assert.Contains("[DONE]", await stream.ReadToEndAsync());
        Assert.Equal(3, endpoint.Records.Length);
        Assert.Equal("executed", endpoint.LastStatus);
        Assert.Equal("sample-model-2026-05", ((CborText)endpoint.Records[2].DecodeBody()["reported"]).Value);
    }

    [Theory]
    [InlineData("content_filter", "blocked")]
    [InlineData("stop", "executed")]
    public async Task What_a_filter_stopped_is_blocked(string finish, string status)
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        endpoint.Model.Answer = _ => ModelEndpoint.Whole(200, ModelEndpoint.Message("x", finish));
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        Assert.Equal(status, endpoint.LastStatus);
    }

    [Fact]
    public async Task What_the_model_declined_is_refused()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        endpoint.Model.Answer = _ => ModelEndpoint.Whole(200, """{"choices":[{"message":{"refusal":"I cannot."}}]}""");
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        Assert.Equal("refused", endpoint.LastStatus);
    }

    [Fact]
    public async Task An_error_of_the_upstream_comes_through_and_the_act_has_failed()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        endpoint.Model.Answer = _ => ModelEndpoint.Whole(429, """{"error":"slow down"}""");
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        Assert.Equal((HttpStatusCode)429, answer.StatusCode);
        Assert.Equal("""{"error":"slow down"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("failed", endpoint.LastStatus);
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_a_failed_act_and_a_problem()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(
            configure: options => options with { Upstream = new Uri("http://127.0.0.1:1") });
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        await AssertProblemAsync(answer, HttpStatusCode.BadGateway, "upstream-failed");
        Assert.Equal("failed", endpoint.LastStatus);
    }

    [Fact]
    public async Task An_upstream_that_is_too_slow_is_timed_out()
    {
        await using GuardedEndpoint endpoint =
            await GuardedEndpoint.StartAsync(guard: new GuardOptions { Timeout = TimeSpan.FromMilliseconds(300) });
        TaskCompletionSource never = new();
        endpoint.Model.Answer = _ => ["", "late"];
        endpoint.Model.BetweenPieces = () => never.Task;
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        await AssertProblemAsync(answer, HttpStatusCode.GatewayTimeout, "upstream-late");
        Assert.Equal("timed-out", endpoint.LastStatus);
        never.SetResult();
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_cut_for_the_caller_too_and_what_came_is_kept()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        endpoint.Model.Answer = static _ => [.. ModelEndpoint.Streamed("Water ", "damage").Take(2), ""];
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => PostAsync(endpoint, Request));
        await Eventually.TrueAsync(() => endpoint.Records.Length == 3, "the outcome is sealed");
        Assert.Equal("failed", endpoint.LastStatus);
        Assert.Single((CborArray)endpoint.Records[2].DecodeBody()["output"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_beyond_the_limit_is_not_passed_on(bool streams)
    {
        await using GuardedEndpoint endpoint =
            await GuardedEndpoint.StartAsync(configure: options => options with { AnswerBytesMax = 2_000 });
        string words = new('w', 1_500);
        endpoint.Model.Answer = _ => streams
            ? ModelEndpoint.Streamed(words, words)
            : ModelEndpoint.Whole(200, ModelEndpoint.Message(words + words));
        try
        {
            using HttpResponseMessage answer = await PostAsync(endpoint, Request);
            await AssertProblemAsync(answer, HttpStatusCode.BadGateway, "upstream-failed");
        }
        catch (HttpRequestException) when (streams)
        {
            // Its first piece went on before the second came: then it is cut.
        }

        await Eventually.TrueAsync(() => endpoint.Records.Length == 3, "the outcome is sealed");
        Assert.Equal("blocked", endpoint.LastStatus);
    }

    [Fact]
    public async Task A_caller_who_goes_away_leaves_the_act_abandoned()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        TaskCompletionSource never = new();
        endpoint.Model.Answer = static _ => ModelEndpoint.Streamed("Water ", "damage");
        endpoint.Model.BetweenPieces = () => never.Task;
        using (TcpClient caller = new())
        {
            await caller.ConnectAsync(endpoint.Address.Host, endpoint.Address.Port);
            await caller.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
                $"POST {Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {Request.Length}\r\n\r\n{Request}"));
            await Eventually.TrueAsync(() => endpoint.Model.Arrivals.Length == 1, "the request arrives");
        }

        await Eventually.TrueAsync(() => endpoint.Records.Length == 3, "the outcome is sealed");
        Assert.Equal("abandoned", endpoint.LastStatus);
        never.SetResult();
    }

    [Fact]
    public async Task A_full_disk_refuses_the_request_and_the_model_sees_nothing()
    {
        ScriptedDisk disk = new();
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(disk);
        disk.Refuse = (call, path) => call == "write" && path == endpoint.Chain ? ScriptedDisk.Full : null;
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        await AssertProblemAsync(answer, HttpStatusCode.InsufficientStorage, "not-durable");
        Assert.Equal(0, endpoint.Model.Connections);
        disk.Refuse = (_, _) => null;
        using HttpResponseMessage again = await PostAsync(endpoint, Request);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task A_request_of_any_method_has_an_intent_and_secrets_and_names_stay_out_of_the_chain()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models?q=%2F");
        request.Headers.Add("Authorization", "Bearer secret-token");
        request.Headers.Add("Ledger-Actor", "Anna Beispiel");
        using HttpResponseMessage answer = await endpoint.Http.SendAsync(request);
        Arrival arrival = Assert.Single(endpoint.Model.Arrivals);
        Assert.Equal("GET /v1/models?q=%2F HTTP/1.1", arrival.FirstLine);
        Assert.Contains("Authorization: Bearer secret-token", arrival.Head);
        Assert.DoesNotContain("Ledger-Actor", arrival.Head);
        Assert.Empty(endpoint.TooEarly());
        string chain = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(endpoint.Chain));
        Assert.DoesNotContain("secret-token", chain);
        Assert.DoesNotContain("Anna", chain);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_is_refused_before_anything_is_sealed()
    {
        await using GuardedEndpoint endpoint =
            await GuardedEndpoint.StartAsync(configure: options => options with { RequestBytesMax = 2_000 });
        using HttpResponseMessage answer = await PostAsync(endpoint, new string('x', 2_001));
        await AssertProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "too-large");
        Assert.Single(endpoint.Records);
    }

    [Fact]
    public async Task Many_requests_at_once_all_come_after_their_intents()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using HttpResponseMessage answer = await PostAsync(endpoint, Request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }));
        Assert.Equal(50, endpoint.Model.Arrivals.Length);
        Assert.Empty(endpoint.TooEarly());
        Assert.Equal(50, endpoint.Records.Count(record => record.Kind == RecordKind.Outcome));
    }

    /// <summary>The switch: on a disk that only says it syncs, every request comes too early.</summary>
    [Fact]
    public async Task On_a_disk_that_only_says_it_syncs_requests_come_too_early()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(new ScriptedDisk { Syncs = false });
        using HttpResponseMessage answer = await PostAsync(endpoint, Request);
        Assert.Single(endpoint.TooEarly());
    }

    internal static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string type)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains($"\"type\":\"urn:ledger:problem:{type}\"", text);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<HttpResponseMessage> PostAsync(GuardedEndpoint endpoint, string body)
    {
        using StringContent content = Json(body);
        return await endpoint.Http.PostAsync(Path, content);
    }

    private static void AssertKept(GuardedEndpoint endpoint, CborValue commitments, string content)
    {
        Commitment commitment = Commitment.From((CborMap)((CborArray)commitments)[0]);
        Assert.True(endpoint.Vault.TryOpen(commitment.Hash, out byte[] salt, out byte[] kept));
        Assert.Equal(content, Encoding.UTF8.GetString(kept));
        Assert.True(commitment.Opens(salt, kept));
        Assert.Equal("application/json", commitment.Type);
    }
}

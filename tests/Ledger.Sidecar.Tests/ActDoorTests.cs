using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ledger.Client;
using Ledger.Core.Cbor;
using Ledger.Sidecar.Hosting;
using Ledger.Sidecar.Tests.TestKit;

namespace Ledger.Sidecar.Tests;

/// <summary>The doors for programs of any language that run their acts themselves.</summary>
public sealed class ActDoorTests
{
    private const string Intent =
        """{"action":"assess","model":{"name":"m","version":"1"},"input":[{"json":{"amount":420}}],"target":"c"}""";

    [Fact]
    public async Task An_intent_is_answered_once_it_is_durable_and_its_outcome_closes_the_act()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(proxies: false);
        string intent = await BeginAsync(endpoint);
        Assert.Equal(new FileInfo(endpoint.Chain).Length, endpoint.Disk.DurableBytes(endpoint.Chain));
        Assert.Equal(endpoint.Records[1].Id.ToString(), intent);
        using HttpResponseMessage ended = await OutcomeAsync(
            endpoint, $$"""{"intent":"{{intent}}","status":"blocked","output":[{"text":"no"}],"reported":"m-7"}""");
        Assert.Equal(HttpStatusCode.Created, ended.StatusCode);
        CborMap outcome = endpoint.Records[2].DecodeBody();
        Assert.Equal("blocked", endpoint.LastStatus);
        Assert.Equal("m-7", ((CborText)outcome["reported"]).Value);
        Assert.Single((CborArray)outcome["output"]);

        string id = (await ended.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outcome").GetString()!;
        using HttpResponseMessage again =
            await OutcomeAsync(endpoint, $$"""{"intent":"{{intent}}","status":"executed"}""");
        await ProxyTests.AssertProblemAsync(again, HttpStatusCode.Conflict, "outcome-stands");
        Assert.Contains(id, await again.Content.ReadAsStringAsync());
        Assert.Equal(3, endpoint.Records.Length);
    }

    [Theory]
    [InlineData("""{"action":"a","input":[{"text":"x"}]}""", "'model' is missing")]
    [InlineData("""{"model":{"name":"m","version":"1"}}""", "input")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[]}""", "at least one input")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{}]}""", "exactly one of")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"text":"a","base64":"YQ=="}]}""", "exactly one of")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"base64":"%"}]}""", "no base64")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"text":"a"}],"wrong":1}""", "wrong")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"text":"a"}],"deadlineMs":0}""", "deadlineMs")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"text":"a"}],"causes":["x"]}""", "causes")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"text":"a"}],"goAhead":"settled"}""", "Only a node")]
    [InlineData("""{"model":{"name":"m","version":"1"},"input":[{"text":"a"}],"goAhead":"soon"}""", "goAhead")]
    [InlineData("""[]""", "The body is not")]
    [InlineData("null", "not null")]
    public async Task An_intent_that_cannot_be_read_is_refused_with_what_to_do(string body, string detail)
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(proxies: false);
        using (HttpResponseMessage sound = await PostAsync(endpoint, "/intent", Intent))
        {
            Assert.Equal(HttpStatusCode.Created, sound.StatusCode);
        }

        using HttpResponseMessage answer = await PostAsync(endpoint, "/intent", body);
        await ProxyTests.AssertProblemAsync(answer, HttpStatusCode.BadRequest, "bad-request");
        Assert.Contains(detail, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement
            .GetProperty("detail").GetString());
        Assert.Equal(2, endpoint.Records.Length);
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_taken_leaves_the_act_open_for_a_better_one()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(proxies: false);
        string intent = await BeginAsync(endpoint);
        string far = new('x', 300);
        foreach (string body in new[]
        {
            $$"""{"intent":"{{intent}}","status":"done"}""",
            $$"""{"intent":"{{intent}}","status":"executed","reported":"{{far}}"}""",
            $$"""{"intent":"{{intent}}","status":"executed","output":[{}]}""",
            $$"""{"intent":"{{intent[1..]}}","status":"executed"}""",
        })
        {
            using HttpResponseMessage refused = await OutcomeAsync(endpoint, body);
            await ProxyTests.AssertProblemAsync(refused, HttpStatusCode.BadRequest, "bad-request");
        }

        string unknown = new('0', 128);
        using HttpResponseMessage stranger =
            await OutcomeAsync(endpoint, $$"""{"intent":"{{unknown}}","status":"executed"}""");
        await ProxyTests.AssertProblemAsync(stranger, HttpStatusCode.NotFound, "unknown-intent");
        using HttpResponseMessage ended =
            await OutcomeAsync(endpoint, $$"""{"intent":"{{intent}}","status":"executed"}""");
        Assert.Equal(HttpStatusCode.Created, ended.StatusCode);
    }

    [Fact]
    public async Task An_act_beyond_its_deadline_is_closed_as_timed_out()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(proxies: false);
        await BeginAsync(
            endpoint, Intent.Replace("\"target\"", "\"deadlineMs\":100,\"target\"", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => endpoint.Records.Length == 3, "the act is closed");
        Assert.Equal("timed-out", endpoint.LastStatus);
    }

    [Fact]
    public async Task Acts_that_are_open_when_the_sidecar_stops_are_abandoned()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(proxies: false);
        await BeginAsync(endpoint);
        await endpoint.StopAsync();
        Assert.Equal("abandoned", endpoint.LastStatus);
    }

    [Fact]
    public async Task One_act_too_many_is_refused_with_when_to_come_again()
    {
        await using GuardedEndpoint endpoint =
            await GuardedEndpoint.StartAsync(guard: new GuardOptions { ActsMax = 1 }, proxies: false);
        await BeginAsync(endpoint);
        using HttpResponseMessage busy = await PostAsync(endpoint, "/intent", Intent);
        await ProxyTests.AssertProblemAsync(busy, HttpStatusCode.ServiceUnavailable, "busy");
        Assert.Equal(TimeSpan.FromSeconds(1), busy.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task What_a_page_of_another_site_could_send_is_refused()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        using StringContent form = new(Intent, Encoding.UTF8, "text/plain");
        using HttpResponseMessage unasked = await endpoint.Http.PostAsync("/intent", form);
        await ProxyTests.AssertProblemAsync(unasked, HttpStatusCode.UnsupportedMediaType, "media-type");
        foreach ((string name, string value) in new[] { ("Origin", "https://evil.example"), ("Host", "evil.example") })
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions");
            request.Headers.TryAddWithoutValidation(name, value);
            using HttpResponseMessage foreign = await endpoint.Http.SendAsync(request);
            await ProxyTests.AssertProblemAsync(foreign, HttpStatusCode.Forbidden, "foreign-origin");
        }

        Assert.Single(endpoint.Records);
        Assert.Empty(endpoint.Model.Arrivals);
    }

    [Fact]
    public async Task Without_an_upstream_there_are_no_other_doors()
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(proxies: false);
        using HttpResponseMessage none = await PostAsync(endpoint, "/v1/chat/completions", "{}");
        await ProxyTests.AssertProblemAsync(none, HttpStatusCode.NotFound, "no-such-door");
        Assert.Equal("ok\n", await endpoint.Http.GetStringAsync("/healthz"));
        JsonElement status = await endpoint.Http.GetFromJsonAsync<JsonElement>("/status");
        Assert.Equal(1, status.GetProperty("sealed").GetInt32());
    }

    [Fact]
    public async Task A_model_whose_description_or_files_changed_lets_no_act_run_until_it_is_attested()
    {
        using TempFolder folder = new();
        await File.WriteAllTextAsync(folder.Of("prompt.txt"), "You assess claims.");
        string description = folder.Of("model.json");
        await File.WriteAllTextAsync(
            description, """{"name":"m","version":"1","prompt":{"file":"prompt.txt"},"corpus":{"text":"2026-06"}}""");
        ModelFile model = ModelFile.Load(description);
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(
            configure: options => options with { Model = model }, guard: new GuardOptions());
        using (HttpResponseMessage sound = await PostAsync(endpoint, "/v1/chat/completions", "{}"))
        {
            Assert.Equal(HttpStatusCode.OK, sound.StatusCode);
        }

        await File.WriteAllTextAsync(folder.Of("prompt.txt"), "You approve claims.");
        using HttpResponseMessage prompt = await PostAsync(endpoint, "/v1/chat/completions", "{}");
        await ProxyTests.AssertProblemAsync(prompt, HttpStatusCode.Conflict, "model-changed");
        Assert.Contains("prompt", await prompt.Content.ReadAsStringAsync());
        await File.WriteAllTextAsync(folder.Of("prompt.txt"), "You assess claims.");
        await File.WriteAllTextAsync(
            description, """{"name":"m","version":"1","prompt":{"file":"prompt.txt"},"corpus":{"text":"2026-07"}}""");
        using HttpResponseMessage corpus = await PostAsync(
            endpoint, "/intent", """{"input":[{"text":"x"}]}""");
        await ProxyTests.AssertProblemAsync(corpus, HttpStatusCode.Conflict, "model-changed");
        Assert.Contains("corpus", await corpus.Content.ReadAsStringAsync());
        Assert.Single(endpoint.Model.Arrivals);
    }

    private static async Task<string> BeginAsync(GuardedEndpoint endpoint, string body = Intent)
    {
        using HttpResponseMessage answer = await PostAsync(endpoint, "/intent", body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        JsonElement begun = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("sealed", begun.GetProperty("state").GetString());
        return begun.GetProperty("intent").GetString()!;
    }

    private static Task<HttpResponseMessage> OutcomeAsync(GuardedEndpoint endpoint, string body) =>
        PostAsync(endpoint, "/outcome", body);

    private static async Task<HttpResponseMessage> PostAsync(GuardedEndpoint endpoint, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        return await endpoint.Http.PostAsync(path, content);
    }
}

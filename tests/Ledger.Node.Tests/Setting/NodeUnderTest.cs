using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Ledger.Core.Chain;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Ledger.Node.Hosting;
using Ledger.Runtime;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Roots;
using Ledger.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Node.Tests.Setting;

/// <summary>
/// A node in this process, behind its real HTTP server on a free port. Every answer to <see cref="Http"/> is held against
/// what the API description promises, so each test of a door is also a test of its description.
/// </summary>
internal sealed class NodeUnderTest : IAsyncDisposable
{
    private readonly IStore _store;
    private readonly RootDriver _roots;

    private NodeUnderTest(
        IStore store, LedgerNode node, RootDriver roots, WebApplication app, NodeFailure failure, HttpClient http)
    {
        _store = store;
        _roots = roots;
        Node = node;
        App = app;
        Failure = failure;
        Http = http;
    }

    public LedgerNode Node { get; }

    public WebApplication App { get; }

    public NodeFailure Failure { get; }

    public HttpClient Http { get; }

    public static async Task<NodeUnderTest> StartAsync(
        IStore? store = null, GenesisDocument? genesis = null, Func<LedgerNode, IAnchorView>? anchors = null, string? pages = null,
        long evidenceBytesMax = EvidenceBuilder.RecordBytesMax, RootLimits? rootLimits = null, string? publicUrl = null)
    {
        store ??= new MemoryStore();
        NodeSettings settings = new() { Name = "alpha", VoteKey = TestNetwork.VoteKey, StreamKey = TestNetwork.StreamKey };
        LedgerNode node = new(settings, genesis ?? TestNetwork.Genesis, store, TimeProvider.System, new OperatingSystemRandomness());
        NodeFailure failure = new();
        NodeReader reader = new(node, anchors?.Invoke(node) ?? new NoAnchorView(), evidenceBytesMax: evidenceBytesMax);
        RootDriver roots = new(node, TimeProvider.System, rootLimits);
        reader.Roots = new RootReader(reader, roots, TimeProvider.System, publicUrl, anchors is not null);
        WebApplication app = NodeHost.Build(reader, failure, new IPEndPoint(IPAddress.Loopback, 0), pages);
        node.Start();
        await node.Started;
        roots.Start();
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        ApiContract contract = new(JsonNode.Parse(await app.Services.GetRequiredService<ApiDescription>().BytesAsync())!);
        HttpClient http = new(new ContractHandler(contract)) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(100) };
        return new NodeUnderTest(store, node, roots, app, failure, http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        await App.DisposeAsync();
        await _roots.DisposeAsync();
        await Node.DisposeAsync();
        _store.Dispose();
    }

    public Task<HttpResponseMessage> SubmitAsync(byte[] record, string query = "") => PostAsync(record, SubmitDoor.One, query);

    public Task<HttpResponseMessage> SubmitAsync(IEnumerable<byte[]> records, string query = "") =>
        PostAsync([.. records.SelectMany(record => record)], SubmitDoor.Many, query);

    public async Task<HttpResponseMessage> PostAsync(byte[] body, string? mediaType, string query = "")
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return await Http.PostAsync(new Uri($"/v1/records{query}", UriKind.Relative), content);
    }

    /// <summary>The receipts of records that settle.</summary>
    public async Task<JsonNode[]> SettleAsync(params byte[][] records)
    {
        HttpResponseMessage response = await SubmitAsync(records, "?wait=settled");
        JsonNode answer = await response.JsonAsync(201);
        return [.. answer["receipts"]!.AsArray().Select(receipt => receipt!)];
    }

    public async Task<JsonNode> GetAsync(string address, int status = 200) =>
        await (await Http.GetAsync(new Uri(address, UriKind.Relative))).JsonAsync(status);

    /// <summary>The problem document that a GET is answered with.</summary>
    public async Task<JsonNode> RefusedAsync(string address, ProblemType type) =>
        await (await Http.GetAsync(new Uri(address, UriKind.Relative))).ProblemAsync(type);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, params (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = new(method, new Uri(address, UriKind.Relative));
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsAsync(string address, string accept) =>
        SendAsync(HttpMethod.Get, address, ("Accept", accept));
}

internal static class Answers
{
    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response, int status)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    public static async Task<JsonNode> ProblemAsync(this HttpResponseMessage response, ProblemType type)
    {
        JsonNode problem = await response.JsonAsync(type.Status);
        Assert.Equal(type.Address, (string?)problem["type"]);
        return problem;
    }

    public static string Text(this JsonNode node, string member) => (string)node[member]!;

    public static ulong Number(this JsonNode node, string member) => (ulong)node[member]!;
}

using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Ledger.Node.Doors;

namespace Ledger.Node.Tests.Processes;

/// <summary>Plain HTTP to a node's program, as any integrator would send it.</summary>
internal sealed class NodeClient(Uri address) : IDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(70) };

    public async Task<int> SubmitAsync(byte[] record, string query)
    {
        using HttpResponseMessage response = await PostAsync(record, query);
        return (int)response.StatusCode;
    }

    /// <summary>The state on the receipt; null if the answer is not one of success.</summary>
    public async Task<string?> StateAsync(byte[] record, string query)
    {
        using HttpResponseMessage response = await PostAsync(record, query);
        return response.IsSuccessStatusCode
            ? (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["receipts"]![0]!["state"]
            : null;
    }

    public async Task<JsonNode> GetAsync(string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public void Dispose() => Http.Dispose();

    private async Task<HttpResponseMessage> PostAsync(byte[] record, string query)
    {
        using ByteArrayContent content = new(record);
        content.Headers.ContentType = new MediaTypeHeaderValue(SubmitDoor.One);
        return await Http.PostAsync(new Uri($"/v1/records{query}", UriKind.Relative), content);
    }
}

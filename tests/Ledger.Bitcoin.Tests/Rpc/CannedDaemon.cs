using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Bitcoin.Rpc;

namespace Ledger.Bitcoin.Tests.Rpc;

/// <summary>A Bitcoin node that says whatever the test wants and writes down what it was asked.</summary>
internal sealed class CannedDaemon(Func<JsonNode, HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public List<JsonNode> Asked { get; } = [];

    public List<Uri> Addresses { get; } = [];

    public List<string> Logins { get; } = [];

    /// <summary>Answers every call with one result.</summary>
    public static CannedDaemon Result(string json) => new((call, _) => Envelope(call, json, "null"));

    /// <summary>Answers every call with one error, under the status that Bitcoin Core uses for errors.</summary>
    public static CannedDaemon Error(int code, string message) => new((call, _) =>
        Envelope(
            call,
            "null",
            new JsonObject { ["code"] = code, ["message"] = message }.ToJsonString(),
            HttpStatusCode.InternalServerError));

    /// <summary>Answers every call with these bytes.</summary>
    public static CannedDaemon Body(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new((_, _) => new HttpResponseMessage(status) { Content = new StringContent(body) });

    public static HttpResponseMessage Envelope(
        JsonNode call,
        string result,
        string error,
        HttpStatusCode status = HttpStatusCode.OK) => new(status)
        {
            Content = new StringContent($$"""{"result":{{result}},"error":{{error}},"id":{{call["id"]}}}"""),
        };

    public BitcoinRpc Open(RpcCredentials? credentials = null, TimeSpan? timeOut = null) => new(
        new BitcoinRpcOptions
        {
            Address = new Uri("http://127.0.0.1:1/"),
            Credentials = credentials ?? new RpcCredentials.Password("user", "secret"),
            Wallet = "w/ä",
            TimeOut = timeOut ?? TimeSpan.FromSeconds(10),
        },
        this);

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        JsonNode call = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        Asked.Add(call);
        Addresses.Add(request.RequestUri!);
        Logins.Add(Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization!.Parameter!)));
        return answer(call, request);
    }
}

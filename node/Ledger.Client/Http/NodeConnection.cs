using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ledger.Client.Http;

/// <summary>An answer that came, good or bad.</summary>
internal sealed record NodeAnswer(HttpStatusCode Status, byte[] Body, TimeSpan? RetryAfter)
{
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>What trying again later may mend.</summary>
    public bool IsPassing => Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway
        or HttpStatusCode.GatewayTimeout or HttpStatusCode.TooManyRequests;
}

/// <summary>Requests to one node, tried again where that may help: all of them may be repeated without harm.</summary>
internal sealed class NodeConnection : IDisposable
{
    /// <summary>The largest evidence file that is fetched.</summary>
    private const long AnswerBytesMax = 1L << 30;

    private readonly HttpClient _http;
    private readonly NodeClientOptions _options;

    public NodeConnection(Uri node, NodeClientOptions options)
    {
        if (!node.IsAbsoluteUri || (node.Scheme != Uri.UriSchemeHttp && node.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"A node's address is like http://127.0.0.1:8080, not {node}.", nameof(node));
        }

        _options = options;
        _http = new HttpClient(options.Handler ?? new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(node.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = options.AnswerTimeout,
            MaxResponseContentBufferSize = AnswerBytesMax,
        };
    }

    public Uri Node => _http.BaseAddress!;

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// One answer, or an exception that says why there is none. Answers that may mend by waiting are waited out.
    /// </summary>
    /// <param name="query">Path and query, relative.</param>
    public async Task<NodeAnswer> AskAsync(
        HttpMethod method,
        string query,
        string? accept,
        (ReadOnlyMemory<byte> Bytes, string Type)? body,
        TimeSpan patience,
        CancellationToken cancellation)
    {
        Backoff backoff = new(patience, _options.Clock);
        while (true)
        {
            NodeAnswer? answer = null;
            Exception? trouble = null;
            try
            {
                answer = await SendAsync(method, query, accept, body, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException
                && !cancellation.IsCancellationRequested)
            {
                trouble = e;
            }

            if (answer is { IsPassing: false })
            {
                return answer;
            }

            if (!await backoff.TryWaitAsync(answer?.RetryAfter, cancellation).ConfigureAwait(false))
            {
                return answer ?? throw new NodeException(
                    NodeError.Unreachable,
                    $"The node at {Node} does not answer: {trouble!.Message} Check the address and whether it runs, "
                        + "then try again.",
                    inner: trouble);
            }
        }
    }

    /// <summary>A JSON answer; null where the node says that there is no such thing.</summary>
    public async Task<T?> GetAsync<T>(
        string query, JsonTypeInfo<T> type, TimeSpan patience, CancellationToken cancellation)
        where T : class
    {
        NodeAnswer answer = await AskAsync(HttpMethod.Get, query, "application/json", null, patience, cancellation)
            .ConfigureAwait(false);
        return answer.Succeeded ? Read(answer, type)
            : answer.Status == HttpStatusCode.NotFound && IsNotFound(answer) ? null
            : throw Refusal(answer);
    }

    /// <summary>Reads an answer in the shape that was asked for.</summary>
    public T Read<T>(NodeAnswer answer, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new NodeException(
                NodeError.Misunderstood,
                $"What answers at {Node} is no Ledger node, or one of another version: {e.Message}",
                inner: e);
        }
    }

    /// <summary>The problem document of an answer that is none of success.</summary>
    public NodeException Refusal(NodeAnswer answer)
    {
        try
        {
            if (JsonSerializer.Deserialize(answer.Body, NodeJson.Default.NodeProblem) is { } problem)
            {
                return NodeException.Refused(problem);
            }
        }
        catch (JsonException)
        {
            // No problem document: said below.
        }

        return new NodeException(
            NodeError.Misunderstood,
            $"What answers at {Node} says {(int)answer.Status} without a reason: it may be no Ledger node. Check the "
                + "address.");
    }

    /// <summary>Whether a 404 is a node's word on a thing, rather than a web server's on a path.</summary>
    private bool IsNotFound(NodeAnswer answer) => Refusal(answer).Problem?.Type == "urn:ledger:problem:not-found";

    private async Task<NodeAnswer> SendAsync(
        HttpMethod method,
        string query,
        string? accept,
        (ReadOnlyMemory<byte> Bytes, string Type)? body,
        CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, query);
        if (accept is not null)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        }

        if (body is { } content)
        {
            request.Content = new ReadOnlyMemoryContent(content.Bytes);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(content.Type);
        }

        using HttpResponseMessage response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        return new NodeAnswer(response.StatusCode, bytes, response.Headers.RetryAfter?.Delta);
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ledger.Bitcoin.Rpc;

/// <summary>One JSON-RPC exchange: bounded in time and in bytes, every failure a value. Thread-safe.</summary>
internal sealed class RpcTransport : IDisposable
{
    private readonly BitcoinRpcOptions _options;
    private readonly HttpClient _http;
    private volatile string? _authorization;
    private long _lastId;

    public RpcTransport(BitcoinRpcOptions options, HttpMessageHandler? handler = null)
    {
        _options = options;
        handler ??= new SocketsHttpHandler
        {
            MaxConnectionsPerServer = options.Connections,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15), // below the daemon's own 30 s (rpcservertimeout)
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Sends one call; on a refused login the credentials are read anew and the call is sent once more.
    /// </summary>
    /// <param name="path">Below the address: empty, or <c>wallet/NAME</c>.</param>
    public async Task<BitcoinResult<JsonElement>> CallAsync(RpcCall call, string path, CancellationToken stop)
    {
        string? known = _authorization;
        BitcoinResult<JsonElement> result = await CallOnceAsync(call, path, known ?? ReadCredentials(), stop);
        bool stale = known is not null && result.Error is { Kind: BitcoinErrorKind.Unauthorized };
        return stale ? await CallOnceAsync(call, path, ReadCredentials(), stop) : result;
    }

    private string? ReadCredentials()
    {
        string? pair = _options.Credentials.Read();
        return _authorization = pair is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
    }

    private async Task<BitcoinResult<JsonElement>> CallOnceAsync(
        RpcCall call,
        string path,
        string? authorization,
        CancellationToken stop)
    {
        if (authorization is null)
        {
            return new BitcoinError(
                BitcoinErrorKind.Unauthorized, call.Method, "The cookie file of the Bitcoin node cannot be read.");
        }

        TimeSpan limit = call.Long ? _options.LongTimeOut : _options.TimeOut;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(limit);
        long id = Interlocked.Increment(ref _lastId);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_options.Address, path));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", authorization);
            request.Content = new ByteArrayContent(call.Encode(id));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage response =
                await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            (byte[] body, bool whole) = await ReadAsync(response.Content, call.ReplyBytes, deadline.Token);
            return whole
                ? RpcReply.Read(call.Method, id, response.StatusCode, body)
                : new BitcoinError(
                    BitcoinErrorKind.ReplyTooLarge, call.Method, $"The answer exceeds {call.ReplyBytes} bytes.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new BitcoinError(
                BitcoinErrorKind.TimedOut, call.Method, $"No answer within {limit.TotalSeconds:0.###} seconds.");
        }
        catch (Exception trouble) when (trouble is HttpRequestException or IOException)
        {
            return new BitcoinError(
                BitcoinErrorKind.Unreachable, call.Method, $"No Bitcoin node at {_options.Address}: {trouble.Message}");
        }
    }

    private static async Task<(byte[] Body, bool Whole)> ReadAsync(
        HttpContent content,
        int limit,
        CancellationToken stop)
    {
        if (content.Headers.ContentLength > limit)
        {
            return ([], false);
        }

        using Stream stream = await content.ReadAsStreamAsync(stop);
        using var body = new MemoryStream();
        byte[] chunk = new byte[16_384];
        for (int read; (read = await stream.ReadAsync(chunk, stop)) > 0;)
        {
            if (body.Length + read > limit)
            {
                return ([], false);
            }

            body.Write(chunk, 0, read);
        }

        return (body.ToArray(), true);
    }
}

/// <summary>What is asked, and how much of an answer it can need.</summary>
internal sealed record RpcCall(string Method, JsonArray Arguments)
{
    /// <summary>A mebibyte holds every answer but a block.</summary>
    public int ReplyBytes { get; init; } = 1 << 20;

    /// <summary>Whether the long time-out applies.</summary>
    public bool Long { get; init; }

    public byte[] Encode(long id) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["jsonrpc"] = "1.0", // 2.0 is answered differently by older and newer daemons
        ["id"] = id,
        ["method"] = Method,
        ["params"] = Arguments.DeepClone(),
    });
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ledger.Sidecar.Tests.TestKit;

/// <summary>A request as it arrived.</summary>
/// <param name="DurableBytes">How much of the chain would have survived a power cut when its first byte came.</param>
/// <param name="Intent">What the guard sent along; null if nothing.</param>
internal sealed record Arrival(long DurableBytes, string FirstLine, string? Intent, string Head, byte[] Body);

/// <summary>
/// A local stand-in of a chat-completion endpoint, down at the socket: it takes note of how much of the chain is
/// durable at the very first byte of each request, before it knows what it is.
/// </summary>
internal sealed class ModelEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<long> _durableBytes;
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private readonly Task _loop;
    private int _connections;

    public ModelEndpoint(Func<long> durableBytes)
    {
        _durableBytes = durableBytes;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public Arrival[] Arrivals => [.. _arrivals];

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>
    /// Pieces of an answer from its status line on. An answer that is to be cut ends without its last piece.
    /// </summary>
    public Func<Arrival, IEnumerable<string>> Answer { get; set; } = Chat;

    /// <summary>Awaited before the second and each further piece.</summary>
    public Func<Task> BetweenPieces { get; set; } = static () => Task.CompletedTask;

    /// <summary>As the endpoint it stands in for: one document, or a stream where the request asks for one.</summary>
    public static IEnumerable<string> Chat(Arrival arrival) =>
        Encoding.UTF8.GetString(arrival.Body).Replace(" ", "", StringComparison.Ordinal).Contains("\"stream\":true")
            ? Streamed("Water damage ", "is covered.")
            : Whole(200, Message("Water damage is covered."));

    public static string Message(string text, string finish = "stop") =>
        $$"""{"model":"sample-model-2026-05","choices":"""
        + $$"""[{"message":{"content":"{{text}}"},"finish_reason":"{{finish}}"}]}""";

    public static string[] Whole(int status, string json, string type = "application/json") =>
    [
        $"HTTP/1.1 {status} Status\r\nContent-Type: {type}\r\nContent-Length: {json.Length}\r\n\r\n{json}",
    ];

    public static IEnumerable<string> Streamed(params string[] words)
    {
        yield return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        foreach (string word in words)
        {
            string delta =
                $$$"""{"model":"sample-model-2026-05","choices":[{"delta":{"content":"{{{word}}}"}}]}""";
            yield return Chunk($"data: {delta}\n\n");
        }

        yield return Chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private static string Chunk(string data) =>
        string.Create(CultureInfo.InvariantCulture, $"{data.Length:x}\r\n{data}\r\n");

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient connection = client;
        try
        {
            NetworkStream stream = connection.GetStream();
            while (await ReadAsync(stream) is { } arrival)
            {
                _arrivals.Enqueue(arrival);
                bool first = true;
                string last = "";
                foreach (string piece in Answer(arrival))
                {
                    if (!first)
                    {
                        await BetweenPieces();
                    }

                    first = false;
                    last = piece;
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(piece), _stop.Token);
                }

                if (last.Length == 0)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The other side went away, or the test is over.
        }
    }

    private async Task<Arrival?> ReadAsync(NetworkStream stream)
    {
        byte[] one = new byte[1];
        if (await stream.ReadAsync(one, _stop.Token) == 0)
        {
            return null;
        }

        long durable = _durableBytes();
        StringBuilder head = new();
        do
        {
            head.Append((char)one[0]);
        }
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)
            && await stream.ReadAsync(one, _stop.Token) > 0);

        string text = head.ToString();
        byte[] body = new byte[int.Parse(Header(text, "Content-Length") ?? "0", CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new Arrival(durable, text.Split('\r')[0], Header(text, "Ledger-Intent"), text, body);
    }

    private static string? Header(string head, string name) => head.Split("\r\n")
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();
}

using System.Text.Json;
using Ledger.Bitcoin.Regtest;

namespace Ledger.Cli.Devnet;

/// <summary>
/// Mines on regtest: a block a second as long as some node waits for its newest anchor to be final. An idle network
/// leaves Bitcoin alone.
/// </summary>
internal sealed class Miner : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly RegtestDaemon _bitcoin;
    private readonly Func<IEnumerable<Uri>> _nodes;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _mining;

    /// <param name="nodes">Where the nodes serve now.</param>
    public Miner(RegtestDaemon bitcoin, Func<IEnumerable<Uri>> nodes)
    {
        (_bitcoin, _nodes) = (bitcoin, nodes);
        _mining = MineAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _mining.ConfigureAwait(false);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task MineAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                bool[] waiting = await Task.WhenAll(_nodes().Select(node => IsAnchorWaitingAsync(node, stop)))
                    .ConfigureAwait(false);
                if (waiting.Contains(true))
                {
                    // A failure here shows in the node's problems; the next second tries again.
                    await _bitcoin.MineAsync(1, stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The stop that was asked for.
        }
    }

    private async Task<bool> IsAnchorWaitingAsync(Uri node, CancellationToken stop)
    {
        try
        {
            byte[] answer = await _http.GetByteArrayAsync(new Uri(node, "/v1/anchors?limit=1"), stop)
                .ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement anchors = document.RootElement.GetProperty("anchors");
            return anchors.GetArrayLength() > 0
                && anchors[0].GetProperty("state").GetString() is ("broadcast" or "mined" or "reorged");
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException
            || (exception is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return false;
        }
    }
}

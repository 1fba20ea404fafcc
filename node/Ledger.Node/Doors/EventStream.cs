using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ledger.Node.Api;
using Ledger.Runtime;

namespace Ledger.Node.Doors;

/// <summary>One listener's server-sent events (WHATWG HTML, §9.2).</summary>
internal sealed class EventStream(NodeReader reader, HttpResponse response)
{
    public const string MediaType = "text/event-stream";

    /// <summary>Events between two looks at the status.</summary>
    private const int Burst = 64;

    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(1);

    /// <summary>An empty comment: middle boxes close what is silent for long, and a dead peer is noticed.</summary>
    private static readonly TimeSpan CommentEvery = TimeSpan.FromSeconds(15);

    private readonly StringBuilder _text = new();
    private string _status = "";
    private long _statusAt;
    private long _saidAt;

    public async Task RunAsync(CancellationToken stop)
    {
        // Subscribed before the first status: what happens in between is told twice rather than not at all.
        using NodeEvents.Subscription subscription = reader.Node.Events.Subscribe();
        response.ContentType = MediaType;
        response.Headers["X-Accel-Buffering"] = "no";
        _saidAt = TimeProvider.System.GetTimestamp();
        SayStatus();
        Task<bool>? more = null;
        while (!stop.IsCancellationRequested)
        {
            await FlushAsync(stop).ConfigureAwait(false);
            more ??= subscription.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await Task.WhenAny(more, Task.Delay(StatusEvery, stop)).ConfigureAwait(false);
            if (more.IsCompleted)
            {
                more = null;
                SayEvents(subscription);
            }

            if (TimeProvider.System.GetElapsedTime(_statusAt) >= StatusEvery)
            {
                SayStatus();
            }
        }
    }

    private void SayEvents(NodeEvents.Subscription subscription)
    {
        for (int i = 0; i < Burst && subscription.Reader.TryRead(out NodeEvent? nodeEvent); i++)
        {
            switch (nodeEvent)
            {
                case BlockSettledEvent settled:
                    Say("block", reader.Describe(settled.Block, withIds: false), ApiJson.Readable.BlockModel);
                    break;
                case RecordSealed record:
                    Say("record", reader.Describe(record.Record), ApiJson.Readable.RecordModel);
                    break;
                case AnchorChanged changed when reader.Anchors.Anchor(changed.Batch) is { } anchor:
                    Say("anchor", anchor, ApiJson.Readable.AnchorModel);
                    break;
                default:
                    // The status tells of what else there is.
                    break;
            }
        }
    }

    private void SayStatus()
    {
        _statusAt = TimeProvider.System.GetTimestamp();
        string status = JsonSerializer.Serialize(reader.Status(), ApiJson.Readable.StatusModel);
        if (status != _status)
        {
            _status = status;
            Say("status", status);
        }
    }

    private void Say<T>(string name, T model, JsonTypeInfo<T> type) => Say(name, JsonSerializer.Serialize(model, type));

    /// <summary>JSON holds no line break, so one data line is enough.</summary>
    private void Say(string name, string json) => _text.Append("event: ").Append(name).Append("\ndata: ").Append(json).Append("\n\n");

    private async Task FlushAsync(CancellationToken stop)
    {
        if (_text.Length == 0)
        {
            if (TimeProvider.System.GetElapsedTime(_saidAt) < CommentEvery)
            {
                return;
            }

            _text.Append(":\n\n");
        }

        byte[] bytes = Encoding.UTF8.GetBytes(_text.ToString());
        _text.Clear();
        _saidAt = TimeProvider.System.GetTimestamp();
        await response.Body.WriteAsync(bytes, stop).ConfigureAwait(false);
        await response.Body.FlushAsync(stop).ConfigureAwait(false);
    }
}

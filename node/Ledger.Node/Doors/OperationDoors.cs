using System.Collections.Immutable;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Ledger.Node.Api;
using Ledger.Runtime;

namespace Ledger.Node.Doors;

/// <summary>Events for pages, and what an operator's tools ask.</summary>
internal static class OperationDoors
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/events", (NodeReader reader, CancellationToken stop) => TypedResults.ServerSentEvents(Events(reader, stop)))
            .WithSummary("Server-sent events: block, record, anchor, status").Produces(200, null, "text/event-stream");
        app.MapGet("/healthz", () => Results.Text("alive\n"))
            .WithSummary("200 while the process lives").Produces<string>(200, "text/plain");
        app.MapGet("/readyz", Ready)
            .WithSummary("200, or 503 with what keeps the node from doing all it should").Produces<ReadyModel>().Produces<ReadyModel>(503);
    }

    private static IResult Ready(NodeReader reader)
    {
        ImmutableArray<string> problems = reader.Node.Problems;
        return Results.Json(new ReadyModel(problems.IsEmpty, problems), ApiJson.Default.ReadyModel, statusCode: problems.IsEmpty ? 200 : 503);
    }

    private static async IAsyncEnumerable<SseItem<string>> Events(NodeReader reader, [EnumeratorCancellation] CancellationToken stop)
    {
        using NodeEvents.Subscription subscription = reader.Node.Events.Subscribe();
        string status = Json(reader.Status());
        yield return new SseItem<string>(status, "status");
        while (true)
        {
            using (CancellationTokenSource pause = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                pause.CancelAfter(StatusEvery);
                bool waiting = await WaitAsync(subscription, pause.Token).ConfigureAwait(false);
                if (stop.IsCancellationRequested || (!waiting && !pause.IsCancellationRequested))
                {
                    yield break;
                }
            }

            while (subscription.Reader.TryRead(out NodeEvent? nodeEvent))
            {
                if (Describe(reader, nodeEvent) is { } item)
                {
                    yield return item;
                }
            }

            string now = Json(reader.Status());
            if (now != status)
            {
                status = now;
                yield return new SseItem<string>(status, "status");
            }
        }
    }

    private static async Task<bool> WaitAsync(NodeEvents.Subscription subscription, CancellationToken stop)
    {
        try
        {
            return await subscription.Reader.WaitToReadAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static SseItem<string>? Describe(NodeReader reader, NodeEvent nodeEvent) => nodeEvent switch
    {
        BlockSettledEvent settled => new SseItem<string>(
            JsonSerializer.Serialize(reader.Describe(settled.Block, withIds: false), ApiJson.Default.BlockModel), "block"),
        RecordSealed record => new SseItem<string>(
            JsonSerializer.Serialize(reader.Describe(record.Record), ApiJson.Default.RecordModel), "record"),
        AnchorChanged changed when reader.Anchors.Anchor(changed.Batch) is { } anchor => new SseItem<string>(
            JsonSerializer.Serialize(anchor, ApiJson.Default.AnchorModel), "anchor"),
        _ => null,
    };

    private static string Json(StatusModel status) => JsonSerializer.Serialize(status, ApiJson.Default.StatusModel);
}

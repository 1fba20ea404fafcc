using System.Collections.Immutable;
using Ledger.Node.Api;
using Ledger.Node.Hosting;

namespace Ledger.Node.Doors;

/// <summary>Events for pages, and what an operator's tools ask.</summary>
internal static class OperationDoors
{
    /// <summary>Event streams open at once; one more is refused as busy.</summary>
    public const int ListenersMax = 256;

    public static void Map(IEndpointRouteBuilder app)
    {
        Gate gate = new(ListenersMax);
        app.MapGet("/v1/events", (HttpContext context, NodeReader reader, IHostApplicationLifetime host) =>
                ListenAsync(context, reader, gate, host.ApplicationStopping))
            .Produces<string>(200, EventStream.MediaType)
            .Describe(new Door("listen", Door.Operations, "What happens, as it happens")
            {
                Description = "Server-sent events: `block` (a block without `recordIds`), `record` (a summary, when sealed), `anchor` "
                    + "(an anchor, on every change), `status` (at once, then on change, at most one a second). A listener that "
                    + "falls far behind loses the oldest: read the lists again after a gap.",
                Problems = [ProblemType.Busy],
            });
        app.MapGet("/healthz", () => Results.Text("alive\n")).Produces<string>(200, "text/plain")
            .Describe(new Door("getHealth", Door.Operations, "200 while the process lives"));
        app.MapGet("/readyz", Ready).Produces<ReadyModel>().Produces<ReadyModel>(503)
            .Describe(new Door("getReadiness", Door.Operations, "Whether the node does all that it should")
            {
                Answers = ImmutableDictionary<int, string>.Empty.Add(503, "Not ready: `problems` says what to mend."),
            });
    }

    private static IResult Ready(NodeReader reader)
    {
        ImmutableArray<string> problems = reader.Node.Problems;
        return Results.Json(new ReadyModel(problems.IsEmpty, problems), ApiJson.Readable.ReadyModel, statusCode: problems.IsEmpty ? 200 : 503);
    }

    private static async Task<IResult> ListenAsync(HttpContext context, NodeReader reader, Gate gate, CancellationToken stopping)
    {
        if (!gate.TryEnter(1))
        {
            return Problems.Answer(ProblemType.Busy.With("As many listeners as may be are listening: ask GET /v1/status instead."));
        }

        try
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await new EventStream(reader, context.Response).RunAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The listener has gone, or the node stops.
        }
        finally
        {
            gate.Leave(1);
        }

        return Results.Empty;
    }
}

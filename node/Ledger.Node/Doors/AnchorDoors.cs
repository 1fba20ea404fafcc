using Ledger.Core;
using Ledger.Node.Api;

namespace Ledger.Node.Doors;

/// <summary>What Bitcoin holds of the chain.</summary>
internal static class AnchorDoors
{
    private static readonly Parameter Before =
        Parameter.Number("before", "Only anchors below this batch: `next` of the page before.");

    private static readonly Parameter Batch = Parameter.Number("batch", "Height of the anchored block.") with { InPath = true };

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/anchors", List).Produces<AnchorsModel>().Describe(new Door("listAnchors", Door.Anchors, "Anchors, newest first")
        {
            Parameters = [Before, Parameter.Limit],
        });
        app.MapGet("/v1/anchors/{batch}", Get).Produces<AnchorModel>().Describe(new Door("getAnchor", Door.Anchors, "One anchor")
        {
            Parameters = [Batch],
            Problems = [ProblemType.NotFound],
        });
    }

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong? before = parameters.Number(Before);
        int limit = parameters.Limit();
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        // One more than asked for tells whether there is a next page.
        IReadOnlyList<AnchorModel> anchors = reader.Anchors.Anchors(before is { } height ? new Height(height) : null, limit + 1);
        ulong? next = anchors.Count > limit ? anchors[limit - 1].Batch : null;
        return Results.Json(new AnchorsModel([.. anchors.Take(limit)], next), ApiJson.Readable.AnchorsModel);
    }

    private static IResult Get(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong height = parameters.Number(Batch) ?? 0;
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        return reader.Anchors.Anchor(new Height(height)) is { } anchor
            ? Results.Json(anchor, ApiJson.Readable.AnchorModel)
            : Problems.Answer(ProblemType.NotFound.With("This block is not anchored by itself; a later one covers it. See /v1/anchors."));
    }
}

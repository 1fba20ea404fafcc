using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Intake;

namespace Ledger.Node.Doors;

/// <summary>The recovery key's request to let a stream stand still, rule S16.</summary>
internal static class FreezeDoor
{
    /// <summary>Media type of a freeze.</summary>
    public const string MediaType = "application/cbor";

    /// <summary>Bytes of a freeze: a key, a signature, two digests and a number take less.</summary>
    public const int BytesMax = 6_000;

    private static readonly Parameter Id = Parameter.Hex("id", 2 * Digest.Size, "Stream id.") with { InPath = true };

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/v1/streams/{id}/freeze", FreezeAsync).Accepts<byte[]>(MediaType).Produces<FreezeModel>()
            .Describe(new Door("freezeStream", Door.Streams, "Keep a stream out of blocks for 24 hours")
            {
                Description = "Takes a freeze signed by the stream's recovery key. This node, and each that hears of it, keeps the "
                    + "stream's other records out of the blocks that it proposes, so that the recovery key signs against a "
                    + "head that stands still. The answer comes once that is durable here.",
                Parameters = [Id],
                Problems =
                [
                    ProblemType.FreezeForm, ProblemType.NotFound, ProblemType.Slow, ProblemType.FreezeRefused,
                    ProblemType.TooLarge, ProblemType.MediaTypeUnknown, ProblemType.DiskFull,
                ],
            });

    public static FreezeModel? Describe(StreamFreeze? freeze) =>
        freeze is { } heeded ? new FreezeModel(heeded.Number, heeded.Until.Milliseconds) : null;

    private static async Task<IResult> FreezeAsync(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.Digest(Id) ?? default);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (!Negotiation.Is(request.ContentType, MediaType) || request.Headers.ContentEncoding.Count > 0)
        {
            return Problems.Answer(ProblemType.MediaTypeUnknown.With($"Send the freeze as {MediaType}, not encoded."));
        }

        if (request.ContentLength > BytesMax
            || await RequestBody.ReadAsync(request, BytesMax).ConfigureAwait(false) is not { } body)
        {
            return Problems.Answer(ProblemType.TooLarge.With($"A freeze has at most {BytesMax} bytes."));
        }

        if (!Freeze.TryParse(body, out Freeze? freeze, out Fault? fault))
        {
            return Problems.Answer(ProblemType.FreezeForm.With(
                $"Seal it with `ledger stream freeze`: {fault.Reason}."));
        }

        if (freeze.Stream != stream)
        {
            return Problems.Answer(ProblemType.FreezeForm.With(
                $"It is a freeze of stream {freeze.Stream}: send it to that stream's door."));
        }

        FreezeOutcome outcome = await reader.Node.FreezeAsync(freeze).ConfigureAwait(false);
        return outcome.Refusal switch
        {
            null => Results.Json(Describe(outcome.Heeded)!, ApiJson.Readable.FreezeModel),
            FreezeRefusal.DiskFull => Problems.Answer(ProblemType.DiskFull.With(outcome.Detail!)),
            FreezeRefusal.UnknownStream => Problems.Answer(ProblemType.NotFound.With(outcome.Detail!)),
            _ => Problems.Answer(ProblemType.FreezeRefused.With(outcome.Detail!)),
        };
    }
}

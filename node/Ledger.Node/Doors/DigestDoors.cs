using System.Collections.Immutable;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Runtime.Roots;

namespace Ledger.Node.Doors;

/// <summary>Bare digests of integrators: in, and how far they are.</summary>
internal static class DigestDoors
{
    /// <summary>Media type of digests of 32 bytes, end to end.</summary>
    public const string Binary = "application/octet-stream";

    private const string Json = "application/json";

    /// <summary>Bytes of a submission: 100,000 digests in JSON, with room for white space.</summary>
    private const int BytesMax = 8 << 20;

    /// <summary>Bytes of all submissions that are being read at once; one more is refused as busy.</summary>
    private const long InFlightBytesMax = 64L << 20;

    private static readonly Parameter Submitted =
        Parameter.Hex("digest", 2 * Digest.Size, "The digest as it was submitted.") with { InPath = true };

    private static readonly Parameter Format =
        Parameter.Word("format", "The form of the answer; goes before Accept.", "json", "ots");

    public static void Map(IEndpointRouteBuilder app)
    {
        Gate gate = new(InFlightBytesMax);
        app.MapPost("/v1/roots", (HttpRequest request, NodeReader reader) => SubmitAsync(request, reader, gate))
            .Accepts<byte[]>(Json, Binary).Produces<DigestReceiptsModel>(202)
            .Describe(new Door("submitDigests", Door.Digests, "Submit one digest or many")
            {
                Description = $"SHA-256 digests, 1 to {RootLimits.SubmissionMax}: a JSON array of texts of 64 hexadecimal "
                    + $"digits, or `{Binary}`, 32 bytes each, end to end; at most {BytesMax} bytes. The answer comes once all "
                    + "are durable here; they become leaves under a root in this node's own stream within seconds. The same "
                    + "digest twice keeps its place.",
                Problems =
                [
                    ProblemType.DigestsForm, ProblemType.Slow, ProblemType.TooLarge, ProblemType.MediaTypeUnknown,
                    ProblemType.Quota, ProblemType.NotOffered, ProblemType.Busy, ProblemType.DiskFull,
                ],
                Answers = ImmutableDictionary<int, string>.Empty.Add(202, "Every digest is durable here; each says its state."),
            });
        app.MapGet("/v1/roots/{digest}", Get).Produces<DigestModel>(200, Json, EvidenceAnswer.Ots)
            .Describe(new Door("getDigest", Door.Digests, "How far a digest is")
            {
                Description = "By the digest as it was submitted. The OpenTimestamps form needs an anchored digest; it is a "
                    + "detached proof for the file whose SHA-256 the digest is.",
                Parameters = [Submitted, Format],
                Problems = [ProblemType.NotFound, ProblemType.NotAcceptable, ProblemType.NotAnchored],
            });
    }

    /// <summary>What a submission that was not taken is answered.</summary>
    public static ProblemModel Refused(DigestOutcome outcome, RootLimits limits) => outcome.Refusal switch
    {
        DigestRefusal.Quota => ProblemType.Quota.With(
            $"This node takes {limits.PerMinute} digests a minute: send fewer at once, or again in a minute.") with
        {
            Remaining = outcome.Left,
            Limit = limits.PerMinute,
        },
        DigestRefusal.Busy => ProblemType.Busy.With(
            $"{limits.WaitingMax} digests may wait for a root here, and nearly as many do: send again in a second."),
        DigestRefusal.DiskFull => ProblemType.DiskFull.With(
            "This node's disk is full; nothing was kept. Send to another node, or again later."),
        DigestRefusal.Stopping => ProblemType.Busy.With(
            "This node is stopping; nothing was kept. Send to another node, or again once it is back."),
        _ => throw new InvalidOperationException($"Unnamed refusal {outcome.Refusal}."),
    };

    /// <summary>Null where this node takes no digests.</summary>
    public static RootReader? Offered(NodeReader reader) => reader.Roots is { Roots.IsOffered: true } roots ? roots : null;

    public static IResult NotOffered() => Problems.Answer(ProblemType.NotOffered.With(
        "This node has no stream in which it could seal roots: send to a validator's node, or give it keys.stream in node.json "
        + "and a seat in the configuration."));

    private static async Task<IResult> SubmitAsync(HttpRequest request, NodeReader reader, Gate gate)
    {
        if (Offered(reader) is not { } roots)
        {
            return NotOffered();
        }

        bool binary = Negotiation.Is(request.ContentType, Binary);
        if ((!binary && !Negotiation.Is(request.ContentType, Json)) || request.Headers.ContentEncoding.Count > 0)
        {
            return Problems.Answer(ProblemType.MediaTypeUnknown.With($"Send digests as {Json} or {Binary}, not encoded."));
        }

        int limit = binary ? RootLimits.SubmissionMax * Digest.Size : BytesMax;
        if (request.ContentLength > limit)
        {
            return TooLarge();
        }

        long reserved = request.ContentLength ?? limit;
        if (!gate.TryEnter(reserved))
        {
            return Problems.Answer(ProblemType.Busy.With("This node reads as many digests as it may at once: send again in a second."));
        }

        try
        {
            return await RequestBody.ReadAsync(request, limit).ConfigureAwait(false) is { } body
                ? await TakeAsync(body, binary, roots).ConfigureAwait(false)
                : TooLarge();
        }
        finally
        {
            gate.Leave(reserved);
        }
    }

    private static async Task<IResult> TakeAsync(byte[] body, bool binary, RootReader roots)
    {
        int? index = null;
        Digest[]? digests = binary ? DigestList.ReadBinary(body, out string? fault) : DigestList.ReadJson(body, out fault, out index);
        if (digests is null)
        {
            return Problems.Answer(ProblemType.DigestsForm.With(
                $"Send 1 to {RootLimits.SubmissionMax} SHA-256 digests; of what came, {fault}.") with { Index = index });
        }

        DigestOutcome outcome = await roots.Roots.SubmitAsync(digests).ConfigureAwait(false);
        return outcome.Refusal is null
            ? Results.Json(roots.Receipts(digests, outcome.Numbers), ApiJson.Readable.DigestReceiptsModel, statusCode: 202)
            : Problems.Answer(Refused(outcome, roots.Roots.Limits));
    }

    private static IResult TooLarge() => Problems.Answer(ProblemType.TooLarge.With(
        $"A submission has at most {RootLimits.SubmissionMax} digests, and {BytesMax} bytes in JSON: split it."));

    private static IResult Get(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        Digest digest = parameters.Digest(Submitted) ?? default;
        string? format = parameters.Word(Format);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (EvidenceAnswer.Choose(format, request, Json, EvidenceAnswer.Ots) is not { } mediaType)
        {
            return EvidenceAnswer.NotAcceptable(Json, EvidenceAnswer.Ots);
        }

        if (reader.Roots?.Describe(digest) is not { } model)
        {
            return Problems.Answer(ProblemType.NotFound.With("Submit the digest to this node first, with POST /v1/roots."));
        }

        if (mediaType == Json)
        {
            return Results.Json(model, ApiJson.Readable.DigestModel);
        }

        return reader.Roots.Timestamp(digest) is { } timestamp
            ? Results.Bytes(new OtsFile(digest, timestamp).Encode(), EvidenceAnswer.Ots, $"{digest.ToString()[..16]}.ots")
            : Problems.Answer(ProblemType.NotAnchored.With(
                "Ask again once its state is anchored: that takes a Bitcoin block or two."));
    }
}

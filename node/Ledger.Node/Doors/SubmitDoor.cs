using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Intake;

namespace Ledger.Node.Doors;

/// <summary>Taking records in.</summary>
internal static class SubmitDoor
{
    /// <summary>Media type of one record.</summary>
    public const string One = "application/cose";

    /// <summary>Media type of a batch.</summary>
    public const string Many = "application/cbor-seq";

    /// <summary>Bytes of one batch.</summary>
    public const int BatchBytesMax = 16 << 20;

    /// <summary>Records of one batch.</summary>
    public const int BatchRecordsMax = 10_000;

    /// <summary>Bytes of all submissions that are being read and judged at once; one more is refused as busy.</summary>
    public const long InFlightBytesMax = 256L << 20;

    private const ulong WaitSecondsMax = 60;

    private static readonly Parameter Wait =
        Parameter.Word("wait", "Hold the answer until every record has this state.", "settled", "anchored");

    private static readonly Parameter Timeout =
        Parameter.Number("timeout", "Seconds to wait at most.", WaitSecondsMax) with { Default = WaitSecondsMax };

    public static void Map(IEndpointRouteBuilder app)
    {
        Gate gate = new(InFlightBytesMax);
        app.MapPost("/v1/records", (HttpRequest request, NodeReader reader, IHostApplicationLifetime host) =>
                SubmitAsync(request, reader, gate, host.ApplicationStopping))
            .Accepts<byte[]>(One, Many).Produces<ReceiptsModel>(201).Produces<ReceiptsModel>(202)
            .Describe(new Door("submitRecords", Door.Records, "Submit one record or many")
            {
                Description = $"One record of at most {Limits.RecordBytes} bytes as `{One}`, or up to {BatchRecordsMax} in "
                    + $"{BatchBytesMax} bytes as `{Many}` (RFC 8742). Each is judged by itself, in order; the same bytes twice "
                    + "get the same receipt. A record that got a receipt is durable here.",
                Parameters = [Wait, Timeout],
                Problems =
                [
                    ProblemType.RecordForm, ProblemType.RecordSignature, ProblemType.NotInvited, ProblemType.Slow,
                    ProblemType.RecordPlace, ProblemType.RecordFork, ProblemType.TooLarge, ProblemType.MediaTypeUnknown,
                    ProblemType.NothingAccepted, ProblemType.Quota, ProblemType.Busy, ProblemType.DiskFull,
                ],
                Answers = ImmutableDictionary<int, string>.Empty
                    .Add(201, "Every record has the state waited for, or is settled where none was.")
                    .Add(202, "Some records are only sealed, or refused: each receipt says which."),
            });
    }

    private static async Task<IResult> SubmitAsync(HttpRequest request, NodeReader reader, Gate gate, CancellationToken stopping)
    {
        QueryParameters parameters = new(request);
        string? wait = parameters.Word(Wait);
        TimeSpan timeout = TimeSpan.FromSeconds(parameters.Number(Timeout) ?? 0);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        bool single = Negotiation.Is(request.ContentType, One);
        if ((!single && !Negotiation.Is(request.ContentType, Many)) || request.Headers.ContentEncoding.Count > 0)
        {
            return Problems.Answer(ProblemType.MediaTypeUnknown.With($"Send one record as {One}, or many as {Many}, not encoded."));
        }

        int limit = single ? Limits.RecordBytes : BatchBytesMax;
        if (request.ContentLength > limit)
        {
            return TooLarge();
        }

        long reserved = request.ContentLength ?? limit;
        if (!gate.TryEnter(reserved))
        {
            return Problems.Answer(ProblemType.Busy.With("This node judges as many records as it may at once: send again in a second."));
        }

        Fault? unreadable = null;
        SubmissionOutcome[] outcomes;
        try
        {
            if (await RequestBody.ReadAsync(request, limit).ConfigureAwait(false) is not { } body)
            {
                return TooLarge();
            }

            ImmutableArray<ReadOnlyMemory<byte>> records =
                single ? [body] : RecordSequence.Split(body, BatchRecordsMax, out unreadable);
            outcomes = await reader.Node.SubmitAsync(records).ConfigureAwait(false);
        }
        finally
        {
            gate.Leave(reserved);
        }

        if (wait is not null)
        {
            RecordPhase phase = wait == "anchored" ? RecordPhase.Anchored : RecordPhase.Settled;
            using CancellationTokenSource limits =
                CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted, stopping);
            limits.CancelAfter(timeout);
            await WaitAsync(reader, outcomes, phase, limits.Token).ConfigureAwait(false);
        }

        return Answer(reader, outcomes, unreadable, single, wait);
    }

    /// <summary>A batch ends at the first byte that is no record; what stands before it is judged all the same.</summary>
    private static IResult Answer(NodeReader reader, SubmissionOutcome[] outcomes, Fault? unreadable, bool single, string? wait)
    {
        List<ReceiptModel> receipts = [];
        for (int i = 0; i < outcomes.Length; i++)
        {
            receipts.Add(outcomes[i] is { Receipt: { } receipt }
                ? reader.Describe(receipt)
                : Refused(Problems.For(outcomes[i].Refusal!, single ? null : i)));
        }

        if (unreadable is not null)
        {
            Refusal refusal = new(
                RefusalKind.Unsound, "Send a sequence of whole records; what stands before this one was judged.", unreadable);
            receipts.Add(Refused(Problems.For(refusal, outcomes.Length)));
        }

        if (single && receipts[0].Problem is { } problem)
        {
            return Problems.Answer(problem);
        }

        if (receipts.TrueForAll(receipt => receipt.Problem is not null))
        {
            return Problems.Answer(ProblemType.NothingAccepted.With(
                receipts.Count == 0 ? "The batch is empty: send at least one record." : "Each receipt says why: mend the first, and send again.")
                with { Receipts = receipts });
        }

        bool reached = receipts.TrueForAll(receipt => receipt.State == "anchored" || receipt.State == (wait ?? "settled"));
        return Results.Json(new ReceiptsModel(receipts), ApiJson.Readable.ReceiptsModel, statusCode: reached ? 201 : 202);
    }

    private static ReceiptModel Refused(ProblemModel problem) => new(null, null, null, null, null, null, null, null, problem);

    private static IResult TooLarge() => Problems.Answer(ProblemType.TooLarge.With(
        $"One record has at most {Limits.RecordBytes} bytes, a batch at most {BatchBytesMax}: split it."));

    private static async Task WaitAsync(NodeReader reader, SubmissionOutcome[] outcomes, RecordPhase phase, CancellationToken stop)
    {
        try
        {
            foreach (SubmissionOutcome outcome in outcomes)
            {
                if (outcome.Receipt is { } receipt)
                {
                    await reader.Node.WaitAsync(receipt.Id, phase, stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The receipts say what was reached; waiting longer is the caller's decision.
        }
    }
}

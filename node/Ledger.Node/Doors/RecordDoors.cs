using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Intake;

namespace Ledger.Node.Doors;

/// <summary>Taking records in, and giving them out with their evidence.</summary>
internal static class RecordDoors
{
    /// <summary>Bytes of one batch.</summary>
    public const int BatchBytesMax = 16 << 20;

    /// <summary>Records of one batch.</summary>
    public const int BatchRecordsMax = 10_000;

    private const string One = "application/cose";
    private const string Many = "application/cbor-seq";
    private const int WaitSecondsMax = 60;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/records", SubmitAsync)
            .WithSummary("Submit one record (application/cose) or many (application/cbor-seq)")
            .WithDescription("?wait=settled or anchored holds the answer until then, at most ?timeout= seconds (60).")
            .Accepts<byte[]>(One, Many)
            .Produces<ReceiptsModel>(201).Produces<ReceiptsModel>(202)
            .Refuses(400, 403, 409, 413, 415, 422, 429, 503, 507);
        app.MapGet("/v1/records", List)
            .WithSummary("Records, newest first").Produces<RecordsModel>().Refuses(400);
        app.MapGet("/v1/records/{id}", Get)
            .WithSummary("One record: its bytes, or with Accept: application/json its summary")
            .Produces<RecordModel>(200, "application/json", One).Refuses(400, 404);
        app.MapGet("/v1/records/{id}/evidence", GetEvidence)
            .WithSummary("The evidence file of a settled record (?format=cbor or json)")
            .Produces<byte[]>(200, EvidenceFile.MediaType, "application/json").Refuses(400, 404, 409);
    }

    private static async Task<IResult> SubmitAsync(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        string? wait = parameters.Word("wait", "settled", "anchored");
        ulong timeout = parameters.Number("timeout", WaitSecondsMax) ?? WaitSecondsMax;
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        bool single = request.ContentType == One;
        if (!single && request.ContentType != Many)
        {
            return Problems.Answer(Problems.MediaTypeUnknown($"Send one record as {One}, or many as {Many}."));
        }

        int limit = single ? Limits.RecordBytes : BatchBytesMax;
        if (await ReadAsync(request, limit).ConfigureAwait(false) is not { } body)
        {
            return Problems.Answer(Problems.TooLarge(
                $"One record has at most {Limits.RecordBytes} bytes, a batch at most {BatchBytesMax}: split it."));
        }

        ImmutableArray<ReadOnlyMemory<byte>> records = [body];
        Fault? unreadable = null;
        if (!single)
        {
            records = RecordSequence.Split(body, BatchRecordsMax, out unreadable);
        }

        SubmissionOutcome[] outcomes = await reader.Node.SubmitAsync(records).ConfigureAwait(false);
        if (wait is not null)
        {
            RecordPhase phase = wait == "anchored" ? RecordPhase.Anchored : RecordPhase.Settled;
            await WaitAsync(reader, outcomes, phase, TimeSpan.FromSeconds(timeout), request.HttpContext.RequestAborted).ConfigureAwait(false);
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
                ? Describe(reader, receipt)
                : Refused(Problems.For(outcomes[i].Refusal!, i)));
        }

        if (unreadable is not null)
        {
            Refusal refusal = new(RefusalKind.Unsound, "Send a sequence of whole records; what stood before this one was judged.", unreadable);
            receipts.Add(Refused(Problems.For(refusal, outcomes.Length)));
        }

        if (single && receipts[0].Problem is { } problem)
        {
            return Problems.Answer(problem with { Index = null });
        }

        if (receipts.Count == 0 || receipts.TrueForAll(receipt => receipt.Problem is not null))
        {
            return Problems.Answer(Problems.Of(
                "nothing-accepted", 422, "No record of the batch was accepted", "Each receipt says why; mend the first and send again.")
                with { Receipts = receipts });
        }

        bool reached = wait is not null
            && receipts.TrueForAll(receipt => receipt.State == wait || receipt.State == "anchored");
        return Results.Json(new ReceiptsModel(receipts), ApiJson.Default.ReceiptsModel, statusCode: reached ? 201 : 202);
    }

    private static ReceiptModel Refused(ProblemModel problem) => new(null, null, null, null, null, null, null, null, problem);

    private static ReceiptModel Describe(NodeReader reader, Receipt receipt)
    {
        (Height Height, LogIndex Index)? placement = reader.Node.Store.Placement(receipt.Id);
        RecordPhase phase = reader.Node.PhaseOf(receipt.Id) ?? receipt.Phase;
        return new ReceiptModel(
            receipt.Id.ToString(), receipt.Entry.ToString(), receipt.Stream.ToString(), receipt.Seq.Value, NodeReader.Word(phase),
            placement?.Height.Value, placement?.Index.Value,
            placement is { } at ? reader.Node.Store.Block(at.Height)!.Header.Time.Milliseconds : null, null);
    }

    private static async Task WaitAsync(
        NodeReader reader, SubmissionOutcome[] outcomes, RecordPhase phase, TimeSpan timeout, CancellationToken aborted)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(timeout);
        try
        {
            foreach (SubmissionOutcome outcome in outcomes)
            {
                if (outcome.Receipt is { } receipt)
                {
                    await reader.Node.WaitAsync(receipt.Id, phase, limit.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The receipts say what was reached; waiting longer is the caller's decision.
        }
    }

    /// <summary>Null if there is more than <paramref name="limit"/> bytes.</summary>
    private static async Task<byte[]?> ReadAsync(HttpRequest request, int limit)
    {
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(request.HttpContext.RequestAborted).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (buffer.Length > limit)
            {
                reader.AdvanceTo(buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                byte[] body = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return body;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong? before = parameters.Number("before");
        int limit = parameters.Limit();
        return parameters.Problem is { } bad
            ? Problems.Answer(bad)
            : Results.Json(reader.Records(before, limit), ApiJson.Default.RecordsModel);
    }

    private static IResult Get(string id, HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        RecordId recordId = parameters.PathRecord(id);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (request.Headers.Accept.Any(accept => accept!.Contains("application/json", StringComparison.Ordinal)))
        {
            return reader.Record(recordId) is { } model ? Results.Json(model, ApiJson.Default.RecordModel) : Unknown();
        }

        return reader.Node.Store.RecordBytes(recordId) is { } bytes ? Results.Bytes(bytes, One) : Unknown();
    }

    private static IResult GetEvidence(string id, HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        RecordId recordId = parameters.PathRecord(id);
        string? format = parameters.Word("format", "cbor", "json");
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Evidence.ForRecord(recordId) is { } file)
        {
            return EvidenceAnswer.Of(file, format, request, $"{id[..16]}.evidence");
        }

        return reader.Node.PhaseOf(recordId) is null
            ? Unknown()
            : Problems.Answer(Problems.Of(
                "not-settled", 409, "The record is not settled yet", "Ask again once its state is settled; nothing is lost meanwhile."));
    }

    private static IResult Unknown() =>
        Problems.Answer(Problems.NotFound("record", "This node does not hold the record; ask another peer, or submit it."));
}

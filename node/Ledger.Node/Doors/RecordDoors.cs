using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Runtime;

namespace Ledger.Node.Doors;

/// <summary>Giving records out, with their evidence.</summary>
internal static class RecordDoors
{
    private const string Json = "application/json";

    private static readonly Parameter Id = Parameter.Hex("id", 2 * RecordId.Size, "Record id.") with { InPath = true };

    private static readonly Parameter Before =
        Parameter.Number("before", "Only settled records below this log index: `next` of the page before.");

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/records", List).Produces<RecordsModel>().Describe(new Door("listRecords", Door.Records, "Records, newest first")
        {
            Description = "Those still sealed stand at the front of the first page, then the log from its end.",
            Parameters = [Before, Parameter.Limit],
        });
        app.MapGet("/v1/records/{id}", Get).Produces<RecordModel>(200, Json, SubmitDoor.One)
            .Describe(new Door("getRecord", Door.Records, "One record")
            {
                Description = "The bytes as signed, or with `Accept: application/json` the summary.",
                Parameters = [Id],
                Problems = [ProblemType.NotFound, ProblemType.NotAcceptable],
            });
        app.MapGet("/v1/records/{id}/evidence", GetEvidence)
            .Produces<byte[]>(200, EvidenceFile.MediaType, Json, EvidenceAnswer.Ots)
            .Describe(new Door("getRecordEvidence", Door.Records, "The evidence file of a settled record")
            {
                Description = "For `ledger verify` and the offline page. The OpenTimestamps form needs an anchored record.",
                Parameters = [Id, EvidenceAnswer.RecordFormat],
                Problems = [ProblemType.NotFound, ProblemType.NotAcceptable, ProblemType.NotSettled, ProblemType.NotAnchored],
            });
    }

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong? before = parameters.Number(Before);
        int limit = parameters.Limit();
        return parameters.Problem is { } bad
            ? Problems.Answer(bad)
            : Results.Json(reader.Records(before, limit), ApiJson.Readable.RecordsModel);
    }

    private static IResult Get(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        RecordId id = parameters.Record(Id);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        switch (Negotiation.Choose(request, SubmitDoor.One, Json))
        {
            case Json:
                return reader.Record(id) is { } model ? Results.Json(model, ApiJson.Readable.RecordModel) : Unknown();
            case SubmitDoor.One:
                return reader.Node.Store.RecordBytes(id) is { } bytes ? Results.Bytes(bytes, SubmitDoor.One) : Unknown();
            default:
                return EvidenceAnswer.NotAcceptable(SubmitDoor.One, Json);
        }
    }

    private static IResult GetEvidence(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        RecordId id = parameters.Record(Id);
        string? format = parameters.Word(EvidenceAnswer.RecordFormat);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (EvidenceAnswer.Choose(format, request, EvidenceFile.MediaType, Json, EvidenceAnswer.Ots) is not { } mediaType)
        {
            return EvidenceAnswer.NotAcceptable(EvidenceFile.MediaType, Json, EvidenceAnswer.Ots);
        }

        if (reader.Node.Store.Record(id) is not { } record)
        {
            return Unknown();
        }

        if (mediaType == EvidenceAnswer.Ots)
        {
            return GetTimestamp(record, reader);
        }

        return reader.Evidence.ForRecord(id) is { } file
            ? EvidenceAnswer.Of(file, mediaType, record.Stream, record.Seq.Value)
            : NotSettled();
    }

    private static IResult GetTimestamp(Record record, NodeReader reader)
    {
        if (reader.Node.Store.Placement(record.Id) is null)
        {
            return NotSettled();
        }

        return reader.Timestamp(record) is { } file
            ? Results.Bytes(file.Encode(), EvidenceAnswer.Ots, EvidenceAnswer.NameOf(record.Stream, record.Seq.Value, "ots"))
            : Problems.Answer(ProblemType.NotAnchored.With("Ask again once its state is anchored: that takes a Bitcoin block or two."));
    }

    private static IResult NotSettled() =>
        Problems.Answer(ProblemType.NotSettled.With("Ask again once its state is settled; nothing is lost meanwhile."));

    private static IResult Unknown() =>
        Problems.Answer(ProblemType.NotFound.With("This node does not hold the record; ask another peer, or submit it."));
}

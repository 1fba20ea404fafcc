using Ledger.Core;
using Ledger.Core.Streams;
using Ledger.Node.Api;
using Ledger.Proofs.Evidence;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Doors;

/// <summary>Streams: the list, one's state, its records, its head proof, and its evidence.</summary>
internal static class StreamDoors
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/streams", List)
            .WithSummary("Streams in order of their ids").Produces<StreamsModel>().Refuses(400);
        app.MapGet("/v1/streams/{id}", Get)
            .WithSummary("The settled state of a stream").Produces<StreamModel>().Refuses(400, 404);
        app.MapGet("/v1/streams/{id}/records", Records)
            .WithSummary("Settled records of a stream, oldest first (?from=SEQ)").Produces<StreamRecordsModel>().Refuses(400, 404);
        app.MapGet("/v1/streams/{id}/head", Head)
            .WithSummary("Proof of the stream's head, or of its absence, in the streams map").Produces<StreamHeadModel>().Refuses(400, 409);
        app.MapGet("/v1/streams/{id}/evidence", GetEvidence)
            .WithSummary("A range (?from=&to=) or the whole stream as one evidence file")
            .Produces<byte[]>(200, EvidenceFile.MediaType, "application/json").Refuses(400, 404);
    }

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        Digest? after = parameters.Digest("after");
        int limit = parameters.Limit();
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        List<StreamSummaryModel> streams = [];
        byte[] from = after is { } last ? [.. last.Span, 0] : [];
        foreach ((_, byte[] value) in reader.Node.Store.Raw.Scan(Table.Streams, from, null).Take(limit + 1))
        {
            StreamState state = StreamState.TryDecode(value, out StreamState? decoded, out _)
                ? decoded
                : throw new StoreCorruptException("A stream's state cannot be read. Restore the node's folder from a backup.");
            streams.Add(new StreamSummaryModel(
                state.Stream.ToString(), state.Seq.Value, state.Head.ToString(), state.Time.Milliseconds, state.Sponsor, state.Keys.Length));
        }

        string? next = streams.Count > limit ? streams[limit - 1].Stream : null;
        return Results.Json(new StreamsModel([.. streams.Take(limit)], next), ApiJson.Default.StreamsModel);
    }

    private static IResult Get(string id, HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.PathDigest(id));
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        return reader.Node.Store.Stream(stream) is { } state
            ? Results.Json(
                new StreamModel(
                    id, state.Seq.Value, state.Head.ToString(), state.Time.Milliseconds, state.Sponsor, state.Recovery?.ToString(),
                    [.. state.Keys.Select(key => new StreamKeyModel(key.Kid.ToString(), key.First.Value, key.Revoked?.Value))]),
                ApiJson.Default.StreamModel)
            : Unknown();
    }

    private static IResult Records(string id, HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.PathDigest(id));
        ulong from = parameters.Number("from") ?? 0;
        int limit = parameters.Limit();
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Node.Store.Stream(stream) is not { } state)
        {
            return Unknown();
        }

        List<RecordModel> records = [];
        ulong seq = from;
        for (; seq <= state.Seq.Value && records.Count < limit; seq++)
        {
            if (reader.Node.Store.RecordAt(stream, new Sequence(seq)) is { } recordId && reader.Record(recordId) is { } record)
            {
                records.Add(record);
            }
        }

        ulong? next = seq <= state.Seq.Value ? seq : null;
        return Results.Json(new StreamRecordsModel(records, next), ApiJson.Default.StreamRecordsModel);
    }

    private static IResult Head(string id, HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.PathDigest(id));
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Node.Store.Block(reader.Node.Head.Height) is not { } block)
        {
            return Problems.Answer(Problems.Of("no-block", 409, "The chain has no block yet", "Ask again after the first record has settled."));
        }

        if (!StreamsMap.TryProve(reader.Node.Store, block.Header.Streams, stream, out MapProof proof, out MapFault fault))
        {
            throw new StoreCorruptException($"The streams map cannot be read: {fault}. Restore the node's folder from a backup.");
        }

        StreamState? state = proof.End == MapProofEnd.Value ? reader.Node.Store.StreamAt(proof.Value) : null;
        return Results.Json(
            new StreamHeadModel(
                id, reader.Describe(block, withIds: false), state is null ? null : Convert.ToHexStringLower(state.Encode()),
                Convert.ToHexStringLower(proof.Encode())),
            ApiJson.Default.StreamHeadModel);
    }

    private static IResult GetEvidence(string id, HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.PathDigest(id));
        ulong? from = parameters.Number("from");
        ulong? to = parameters.Number("to");
        string? format = parameters.Word("format", "cbor", "json");
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Node.Store.Stream(stream) is not { } state)
        {
            return Unknown();
        }

        EvidenceFile? file = from is null && to is null
            ? reader.Evidence.ForStream(stream)
            : reader.Evidence.ForRange(stream, new Sequence(from ?? 0), new Sequence(to ?? state.Seq.Value));
        return file is null
            ? Problems.Answer(Problems.BadParameter(
                "from, to", $"an ascending range within 0 to {state.Seq} of at most {EvidenceFile.RecordsMax} records"))
            : EvidenceAnswer.Of(file, format, request, $"{id[..16]}.evidence");
    }

    private static IResult Unknown() =>
        Problems.Answer(Problems.NotFound("stream", "No record of this stream has settled here; submit its genesis record first."));
}

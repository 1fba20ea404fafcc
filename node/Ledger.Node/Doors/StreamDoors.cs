using Ledger.Core;
using Ledger.Core.Streams;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Proofs.Evidence;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Doors;

/// <summary>Streams: the list, one's state, its records, its head proof, and its evidence.</summary>
internal static class StreamDoors
{
    /// <summary>Bytes of records of all evidence files that are being made and sent at once.</summary>
    public const long InFlightBytesMax = 4 * EvidenceBuilder.RecordBytesMax;

    private const string Json = "application/json";

    private static readonly Parameter Id = Parameter.Hex("id", 2 * Digest.Size, "Stream id.") with { InPath = true };

    private static readonly Parameter After =
        Parameter.Hex("after", 2 * Digest.Size, "Only streams after this one: `next` of the page before.");

    private static readonly Parameter From = Parameter.Number("from", "First record, by its place in the stream.");

    private static readonly Parameter To = Parameter.Number("to", "Last record, by its place in the stream.");

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/streams", List).Produces<StreamsModel>().Describe(new Door("listStreams", Door.Streams, "Streams, by their ids")
        {
            Parameters = [After, Parameter.Limit],
        });
        app.MapGet("/v1/streams/{id}", Get).Produces<StreamModel>()
            .Describe(new Door("getStream", Door.Streams, "The settled state of one stream")
            {
                Parameters = [Id],
                Problems = [ProblemType.NotFound],
            });
        app.MapGet("/v1/streams/{id}/records", Records).Produces<StreamRecordsModel>()
            .Describe(new Door("listStreamRecords", Door.Streams, "The settled records of a stream, oldest first")
            {
                Description = "A node that joined by a snapshot begins with the first that it holds already.",
                Parameters = [Id, From, Parameter.Limit],
                Problems = [ProblemType.NotFound],
            });
        app.MapGet("/v1/streams/{id}/head", Head).Produces<StreamHeadModel>()
            .Describe(new Door("getStreamHead", Door.Streams, "Proof of a stream's head, or that it has none")
            {
                Description = "A proof in the streams map that the checkpoint's header commits to.",
                Parameters = [Id],
                Problems = [ProblemType.NoBlock],
            });
        Gate gate = new(InFlightBytesMax);
        app.MapGet("/v1/streams/{id}/evidence", (HttpRequest request, NodeReader reader) => GetEvidence(request, reader, gate)).Produces<byte[]>(200, EvidenceFile.MediaType, Json)
            .Describe(new Door("getStreamEvidence", Door.Streams, "A range of a stream, or all of it, as one evidence file")
            {
                Description = "Without `from` and `to` the file gives itself out as the whole stream, and goes stale as it grows. "
                    + $"One file holds at most {EvidenceBuilder.RecordBytesMax >> 20} MiB of records: ask for more in parts.",
                Parameters = [Id, From, To, EvidenceAnswer.Format],
                Problems = [ProblemType.NotFound, ProblemType.NotAcceptable, ProblemType.RangeTooLong, ProblemType.Busy],
            });
    }

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        Digest? after = parameters.Digest(After);
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
        return Results.Json(new StreamsModel([.. streams.Take(limit)], next), ApiJson.Readable.StreamsModel);
    }

    private static IResult Get(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.Digest(Id) ?? default);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        return reader.Node.Store.Stream(stream) is { } state
            ? Results.Json(
                new StreamModel(
                    stream.ToString(), state.Seq.Value, state.Head.ToString(), state.Time.Milliseconds, state.Sponsor, state.Recovery?.ToString(),
                    [.. state.Keys.Select(key => new StreamKeyModel(key.Kid.ToString(), key.First.Value, key.Revoked?.Value))],
                    FreezeDoor.Describe(reader.Node.FreezeOf(stream))),
                ApiJson.Readable.StreamModel)
            : Unknown();
    }

    private static IResult Records(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.Digest(Id) ?? default);
        ulong from = parameters.Number(From) ?? 0;
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
        ulong seq = reader.Node.Store.FirstHeld(stream, new Sequence(from), state.Seq)?.Value ?? from;
        for (; seq <= state.Seq.Value && records.Count < limit; seq++)
        {
            if (reader.Node.Store.RecordAt(stream, new Sequence(seq)) is { } recordId && reader.Record(recordId) is { } record)
            {
                records.Add(record);
            }
        }

        ulong? next = seq <= state.Seq.Value ? seq : null;
        return Results.Json(new StreamRecordsModel(records, next), ApiJson.Readable.StreamRecordsModel);
    }

    private static IResult Head(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.Digest(Id) ?? default);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Node.Store.Block(reader.Node.Head.Height) is not { } block)
        {
            return Problems.Answer(ProblemType.NoBlock.With("Ask again after the first record has settled."));
        }

        if (!StreamsMap.TryProve(reader.Node.Store, block.Header.Streams, stream, out MapProof proof, out MapFault fault))
        {
            throw new StoreCorruptException($"The streams map cannot be read: {fault}. Restore the node's folder from a backup.");
        }

        StreamState? state = proof.End == MapProofEnd.Value ? reader.Node.Store.StreamAt(proof.Value) : null;
        return Results.Json(
            new StreamHeadModel(
                stream.ToString(), reader.Describe(block, withIds: false), state is null ? null : Convert.ToHexStringLower(state.Encode()),
                Convert.ToHexStringLower(proof.Encode())),
            ApiJson.Readable.StreamHeadModel);
    }

    private static IResult GetEvidence(HttpRequest request, NodeReader reader, Gate gate)
    {
        QueryParameters parameters = new(request);
        StreamId stream = new(parameters.Digest(Id) ?? default);
        ulong? from = parameters.Number(From);
        ulong? to = parameters.Number(To);
        string? format = parameters.Word(EvidenceAnswer.Format);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (EvidenceAnswer.Choose(format, request, EvidenceFile.MediaType, Json) is not { } mediaType)
        {
            return EvidenceAnswer.NotAcceptable(EvidenceFile.MediaType, Json);
        }

        if (reader.Node.Store.Stream(stream) is not { } state)
        {
            return Unknown();
        }

        (ulong first, ulong last) = (from ?? 0, to ?? state.Seq.Value);
        if (first > last || last > state.Seq.Value)
        {
            return Problems.Answer(Problems.BadParameter("from, to", $"an ascending range within 0 to {state.Seq}"));
        }

        if (reader.Node.Store.RecordAt(stream, new Sequence(first)) is null)
        {
            return Problems.Answer(ProblemType.NotFound.With(
                $"This node joined by a snapshot and still fetches what was before block {reader.Node.Store.HeldFrom}: ask again "
                + "later, or another peer."));
        }

        (ulong fitting, long bytes) = reader.Evidence.Fitting(stream, new Sequence(first), new Sequence(last));
        if (fitting <= last - first)
        {
            return Problems.Answer(ProblemType.RangeTooLong.With(
                $"Ask in parts: from={first}&to={first + fitting - 1} fits into one file, then go on with from={first + fitting}."));
        }

        return gate.TryEnter(bytes)
            ? new Gated(gate, bytes, () => EvidenceAnswer.Of(
                from is null && to is null
                    ? reader.Evidence.ForStream(stream)!
                    : reader.Evidence.ForRange(stream, new Sequence(first), new Sequence(last))!,
                mediaType, stream, first))
            : Problems.Answer(ProblemType.Busy.With("This node makes as many evidence files as it may at once: ask again in a second."));
    }

    /// <summary>Made when it is sent, and inside the gate until the last byte has gone.</summary>
    private sealed class Gated(Gate gate, long amount, Func<IResult> make) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            try
            {
                await make().ExecuteAsync(context).ConfigureAwait(false);
            }
            finally
            {
                gate.Leave(amount);
            }
        }
    }

    private static IResult Unknown() =>
        Problems.Answer(ProblemType.NotFound.With("No record of this stream has settled here; submit its genesis record first."));
}

using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Node.Api;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Doors;

/// <summary>Blocks, validators, peers, log proofs, anchors, status.</summary>
internal static class ChainDoors
{
    private const string Cbor = "application/cbor";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/blocks", List).WithSummary("Blocks, newest first").Produces<BlocksModel>().Refuses(400);
        app.MapGet("/v1/blocks/{id}", Get)
            .WithSummary("One block by height or id; Accept: application/cbor gives header, body and commit")
            .Produces<BlockModel>(200, "application/json", Cbor).Refuses(400, 404);
        app.MapGet("/v1/validators", Validators).WithSummary("Who votes at the next height").Produces<ValidatorsModel>();
        app.MapGet("/v1/peers", Peers).WithSummary("The nodes of this network, as this one sees them").Produces<PeersModel>();
        app.MapGet("/v1/status", (NodeReader reader) => Results.Json(reader.Status(), ApiJson.Default.StatusModel))
            .WithSummary("Where this node stands").Produces<StatusModel>();
        app.MapGet("/v1/proofs/inclusion", Inclusion)
            .WithSummary("RFC 9162 inclusion proof of an entry (?leaf=&size=)").Produces<InclusionModel>().Refuses(400, 404);
        app.MapGet("/v1/proofs/consistency", Consistency)
            .WithSummary("RFC 9162 consistency proof between two sizes (?from=&to=)").Produces<ConsistencyModel>().Refuses(400);
        app.MapGet("/v1/anchors", Anchors).WithSummary("Anchors, newest first").Produces<AnchorsModel>().Refuses(400);
        app.MapGet("/v1/anchors/{batch}", Anchor).WithSummary("One anchor").Produces<AnchorModel>().Refuses(400, 404);
    }

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong? before = parameters.Number("before");
        int limit = parameters.Limit();
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        List<BlockModel> blocks = [];
        ulong next = Math.Min(before ?? ulong.MaxValue, reader.Node.Head.Height.Value + 1);
        while (blocks.Count < limit && next > 1)
        {
            next--;
            if (reader.Node.Store.Block(new Height(next)) is { } block)
            {
                blocks.Add(reader.Describe(block, withIds: false));
            }
        }

        return Results.Json(new BlocksModel(blocks, next > 1 ? next : null), ApiJson.Default.BlocksModel);
    }

    private static IResult Get(string id, HttpRequest request, NodeReader reader)
    {
        Height? height = null;
        if (Digest.TryParseHex(id, out Digest digest))
        {
            height = reader.Node.Store.HeightOf(new BlockId(digest));
        }
        else if (QueryParameters.TryNumber(id, Limits.Integer, out ulong number))
        {
            height = new Height(number);
        }
        else
        {
            return Problems.Answer(Problems.BadParameter("id", "a height, or a block id of 64 hexadecimal digits"));
        }

        if (height is not { } at || reader.Node.Store.Block(at) is not { } block)
        {
            return Problems.Answer(Problems.NotFound("block", $"The chain stands at height {reader.Node.Head.Height} here."));
        }

        return request.Headers.Accept.Any(accept => accept!.StartsWith(Cbor, StringComparison.Ordinal))
            ? Results.Bytes(block.Encode(), Cbor)
            : Results.Json(reader.Describe(block, withIds: true), ApiJson.Default.BlockModel);
    }

    private static IResult Validators(NodeReader reader) => Results.Json(
        new ValidatorsModel([.. reader.Node.Head.Configuration.Validators.Select(validator => new ValidatorModel(
            validator.Name, validator.VoteKeyId.ToString(), validator.Power, validator.Stream.ToString(), validator.Name == reader.Self))]),
        ApiJson.Default.ValidatorsModel);

    private static IResult Peers(NodeReader reader) => Results.Json(
        new PeersModel([.. reader.Node.Head.Configuration.Validators.Select(validator => new PeerModel(
            validator.Name, Convert.ToHexStringLower(validator.Peer.Span), validator.Name == reader.Self, validator.Name == reader.Self))]),
        ApiJson.Default.PeersModel);

    private static IResult Inclusion(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        Digest leaf = parameters.RequiredDigest("leaf");
        ulong? asked = parameters.Number("size");
        ChainHead head = reader.Node.Head;
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Node.Store.IndexOf(new EntryHash(leaf)) is not { } index)
        {
            return Problems.Answer(Problems.NotFound("entry", "The log holds no such entry; an entry is the SHA-256 of a record's bytes."));
        }

        TreeSize size = new(asked ?? head.Log.Size.Value);
        if (size > head.Log.Size || size.Value <= index.Value)
        {
            return Problems.Answer(Problems.BadParameter("size", $"a number from {index.Value + 1} to {head.Log.Size}"));
        }

        return LogProofs.TryInclusion(reader.Node.Store, index, size, out InclusionProof proof, out LogFault fault)
            ? Results.Json(
                new InclusionModel(leaf.ToString(), index.Value, size.Value, RootAt(reader, size), Hex(proof.Path)),
                ApiJson.Default.InclusionModel)
            : throw Damaged(fault);
    }

    private static IResult Consistency(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        TreeSize from = new(parameters.RequiredNumber("from"));
        TreeSize to = new(parameters.Number("to") ?? reader.Node.Head.Log.Size.Value);
        if (parameters.Problem is null && (from > to || to > reader.Node.Head.Log.Size))
        {
            return Problems.Answer(Problems.BadParameter("from, to", $"ascending sizes up to {reader.Node.Head.Log.Size}"));
        }

        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        return LogProofs.TryConsistency(reader.Node.Store, from, to, out ConsistencyProof proof, out LogFault fault)
            ? Results.Json(
                new ConsistencyModel(from.Value, to.Value, RootAt(reader, from), RootAt(reader, to), Hex(proof.Path)),
                ApiJson.Default.ConsistencyModel)
            : throw Damaged(fault);
    }

    private static string RootAt(NodeReader reader, TreeSize size) =>
        LogProofs.TryRoot(reader.Node.Store, size, out Digest root, out LogFault fault) ? root.ToString() : throw Damaged(fault);

    private static IResult Anchors(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong? before = parameters.Number("before");
        int limit = parameters.Limit();
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        IReadOnlyList<AnchorModel> anchors = reader.Anchors.Anchors(before is { } height ? new Height(height) : null, limit);
        ulong? next = anchors.Count == limit ? anchors[^1].Batch : null;
        return Results.Json(new AnchorsModel(anchors, next), ApiJson.Default.AnchorsModel);
    }

    private static IResult Anchor(string batch, NodeReader reader)
    {
        if (!QueryParameters.TryNumber(batch, Limits.Integer, out ulong height))
        {
            return Problems.Answer(Problems.BadParameter("batch", "the height of an anchored block"));
        }

        return reader.Anchors.Anchor(new Height(height)) is { } anchor
            ? Results.Json(anchor, ApiJson.Default.AnchorModel)
            : Problems.Answer(Problems.NotFound("anchor", "This block is not anchored by itself; a later one covers it. See /v1/anchors."));
    }

    private static string[] Hex(IEnumerable<Digest> path) => [.. path.Select(digest => digest.ToString())];

    private static StoreCorruptException Damaged(LogFault fault) =>
        new($"The log cannot be read: {fault}. Restore the node's folder from a backup.");
}

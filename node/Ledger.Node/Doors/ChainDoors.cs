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
    private const string Json = "application/json";

    private static readonly Parameter BeforeHeight =
        Parameter.Number("before", "Only blocks below this height: `next` of the page before.");

    private static readonly Parameter HeightOrId =
        Parameter.Hex("id", 2 * Digest.Size, "Height or id of the block.") with { InPath = true, IsHeightOrId = true };

    private static readonly Parameter Leaf =
        Parameter.Hex("leaf", 2 * Digest.Size, "The entry: SHA-256 of the record's bytes.") with { IsRequired = true };

    private static readonly Parameter Size = Parameter.Number("size", "Size of the log to prove it in; the settled one unless told.");

    private static readonly Parameter From = Parameter.Number("from", "The smaller size of the log.") with
    {
        IsRequired = true,
        Min = 1,
    };

    private static readonly Parameter To = Parameter.Number("to", "The larger size of the log; the settled one unless told.");

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/status", Status).Produces<StatusModel>()
            .Describe(new Door("getStatus", Door.Chain, "Where this node stands"));
        app.MapGet("/v1/why-stuck", WhyStuck).Produces<WhyStuckModel>()
            .Describe(new Door("explainWaiting", Door.Chain, "What this node waits for, and for whom")
            {
                Description = "Height, round and step in progress, since when, and one sentence that says what is waited for. "
                    + "The reason `nothing` is the ordinary state of a network at rest.",
            });
        app.MapGet("/v1/blocks", List).Produces<BlocksModel>().Describe(new Door("listBlocks", Door.Chain, "Blocks, newest first")
        {
            Parameters = [BeforeHeight, Parameter.Limit],
        });
        app.MapGet("/v1/blocks/{id}", Get).Produces<BlockModel>(200, Json, Cbor)
            .Describe(new Door("getBlock", Door.Chain, "One block, by height or id")
            {
                Description = "With `Accept: application/cbor` the array of header, body and commit, as they are hashed and signed.",
                Parameters = [HeightOrId],
                Problems = [ProblemType.NotFound, ProblemType.NotAcceptable],
            });
        app.MapGet("/v1/validators", Validators).Produces<ValidatorsModel>()
            .Describe(new Door("listValidators", Door.Chain, "Who votes at the next height"));
        app.MapGet("/v1/peers", Peers).Produces<PeersModel>()
            .Describe(new Door("listPeers", Door.Chain, "The nodes of this network, as this one sees them"));
        app.MapGet("/v1/proofs/inclusion", Inclusion).Produces<InclusionModel>()
            .Describe(new Door("proveInclusion", Door.Chain, "Proof that the log holds an entry")
            {
                Description = "RFC 9162 §2.1.3.",
                Parameters = [Leaf, Size],
                Problems = [ProblemType.NotFound],
            });
        app.MapGet("/v1/proofs/consistency", Consistency).Produces<ConsistencyModel>()
            .Describe(new Door("proveConsistency", Door.Chain, "Proof that the log only grew between two sizes")
            {
                Description = "RFC 9162 §2.1.4.",
                Parameters = [From, To],
            });
    }

    private static IResult Status(NodeReader reader) => Results.Json(reader.Status(), ApiJson.Readable.StatusModel);

    private static IResult WhyStuck(NodeReader reader) =>
        Results.Json(WaitingText.Of(reader.Node), ApiJson.Readable.WhyStuckModel);

    private static IResult List(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        ulong? before = parameters.Number(BeforeHeight);
        int limit = parameters.Limit();
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        List<BlockModel> blocks = [];
        ulong first = reader.Node.Store.HeldFrom.Value;
        ulong next = Math.Min(before ?? ulong.MaxValue, reader.Node.Head.Height.Value + 1);
        while (blocks.Count < limit && next > first)
        {
            next--;
            if (reader.Node.Store.Block(new Height(next)) is { } block)
            {
                blocks.Add(reader.Describe(block, withIds: false));
            }
        }

        return Results.Json(new BlocksModel(blocks, next > first ? next : null), ApiJson.Readable.BlocksModel);
    }

    private static IResult Get(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        (Height? height, BlockId? id) = parameters.Block(HeightOrId);
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (Negotiation.Choose(request, Json, Cbor) is not { } mediaType)
        {
            return EvidenceAnswer.NotAcceptable(Json, Cbor);
        }

        height ??= reader.Node.Store.HeightOf(id!.Value);
        if (height is not { } at || reader.Node.Store.Block(at) is not { } block)
        {
            return Problems.Answer(ProblemType.NotFound.With(
                $"This node holds the blocks from {reader.Node.Store.HeldFrom} to {reader.Node.Head.Height}."));
        }

        return mediaType == Cbor
            ? Results.Bytes(block.Encode(), Cbor)
            : Results.Json(reader.Describe(block, withIds: true), ApiJson.Readable.BlockModel);
    }

    private static IResult Validators(NodeReader reader) => Results.Json(
        new ValidatorsModel([.. reader.Node.Head.Configuration.Validators.Select(validator => new ValidatorModel(
            validator.Name, validator.VoteKeyId.ToString(), validator.Power, validator.Stream.ToString(), validator.Name == reader.Self))]),
        ApiJson.Readable.ValidatorsModel);

    private static IResult Peers(NodeReader reader) => Results.Json(
        PeerList.Of(reader.Node.Head.Configuration, reader.Self, reader.Peers), ApiJson.Readable.PeersModel);

    private static IResult Inclusion(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        Digest leaf = parameters.Digest(Leaf) ?? default;
        ulong? asked = parameters.Number(Size);
        ChainHead head = reader.Node.Head;
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Node.Store.IndexOf(new EntryHash(leaf)) is not { } index)
        {
            return Problems.Answer(ProblemType.NotFound.With("The log holds no such entry; an entry is the SHA-256 of a record's bytes."));
        }

        TreeSize size = new(asked ?? head.Log.Size.Value);
        if (size > head.Log.Size || size.Value <= index.Value)
        {
            return Problems.Answer(Problems.BadParameter("size", $"a number from {index.Value + 1} to {head.Log.Size}"));
        }

        return LogProofs.TryInclusion(reader.Node.Store, index, size, out InclusionProof proof, out LogFault fault)
            ? Results.Json(
                new InclusionModel(leaf.ToString(), index.Value, size.Value, RootAt(reader, size), Hex(proof.Path)),
                ApiJson.Readable.InclusionModel)
            : throw Damaged(fault);
    }

    private static IResult Consistency(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        TreeSize from = new(parameters.Number(From) ?? 0);
        TreeSize to = new(parameters.Number(To) ?? reader.Node.Head.Log.Size.Value);
        if (parameters.Problem is null && (from > to || to > reader.Node.Head.Log.Size))
        {
            return Problems.Answer(Problems.BadParameter("from, to", $"ascending sizes from 1 to {reader.Node.Head.Log.Size}"));
        }

        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        return LogProofs.TryConsistency(reader.Node.Store, from, to, out ConsistencyProof proof, out LogFault fault)
            ? Results.Json(
                new ConsistencyModel(from.Value, to.Value, RootAt(reader, from), RootAt(reader, to), Hex(proof.Path)),
                ApiJson.Readable.ConsistencyModel)
            : throw Damaged(fault);
    }

    private static string RootAt(NodeReader reader, TreeSize size) =>
        LogProofs.TryRoot(reader.Node.Store, size, out Digest root, out LogFault fault) ? root.ToString() : throw Damaged(fault);

    private static string[] Hex(IEnumerable<Digest> path) => [.. path.Select(digest => digest.ToString())];

    private static StoreCorruptException Damaged(LogFault fault) =>
        new($"The log cannot be read: {fault}. Restore the node's folder from a backup.");
}

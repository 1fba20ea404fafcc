using System.Collections.Immutable;
using Ledger.Node.Api;

namespace Ledger.Node.Doors;

/// <summary>
/// What a door says of itself. The request pipeline refuses parameters that are not here, and the API description is
/// made of it, so the two cannot differ.
/// </summary>
/// <param name="Id">Name of the operation, for generated clients.</param>
/// <param name="Group">Heading under which people find it.</param>
internal sealed record Door(string Id, string Group, string Summary)
{
    public const string Records = "Records";
    public const string Streams = "Streams";
    public const string Chain = "Chain";
    public const string Governance = "Governance";
    public const string Anchors = "Anchors";
    public const string Digests = "Digests";
    public const string Operations = "Operations";

    /// <summary>The groups in the order in which people read them, each with a sentence.</summary>
    public static readonly ImmutableArray<(string Name, string Description)> Groups =
    [
        (Records, "Submit records, read them, prove them."),
        (Streams, "Each operator's records form a stream, a hash chain under the operator's own keys."),
        (Chain, "Blocks, the log over all records, and who votes."),
        (Governance, "What the consortium decides about itself."),
        (Anchors, "What Bitcoin holds of the chain."),
        (Digests, "Bare digests of your own into Bitcoin, also with OpenTimestamps clients."),
        (Operations, "For pages, monitors and load balancers."),
    ];

    /// <summary>Markdown; null where the summary says it all.</summary>
    public string? Description { get; init; }

    public ImmutableArray<Parameter> Parameters { get; init; } = [];

    /// <summary>Its own problems, beside those of any door.</summary>
    public ImmutableArray<ProblemType> Problems { get; init; } = [];

    /// <summary>By status; a status that is missing here gets its standard name.</summary>
    public ImmutableDictionary<int, string> Answers { get; init; } = ImmutableDictionary<int, string>.Empty;

    /// <summary>Every type that this door answers with.</summary>
    public IEnumerable<ProblemType> AllProblems =>
        ProblemType.OfAnyDoor.Concat(Problems).Concat(Parameters.IsEmpty ? [] : [ProblemType.BadParameter]).Distinct();

    /// <summary>Null for a page, or where no door is.</summary>
    public static Door? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Door>();
}

internal static class DoorExtensions
{
    /// <summary>Attaches the description. Bodies and answers are declared beside it, with the framework's own methods.</summary>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, Door door) => route.WithMetadata(door);
}

using System.Text.Json.Serialization;

namespace Ledger.Client.Http;

internal sealed record Receipts([property: JsonPropertyName("receipts")] IReadOnlyList<Receipt> Items);

/// <param name="Problem">Why the record was refused; then all else is null.</param>
internal sealed record Receipt(
    string? Id = null,
    string? Stream = null,
    ulong? Seq = null,
    RecordState? State = null,
    ulong? Height = null,
    NodeProblem? Problem = null);

/// <summary>A problem that concerns a whole batch carries the receipts of its records.</summary>
internal sealed record BatchProblem(IReadOnlyList<Receipt>? Receipts = null);

internal sealed record Peers([property: JsonPropertyName("peers")] IReadOnlyList<NodePeer> Items);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Receipts))]
[JsonSerializable(typeof(BatchProblem))]
[JsonSerializable(typeof(Peers))]
[JsonSerializable(typeof(RecordSummary))]
[JsonSerializable(typeof(StreamSummary))]
[JsonSerializable(typeof(StreamFreezeSummary))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(NodeBlock))]
[JsonSerializable(typeof(NodeWait))]
[JsonSerializable(typeof(NodeGovernance))]
[JsonSerializable(typeof(NodeProposalReceipt))]
[JsonSerializable(typeof(NodeProblem))]
internal sealed partial class NodeJson : JsonSerializerContext;

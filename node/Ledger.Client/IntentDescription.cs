using System.Collections.Immutable;
using System.Text;
using Ledger.Core;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>Bytes that a record commits to and the vault keeps.</summary>
/// <param name="Type">Media type.</param>
public sealed record Content(ReadOnlyMemory<byte> Bytes, string? Type = null)
{
    public static Content Text(string text) => new(Encoding.UTF8.GetBytes(text), "text/plain;charset=utf-8");

    public static Content Json(string json) => new(Encoding.UTF8.GetBytes(json), "application/json");
}

/// <summary>
/// What is about to be done. Actor, authority and target are given as the operator calls them: the guard puts
/// pseudonyms in their place, and nothing but commitments to the inputs enters the record.
/// </summary>
public sealed record IntentDescription
{
    /// <summary>In the operator's own vocabulary; readable by all.</summary>
    public required string Action { get; init; }

    public required Actor Actor { get; init; }

    /// <summary>On whose authority.</summary>
    public required string Authority { get; init; }

    /// <summary>Left out where the guard watches the model's state and names it itself.</summary>
    public ModelReference? Model { get; init; }

    /// <summary>Digests of prompt, sampling, filter and policy, as <see cref="Vault.CommitPartAsync(ModelPart,
    /// ReadOnlyMemory{byte}, CancellationToken)"/> makes them. Of these the guard gives the first three itself where it
    /// watches the model's state.</summary>
    public ModelSettings Config { get; init; } = new();

    /// <summary>At least one.</summary>
    public required ImmutableArray<Content> Inputs { get; init; }

    /// <summary>What was retrieved to inform the answer.</summary>
    public ImmutableArray<ContextSource> Context { get; init; } = [];

    /// <summary>Whom or what the act concerns.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// After this the act is stopped and no longer covered. Unless given, the guard's own limit counts.
    /// </summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How far this intent must have come before its act goes ahead; the guard's own rule unless given.</summary>
    public RecordState? GoAhead { get; init; }

    /// <summary>Of the records' headers; a pseudonym. Unless given, the action.</summary>
    public string? Subject { get; init; }

    /// <summary>Earlier records that informed the act.</summary>
    public ImmutableArray<RecordId> Causes { get; init; } = [];
}

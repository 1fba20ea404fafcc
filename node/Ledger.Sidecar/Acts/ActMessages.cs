using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Sidecar.Hosting;

namespace Ledger.Sidecar.Acts;

/// <param name="Type"><c>human</c>, <c>service</c> or <c>agent</c>.</param>
internal sealed record ActorMessage(string Id, string Type = "service");

internal sealed record ModelMessage(string Name, string Version);

/// <summary>A content: exactly one of text, JSON as it stands, or bytes.</summary>
/// <param name="Type">Media type; text and JSON have one of their own.</param>
internal sealed record ContentMessage(
    string? Text = null, JsonElement? Json = null, string? Base64 = null, string? Type = null);

internal sealed record OversightMessage(string Person, string Decision);

/// <summary>What <c>POST /intent</c> takes.</summary>
/// <param name="DeadlineMs">From now on; the sidecar's own limit unless given.</param>
/// <param name="Causes">Ids of earlier records that informed the act.</param>
/// <param name="GoAhead"><c>sealed</c>, <c>settled</c> or <c>anchored</c>; the sidecar's own rule unless given.</param>
internal sealed record IntentMessage(
    IReadOnlyList<ContentMessage> Input,
    string? Action = null,
    ActorMessage? Actor = null,
    string? Authority = null,
    ModelMessage? Model = null,
    string? Target = null,
    string? Subject = null,
    int? DeadlineMs = null,
    IReadOnlyList<string>? Causes = null,
    string? GoAhead = null);

/// <summary>What <c>POST /outcome</c> takes.</summary>
/// <param name="Reported">The provider's own model id or fingerprint.</param>
internal sealed record OutcomeMessage(
    string Intent,
    string Status,
    IReadOnlyList<ContentMessage>? Output = null,
    OversightMessage? Oversight = null,
    string? Reported = null);

/// <summary>The act may run.</summary>
/// <param name="State">How far the intent is, at least.</param>
/// <param name="Time">Of the record, in milliseconds since 1970; likewise the deadline.</param>
internal sealed record IntentAnswer(string Intent, string Stream, ulong Seq, ulong Time, string State, long? Deadline);

internal sealed record OutcomeAnswer(string Outcome, string Intent, ulong Seq, ulong Time, string Status);

internal sealed record StatusAnswer(
    string Stream, int Acts, ulong Sealed, ulong Taken, ulong Settled, string? Problem, IReadOnlyList<string> Warnings);

internal static class ContentMessages
{
    /// <exception cref="ArgumentException">The message says which content is wrong, and how it is given.</exception>
    public static Client.Content ToContent(this ContentMessage message, string where)
    {
        int given = (message.Text is null ? 0 : 1) + (message.Json is null ? 0 : 1) + (message.Base64 is null ? 0 : 1);
        if (given != 1 || message.Type is { Length: 0 or > Client.ActContext.TextMax })
        {
            throw new ArgumentException($"{where} holds exactly one of text, json and base64, and a short type at most.");
        }

        Client.Content content = message switch
        {
            { Text: { } text } => Client.Content.Text(text),
            { Json: { } json } => Client.Content.Json(json.GetRawText()),
            _ => new Client.Content(Decode(message.Base64!, where)),
        };
        return message.Type is { } type ? content with { Type = type } : content;
    }

    private static byte[] Decode(string base64, string where)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"{where}.base64 is no base64.", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    MaxDepth = 32)]
[JsonSerializable(typeof(IntentMessage))]
[JsonSerializable(typeof(OutcomeMessage))]
[JsonSerializable(typeof(IntentAnswer))]
[JsonSerializable(typeof(OutcomeAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class SidecarJson : JsonSerializerContext;

using System.Text.Json;
using Ledger.Records.Bodies;

namespace Ledger.Sidecar.Proxy;

/// <summary>
/// What an answer of a chat-completion endpoint says of itself, one JSON document or a stream of server-sent events. An
/// answer of another kind says nothing, and that is no error.
/// </summary>
/// <param name="Model">The provider's own name for what answered.</param>
/// <param name="Status">Executed; refused where the model declined; blocked where a filter stopped it.</param>
internal readonly record struct ChatReply(string? Model, OutcomeStatus Status)
{
    private const int ModelCharactersMax = 200;

    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 64 };

    public static ChatReply Read(ReadOnlyMemory<byte> answer, string? mediaType)
    {
        ChatReply reply = new(null, OutcomeStatus.Executed);
        if (mediaType == "text/event-stream")
        {
            foreach (ReadOnlyMemory<byte> data in Events(answer))
            {
                reply = reply.With(data);
            }

            return reply;
        }

        return mediaType == "application/json" ? reply.With(answer) : reply;
    }

    /// <summary>The model that a request asks for; null if it names none.</summary>
    public static string? ModelAskedFor(ReadOnlyMemory<byte> request) =>
        new ChatReply(null, OutcomeStatus.Executed).With(request).Model;

    private ChatReply With(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Limits);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return this;
            }

            string? model = Model ?? Text(root, "model");
            OutcomeStatus status = Status;
            if (root.TryGetProperty("choices", out JsonElement choices) && choices.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement choice in choices.EnumerateArray())
                {
                    status = Worse(status, StatusOf(choice));
                }
            }

            return new ChatReply(model, status);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a text in it that is no text: half a surrogate pair shows only when it is read.
            return this;
        }
    }

    private static OutcomeStatus StatusOf(JsonElement choice) =>
        choice.ValueKind != JsonValueKind.Object ? OutcomeStatus.Executed
        : Text(choice, "finish_reason") == "content_filter" ? OutcomeStatus.Blocked
        : Declines(choice, "message") || Declines(choice, "delta") ? OutcomeStatus.Refused
        : OutcomeStatus.Executed;

    private static bool Declines(JsonElement choice, string member) =>
        choice.TryGetProperty(member, out JsonElement message) && message.ValueKind == JsonValueKind.Object
        && Text(message, "refusal") is not null;

    private static OutcomeStatus Worse(OutcomeStatus known, OutcomeStatus found) =>
        known == OutcomeStatus.Executed || found == OutcomeStatus.Blocked ? found : known;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= ModelCharactersMax } text
            ? text
            : null;

    /// <summary>The data of each event; an event of several data lines is no JSON of ours.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Events(ReadOnlyMemory<byte> stream)
    {
        while (!stream.IsEmpty)
        {
            int end = stream.Span.IndexOfAny((byte)'\n', (byte)'\r');
            ReadOnlyMemory<byte> line = end < 0 ? stream : stream[..end];
            stream = end < 0 ? default : stream[(end + 1)..];
            if (line.Span.StartsWith("data:"u8) && line.Span.IndexOf((byte)'{') >= 0)
            {
                yield return line["data:".Length..];
            }
        }
    }
}

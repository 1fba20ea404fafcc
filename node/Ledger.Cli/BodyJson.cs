using System.Text.Json;
using Ledger.Core.Cbor;

namespace Ledger.Cli;

/// <summary>
/// A record's body written as JSON: byte strings as <c>{"hex": "…"}</c>, numbers whole, no null, no fractions; contents
/// as <c>{"file": "…", "type": "…"}</c>, which become commitments, or with <c>"part"</c> digests of a part of the
/// model's state.
/// </summary>
internal static class BodyJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <param name="keep">Keeps a content and says what stands for it in the body.</param>
    public static CborMap Read(ReadOnlyMemory<byte> utf8, Func<ContentFile, CborValue> keep)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && Convert(document.RootElement, keep) is CborMap body
                ? body
                : throw new CommandException("The body is a JSON object.", ExitCode.Usage);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The body is not valid JSON: {exception.Message}", ExitCode.Usage);
        }
    }

    private static CborValue Convert(JsonElement value, Func<ContentFile, CborValue> keep) => value.ValueKind switch
    {
        JsonValueKind.Object when TryReadContent(value, out ContentFile content) => keep(content),
        JsonValueKind.Object when IsBytes(value, out string hex) => Bytes(hex),
        JsonValueKind.Object => CborMap.From(
            value.EnumerateObject().Select(member => new CborMember(member.Name, Convert(member.Value, keep)))),
        JsonValueKind.Array => CborArray.From(value.EnumerateArray().Select(item => Convert(item, keep))),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.TryGetInt64(out long number)
            ? CborInteger.Of(number)
            : throw new CommandException(
                $"{value.GetRawText()} is no whole number; records hold no fractions.", ExitCode.Usage),
        JsonValueKind.True => CborBoolean.Of(true),
        JsonValueKind.False => CborBoolean.Of(false),
        _ => throw new CommandException("Leave an absent member out instead of writing null.", ExitCode.Usage),
    };

    private static bool TryReadContent(JsonElement value, out ContentFile content)
    {
        content = new ContentFile("", null, null);
        if (!value.TryGetProperty("file", out JsonElement file) || file.ValueKind != JsonValueKind.String
            || value.EnumerateObject().Any(member => member.Name is not ("file" or "type" or "part")
                || member.Value.ValueKind != JsonValueKind.String))
        {
            return false;
        }

        content = new ContentFile(file.GetString()!, Text(value, "type"), Text(value, "part"));
        return true;
    }

    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;

    private static bool IsBytes(JsonElement value, out string hex)
    {
        hex = "";
        if (value.GetPropertyCount() != 1 || !value.TryGetProperty("hex", out JsonElement text)
            || text.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        hex = text.GetString()!;
        return true;
    }

    private static CborBytes Bytes(string hex)
    {
        try
        {
            return new CborBytes(System.Convert.FromHexString(hex));
        }
        catch (FormatException)
        {
            throw new CommandException($"\"{hex}\" is not hexadecimal.", ExitCode.Usage);
        }
    }
}

/// <summary>A content that a body names.</summary>
/// <param name="Path">Of the file, from the folder of the body.</param>
/// <param name="Type">Media type.</param>
/// <param name="Part">Of the model's state, such as <c>prompt</c>; null for a commitment.</param>
internal sealed record ContentFile(string Path, string? Type, string? Part);

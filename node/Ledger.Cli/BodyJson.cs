using System.Text.Json;
using Ledger.Core.Cbor;

namespace Ledger.Cli;

/// <summary>A record's body written as JSON: byte strings as <c>{"hex": "…"}</c>, numbers whole, no null, no fractions.</summary>
internal static class BodyJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    public static CborMap Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (CborMap)Convert(document.RootElement)
                : throw new CommandException("The body is a JSON object.", ExitCode.Usage);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The body is not valid JSON: {exception.Message}", ExitCode.Usage);
        }
    }

    private static CborValue Convert(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when IsBytes(value, out string hex) => Bytes(hex),
        JsonValueKind.Object => CborMap.Of([.. value.EnumerateObject().Select(member => (member.Name, (CborValue?)Convert(member.Value)))]),
        JsonValueKind.Array => CborArray.From(value.EnumerateArray().Select(Convert)),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.TryGetInt64(out long number)
            ? CborInteger.Of(number)
            : throw new CommandException($"{value.GetRawText()} is no whole number; records hold no fractions.", ExitCode.Usage),
        JsonValueKind.True => CborBoolean.Of(true),
        JsonValueKind.False => CborBoolean.Of(false),
        _ => throw new CommandException("Leave an absent member out instead of writing null.", ExitCode.Usage),
    };

    private static bool IsBytes(JsonElement value, out string hex)
    {
        hex = "";
        if (value.GetPropertyCount() != 1 || !value.TryGetProperty("hex", out JsonElement text) || text.ValueKind != JsonValueKind.String)
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

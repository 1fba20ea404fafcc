using System.Text.Json.Nodes;
using Ledger.Core;
using Microsoft.OpenApi;

namespace Ledger.Node.Api;

/// <summary>
/// A parameter of a door: how it is read, how a caller is told what is expected, and how it is described. One
/// definition serves all three.
/// </summary>
internal sealed record Parameter(string Name, string Description)
{
    /// <summary>Most items of any list.</summary>
    public const ulong LimitMax = 200;

    /// <summary>Items of a list unless told.</summary>
    public const ulong LimitDefault = 50;

    public static readonly Parameter Limit =
        Number("limit", "How many at most.", LimitMax) with { Min = 1, Default = LimitDefault };

    public bool IsRequired { get; init; }

    /// <summary>Part of the path rather than of the query.</summary>
    public bool InPath { get; init; }

    public ulong Min { get; init; }

    public ulong Max { get; init; } = Limits.Integer;

    public ulong? Default { get; init; }

    /// <summary>Hexadecimal digits; 0 for a number.</summary>
    public int Digits { get; init; }

    /// <summary>The words that it may be; empty for a number or digits.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>For a caller who gave something else.</summary>
    public string Expected =>
        Words.Length > 0 ? string.Join(" or ", Words)
        : Digits > 0 && IsHeightOrId ? $"a height, or an id of {Digits} hexadecimal digits"
        : Digits > 0 ? $"{Digits} hexadecimal digits"
        : $"a whole number from {Min} to {Max}";

    /// <summary>A number will do as well as the digits.</summary>
    public bool IsHeightOrId { get; init; }

    public static Parameter Number(string name, string description, ulong max = Limits.Integer) => new(name, description) { Max = max };

    public static Parameter Hex(string name, int digits, string description) => new(name, description) { Digits = digits };

    public static Parameter Word(string name, string description, params string[] words) => new(name, description) { Words = words };

    public OpenApiParameter Describe() => new()
    {
        Name = Name,
        In = InPath ? ParameterLocation.Path : ParameterLocation.Query,
        Description = Description,
        Required = IsRequired || InPath,
        Schema = Schema(),
    };

    private OpenApiSchema Schema()
    {
        if (Words.Length > 0)
        {
            return new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Words.Select(word => (JsonNode)JsonValue.Create(word))] };
        }

        if (Digits > 0)
        {
            string digits = $"[0-9a-fA-F]{{{Digits}}}";
            return new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Pattern = IsHeightOrId ? $"^({digits}|[0-9]{{1,16}})$" : $"^{digits}$",
            };
        }

        return new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int64",
            Minimum = Min.ToString(),
            Maximum = Max.ToString(),
            Default = Default is { } value ? JsonValue.Create((long)value) : null,
        };
    }
}

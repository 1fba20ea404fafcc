using Ledger.Core;
using Ledger.Node.Doors;
using Microsoft.Extensions.Primitives;

namespace Ledger.Node.Api;

/// <summary>
/// Strict reading of query and path parameters: each once, digits only, within its limits. The first that cannot be read
/// is the problem that is answered.
/// </summary>
internal sealed class QueryParameters(HttpRequest request)
{
    public ProblemModel? Problem { get; private set; }

    public ulong? Number(Parameter parameter)
    {
        if (Text(parameter) is not { } text)
        {
            return parameter.IsRequired ? Fail<ulong?>(parameter) : parameter.Default;
        }

        return TryNumber(text, parameter, out ulong number) ? number : Fail<ulong?>(parameter);
    }

    /// <summary>How many items to list.</summary>
    public int Limit() => (int)(Number(Parameter.Limit) ?? Parameter.LimitDefault);

    public Digest? Digest(Parameter parameter)
    {
        if (Text(parameter) is not { } text)
        {
            return parameter.IsRequired ? Fail<Digest?>(parameter) : null;
        }

        return Core.Digest.TryParseHex(text, out Digest digest) ? digest : Fail<Digest?>(parameter);
    }

    public RecordId Record(Parameter parameter) =>
        RecordId.TryParseHex(Text(parameter) ?? "", out RecordId id) ? id : Fail<RecordId>(parameter);

    public string? Word(Parameter parameter)
    {
        string? text = Text(parameter);
        return text is null || parameter.Words.Contains(text, StringComparer.Ordinal) ? text : Fail<string?>(parameter);
    }

    /// <summary>One of the two, unless there is a problem.</summary>
    public (Height? Height, BlockId? Id) Block(Parameter parameter)
    {
        string text = Text(parameter) ?? "";
        return Core.Digest.TryParseHex(text, out Digest digest) ? (null, new BlockId(digest))
            : TryNumber(text, parameter, out ulong height) ? (new Height(height), null)
            : (Fail<Height?>(parameter), null);
    }

    private static bool TryNumber(string text, Parameter parameter, out ulong number)
    {
        number = 0;
        return text.Length is > 0 and <= 16 && text.All(char.IsAsciiDigit) && ulong.TryParse(text, out number)
            && number >= parameter.Min && number <= parameter.Max;
    }

    private string? Text(Parameter parameter)
    {
        if (!Door.Of(request.HttpContext)!.Parameters.Contains(parameter))
        {
            throw new InvalidOperationException($"The door {request.Path} reads '{parameter.Name}' and does not declare it.");
        }

        if (parameter.InPath)
        {
            return (string?)request.RouteValues[parameter.Name];
        }

        StringValues values = request.Query[parameter.Name];
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => Fail<string?>(parameter, "one value"),
        };
    }

    private T? Fail<T>(Parameter parameter, string? expected = null)
    {
        Problem ??= Problems.BadParameter(parameter.Name, expected ?? parameter.Expected);
        return default;
    }
}

using Ledger.Core;
using Microsoft.Extensions.Primitives;

namespace Ledger.Node.Api;

/// <summary>
/// Strict reading of query and path parameters: each once, digits only, within its limits. The first that cannot be read
/// is the problem that is answered.
/// </summary>
internal sealed class QueryParameters(HttpRequest request)
{
    public const int LimitMax = 200;
    private const int LimitDefault = 50;

    public ProblemModel? Problem { get; private set; }

    public ulong? Number(string name, ulong max = Limits.Integer)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (TryNumber(text, max, out ulong number))
        {
            return number;
        }

        return Fail<ulong?>(name, $"a whole number from 0 to {max}");
    }

    public ulong RequiredNumber(string name) =>
        Number(name) ?? Fail<ulong>(name, $"a whole number from 0 to {Limits.Integer}");

    /// <summary>How many items to list.</summary>
    public int Limit()
    {
        ulong? limit = Number("limit", LimitMax);
        return limit is 0 ? Fail<int>("limit", $"a whole number from 1 to {LimitMax}") : (int)(limit ?? LimitDefault);
    }

    public Digest? Digest(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return Core.Digest.TryParseHex(text, out Digest digest) ? digest : Fail<Digest?>(name, "64 hexadecimal digits");
    }

    public Digest RequiredDigest(string name) => Digest(name) ?? Fail<Digest>(name, "64 hexadecimal digits");

    public string? Word(string name, params string[] words)
    {
        string? text = Text(name);
        return text is null || words.Contains(text) ? text : Fail<string?>(name, string.Join(" or ", words));
    }

    /// <summary>A path segment.</summary>
    public Digest PathDigest(string text) =>
        Core.Digest.TryParseHex(text, out Digest digest) ? digest : Fail<Digest>("id", "64 hexadecimal digits");

    public RecordId PathRecord(string text) =>
        RecordId.TryParseHex(text, out RecordId id) ? id : Fail<RecordId>("id", "128 hexadecimal digits");

    public static bool TryNumber(string text, ulong max, out ulong number)
    {
        number = 0;
        return text.Length is > 0 and <= 16 && text.All(char.IsAsciiDigit) && ulong.TryParse(text, out number) && number <= max;
    }

    private string? Text(string name)
    {
        StringValues values = request.Query[name];
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => Fail<string?>(name, "one value"),
        };
    }

    private T? Fail<T>(string name, string expected)
    {
        Problem ??= Problems.BadParameter(name, expected);
        return default;
    }
}

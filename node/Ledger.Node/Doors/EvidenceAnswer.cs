using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Proofs.Evidence;

namespace Ledger.Node.Doors;

/// <summary>An evidence file in the form that was asked for: by ?format=, else by Accept.</summary>
internal static class EvidenceAnswer
{
    public const string Ots = "application/vnd.opentimestamps.v1";
    private const string Json = "application/json";

    public static readonly Parameter Format =
        Parameter.Word("format", "The form of the file; goes before Accept.", "cbor", "json");

    public static readonly Parameter RecordFormat =
        Parameter.Word("format", "The form of the file; goes before Accept.", "cbor", "json", "ots");

    /// <summary>The media type to answer with; null if none is acceptable.</summary>
    public static string? Choose(string? format, HttpRequest request, params ReadOnlySpan<string> offered) => format switch
    {
        "cbor" => EvidenceFile.MediaType,
        "json" => Json,
        "ots" => Ots,
        _ => Negotiation.Choose(request, offered),
    };

    public static IResult Of(EvidenceFile file, string mediaType, StreamId stream, ulong first) =>
        mediaType == Json
            ? Results.Bytes(EvidenceJson.Write(file), Json)
            : Results.Bytes(EvidenceWriter.Encode(file), mediaType, NameOf(stream, first, "evidence"));

    /// <summary>A name to save it under, that tells files of one folder apart.</summary>
    public static string NameOf(StreamId stream, ulong first, string extension) =>
        $"{stream.ToString()[..16]}-{first}.{extension}";

    public static IResult NotAcceptable(params string[] offered) =>
        Problems.Answer(ProblemType.NotAcceptable.With($"Accept one of {string.Join(", ", offered)}."));
}

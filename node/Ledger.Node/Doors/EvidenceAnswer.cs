using Ledger.Node.Api;
using Ledger.Proofs.Evidence;

namespace Ledger.Node.Doors;

/// <summary>An evidence file in the form that was asked for: by ?format=, else by Accept.</summary>
internal static class EvidenceAnswer
{
    public static IResult Of(EvidenceFile file, string? format, HttpRequest request, string name)
    {
        bool json = format is null
            ? request.Headers.Accept.Any(accept => accept!.StartsWith("application/json", StringComparison.Ordinal))
            : format == "json";
        return json
            ? Results.Bytes(EvidenceJson.Write(file), "application/json")
            : Results.Bytes(EvidenceWriter.Encode(file), EvidenceFile.MediaType, name);
    }
}

using Microsoft.Net.Http.Headers;

namespace Ledger.Node.Api;

/// <summary>Which of several media types to answer with (RFC 9110 §12.5.1).</summary>
internal static class Negotiation
{
    /// <summary>
    /// The one that Accept prefers, the first on a tie or where nothing is asked; null if none is acceptable. A header
    /// that cannot be read asks for nothing.
    /// </summary>
    public static string? Choose(HttpRequest request, params ReadOnlySpan<string> offered)
    {
        if (request.Headers.Accept.Count == 0
            || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept!, out IList<MediaTypeHeaderValue>? ranges))
        {
            return offered[0];
        }

        string? best = null;
        double bestQuality = 0;
        foreach (string type in offered)
        {
            double quality = Quality(ranges, new MediaTypeHeaderValue(type));
            if (quality > bestQuality)
            {
                (best, bestQuality) = (type, quality);
            }
        }

        return best;
    }

    /// <summary>Whether the header names this media type, whatever its parameters.</summary>
    public static bool Is(string? contentType, string type) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? parsed)
        && parsed.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase);

    /// <summary>The most specific range that holds the type decides.</summary>
    private static double Quality(IList<MediaTypeHeaderValue> ranges, MediaTypeHeaderValue type)
    {
        int bestSpecificity = -1;
        double quality = 0;
        foreach (MediaTypeHeaderValue range in ranges)
        {
            int specificity = range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
            bool holds = specificity switch
            {
                0 => true,
                1 => range.Type.Equals(type.Type, StringComparison.OrdinalIgnoreCase),
                _ => range.MediaType.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase),
            };
            if (holds && specificity > bestSpecificity)
            {
                (bestSpecificity, quality) = (specificity, range.Quality ?? 1);
            }
        }

        return quality;
    }
}

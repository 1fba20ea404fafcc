using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Ledger.Sidecar.Proxy;

/// <summary>Which headers go through: all but those of one connection (RFC 9110 §7.6.1) and the sidecar's own.</summary>
internal static class Headers
{
    /// <summary>Of requests to the sidecar: what their intents say. None of them reaches the upstream.</summary>
    public const string Action = "Ledger-Action";
    public const string Actor = "Ledger-Actor";
    public const string Authority = "Ledger-Authority";
    public const string Target = "Ledger-Target";

    /// <summary>Of answers, and of requests to the upstream: the intent's id.</summary>
    public const string Intent = "Ledger-Intent";

    /// <summary>
    /// Accept-Encoding, too: what the operator keeps of an answer is the answer, not its compressed form.
    /// </summary>
    private static readonly HashSet<string> Held = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Host", "Expect", "Content-Length", "Accept-Encoding",
        Action, Actor, Authority, Target, Intent,
    };

    public static void ToUpstream(IHeaderDictionary from, HttpRequestMessage to)
    {
        string[] named = Named(from.Connection);
        foreach ((string name, StringValues values) in from)
        {
            if (!Held.Contains(name) && !named.Contains(name, StringComparer.OrdinalIgnoreCase)
                && !to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }
    }

    public static void ToCaller(HttpResponseMessage from, IHeaderDictionary to)
    {
        string[] named = Named(new StringValues([.. from.Headers.Connection]));
        foreach (HttpHeaders headers in new HttpHeaders[] { from.Headers, from.Content.Headers })
        {
            foreach ((string name, HeaderStringValues values) in headers.NonValidated)
            {
                if (!Held.Contains(name) && !named.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    to.Append(name, new StringValues([.. values]));
                }
            }
        }
    }

    /// <summary>Headers that a Connection header names belong to that connection as well.</summary>
    private static string[] Named(StringValues connection) =>
    [
        .. connection.SelectMany(value => (value ?? "").Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
    ];
}

using Ledger.Node.Api;
using Ledger.Node.Doors;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing.Template;

namespace Ledger.Node.Hosting;

/// <summary>What holds for every request, before any door sees it: limits, headers of the answer, and how failures look.</summary>
internal sealed class RequestGuard(ILogger<RequestGuard> logger, NodeFailure failure)
{
    /// <summary>Bytes of a path with its query; the longest that a door needs is under 300.</summary>
    public const int AddressBytesMax = 2_048;

    /// <summary>Characters of all header names and values.</summary>
    public const int HeaderCharsMax = 16_384;

    /// <summary>The pages bring all they need with them: no other origin, no inline code, no frame around them.</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        SetHeaders(context.Response.Headers);
        try
        {
            if (Limit(context.Request) is { } problem)
            {
                await Problems.Answer(problem).ExecuteAsync(context).ConfigureAwait(false);
                return;
            }

            AnswerHeadAsGet(context.Request);
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception exception)
        {
            await AnswerAsync(context, exception).ConfigureAwait(false);
        }
    }

    /// <summary>Behind the routing: a parameter that the door does not know is a mistake that would else go unseen.</summary>
    public static Task RefuseUnknownParametersAsync(HttpContext context, RequestDelegate next)
    {
        if (Door.Of(context) is { } door)
        {
            string[] known = [.. door.Parameters.Where(parameter => !parameter.InPath).Select(parameter => parameter.Name)];
            if (context.Request.Query.Keys.FirstOrDefault(name => !known.Contains(name, StringComparer.Ordinal)) is { } unknown)
            {
                string advice = known.Length == 0 ? "it takes none" : $"it takes {string.Join(", ", known)}";
                return Problems.Answer(ProblemType.UnknownParameter.With($"Leave out '{Printable(unknown)}': {advice}."))
                    .ExecuteAsync(context);
            }
        }

        return next(context);
    }

    /// <summary>Gives an answer that has only a status its problem document.</summary>
    public static Task DescribeStatusAsync(StatusCodeContext status)
    {
        HttpContext context = status.HttpContext;
        ProblemModel problem = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problems.NoSuchDoor(),
            StatusCodes.Status405MethodNotAllowed => ProblemType.Method.With($"Use {context.Response.Headers.Allow}."),
            StatusCodes.Status415UnsupportedMediaType =>
                ProblemType.MediaTypeUnknown.With($"Send it as {string.Join(" or ", MediaTypes(context))}."),
            int code => ProblemType.BadRequest.With("See /docs for the doors and their parameters.") with { Status = code },
        };
        return Problems.Answer(problem).ExecuteAsync(context);
    }

    /// <summary>What the door at the path takes. The routing has put an endpoint of its own in its place by now.</summary>
    private static IEnumerable<string> MediaTypes(HttpContext context) =>
        from endpoint in context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), []).TryMatch(context.Request.Path, [])
        from accepted in endpoint.Metadata.OfType<IAcceptsMetadata>()
        from mediaType in accepted.ContentTypes
        select mediaType;

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = PagePolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.Vary = "Accept";
    }

    /// <summary>The server's own limits lie above these, and answer without a word.</summary>
    private static ProblemModel? Limit(HttpRequest request)
    {
        if (request.Path.Value!.Length + request.QueryString.Value!.Length > AddressBytesMax)
        {
            return ProblemType.AddressTooLong.With($"An address has at most {AddressBytesMax} characters here.");
        }

        int headers = 0;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in request.Headers)
        {
            headers += name.Length + values.Sum(value => value?.Length ?? 0);
        }

        return headers > HeaderCharsMax
            ? ProblemType.HeadersTooLarge.With($"Headers have at most {HeaderCharsMax} characters together: leave out cookies.")
            : null;
    }

    /// <summary>
    /// RFC 9110 §9.3.2: the same without the content, which the server leaves out by itself. An event stream has no end
    /// to wait for.
    /// </summary>
    private static void AnswerHeadAsGet(HttpRequest request)
    {
        if (HttpMethods.IsHead(request.Method) && request.Path != "/v1/events")
        {
            request.Method = HttpMethods.Get;
        }
    }

    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        ProblemModel problem;
        if (exception is BadHttpRequestException bad)
        {
            problem = bad.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge =>
                    ProblemType.TooLarge.With($"A batch has at most {SubmitDoor.BatchBytesMax} bytes: split it."),
                StatusCodes.Status408RequestTimeout => ProblemType.Slow.With("Send it again, or in smaller parts."),
                _ => ProblemType.BadRequest.With("Send it again whole; see /docs for the doors and their parameters."),
            };
        }
        else
        {
            failure.Report(exception);
            Log.Failed(logger, context.Request.Method, context.Request.Path, exception);
            problem = ProblemType.Internal.With(
                "Send it again; what has no receipt was not kept unless a later answer says so. The node's log has the cause.");
        }

        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.Clear();
        SetHeaders(context.Response.Headers);
        await Problems.Answer(problem).ExecuteAsync(context).ConfigureAwait(false);
    }

    private static string Printable(string text) =>
        new([.. text.Take(64).Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '?')]);
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    public static partial void Failed(ILogger logger, string method, string path, Exception exception);
}

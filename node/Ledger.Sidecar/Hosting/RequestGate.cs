using Ledger.Client;

namespace Ledger.Sidecar.Hosting;

/// <summary>What holds for every request, before any door sees it, and how failures look.</summary>
internal sealed partial class RequestGate(SidecarOptions options, ILogger<RequestGate> logger)
{
    private readonly bool _loopback = System.Net.IPAddress.IsLoopback(options.Listen.Address);

    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (IsForeign(context.Request))
            {
                await Problem.ForeignOrigin.AnswerAsync(context).ConfigureAwait(false);
                return;
            }

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

    /// <summary>
    /// A page in a browser on this machine can send requests to loopback addresses, also under a name of its own: but it
    /// cannot leave Origin out, nor choose Host.
    /// </summary>
    private bool IsForeign(HttpRequest request) =>
        (request.Headers.Origin.FirstOrDefault() is { } origin && !IsHere(origin))
        || (_loopback && request.Headers.Host.FirstOrDefault() is { } host && !IsHere($"http://{host}"));

    private static bool IsHere(string origin) => Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && from.IsLoopback;

    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        Problem? problem = exception is BadHttpRequestException bad
            ? bad.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => Problem.TooLarge(options.RequestBytesMax),
                StatusCodes.Status415UnsupportedMediaType => Problem.MediaTypeUnknown,
                _ => Problem.BadRequest("Send it again whole."),
            }
            : Problem.For(exception);
        if (problem is null)
        {
            Failed(logger, context.Request.Method, context.Request.Path, exception);
        }
        else if (problem.Status == StatusCodes.Status507InsufficientStorage)
        {
            Refused(logger, context.Request.Method, context.Request.Path, exception.Message);
        }

        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.Clear();
        await (problem ?? Problem.Internal).AnswerAsync(context).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void Failed(ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path}: {Reason}")]
    private static partial void Refused(ILogger logger, string method, string path, string reason);
}

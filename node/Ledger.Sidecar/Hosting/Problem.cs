using System.Text.Json;
using Ledger.Client;
using Ledger.Sidecar.Acts;

namespace Ledger.Sidecar.Hosting;

/// <summary>A problem document (RFC 9457).</summary>
/// <param name="Type">Stable; compare with this.</param>
/// <param name="Detail">One sentence that says what to do.</param>
/// <param name="Intent">Of the act that the problem concerns, once it has an intent.</param>
/// <param name="Outcome">The outcome that stands already.</param>
internal sealed record Problem(
    string Type, string Title, int Status, string Detail, string? Intent = null, string? Outcome = null)
{
    private const string MediaType = "application/problem+json";
    private const string Prefix = "urn:ledger:problem:";

    public static Problem BadRequest(string detail) => Of("bad-request", 400, "The request cannot be read", detail);

    public static Problem ForeignOrigin { get; } = Of(
        "foreign-origin",
        403,
        "The request comes from another site",
        "Only programs on this machine act through the sidecar: send no Origin, and a Host that names this machine.");

    public static Problem NoSuchDoor { get; } = Of(
        "no-such-door", 404, "No such door", "There are POST /intent, POST /outcome, GET /status and GET /healthz.");

    public static Problem UnknownIntent { get; } = Of(
        "unknown-intent",
        404,
        "No act with this intent is under way",
        "Give the id that POST /intent answered; an act that outlived its deadline or the sidecar was closed by it.");

    public static Problem OutcomeStands(string outcome) => Of(
        "outcome-stands",
        409,
        "The act has its outcome already",
        "An act has one outcome; seal a correction if it says something wrong.") with { Outcome = outcome };

    public static Problem TooLarge(int bytes) => Of(
        "too-large", 413, "The request is too large", $"A request has at most {bytes} bytes here.");

    public static Problem MediaTypeUnknown { get; } = Of(
        "media-type", 415, "The door takes other media types", "Send the body as application/json.");

    public static Problem Internal { get; } = Of(
        "internal", 500, "The sidecar failed to answer", "Its log has the cause. An act without an answer must not run.");

    public static Problem UpstreamFailed(string detail) =>
        Of("upstream-failed", 502, "The upstream did not answer as it should", detail);

    public static Problem UpstreamLate { get; } = Of(
        "upstream-late", 504, "The upstream did not answer in time", "The act was stopped; its outcome says timed-out.");

    /// <summary>The document for what a guard throws; null for what is a mistake of ours.</summary>
    public static Problem? For(Exception exception) => exception switch
    {
        GuardBusyException => Of("busy", 503, "Too many acts are under way", exception.Message),
        ModelStateException or UsageException =>
            Of("model-changed", 409, "The model is not as it was attested", exception.Message),
        GoAheadTimeoutException late => Of("not-in-time", 504, "The intent did not come as far as asked", late.Message)
            with { Intent = late.Intent.ToString() },
        IntentNotDurableException { InnerException: ChainFileException { Error: ChainFileError.Diverged } } =>
            Of("chain-diverged", 409, "The node holds another history", exception.Message),
        IntentNotDurableException { InnerException: SealRefusedException } =>
            Of("record-refused", 422, "The record would break a rule", exception.Message),
        IntentNotDurableException =>
            Of("not-durable", 507, "The intent could not be made durable", exception.Message),
        OutcomeNotSealedException lost => Of("outcome-not-sealed", 507, "The outcome could not be sealed", lost.Message)
            with { Intent = lost.Intent.ToString() },
        ArgumentException => BadRequest(exception.Message.Split(" (Parameter")[0]),
        _ => null,
    };

    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        context.Response.ContentType = MediaType;
        if (Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        await JsonSerializer
            .SerializeAsync(context.Response.Body, this, SidecarJson.Default.Problem, context.RequestAborted)
            .ConfigureAwait(false);
    }

    private static Problem Of(string name, int status, string title, string detail) =>
        new(Prefix + name, title, status, detail);
}

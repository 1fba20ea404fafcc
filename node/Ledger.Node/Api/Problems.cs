using Ledger.Records;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;

namespace Ledger.Node.Api;

/// <summary>Problem documents (RFC 9457). A <c>type</c> is stable; a <c>detail</c> says what to do.</summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    public static ProblemModel Of(string type, int status, string title, string detail) =>
        new($"urn:ledger:problem:{type}", title, status, detail);

    public static ProblemModel BadParameter(string name, string expected) =>
        Of("bad-parameter", 400, "A parameter cannot be read", $"Give '{name}' as {expected}.");

    public static ProblemModel NotFound(string what, string detail) =>
        Of("not-found", 404, $"No such {what}", detail);

    public static ProblemModel NoSuchDoor() =>
        Of("no-such-door", 404, "No such door", "See /docs for what this node answers, or /openapi/v1.json for machines.");

    public static ProblemModel TooLarge(string detail) => Of("too-large", 413, "The request is too large", detail);

    public static ProblemModel MediaTypeUnknown(string detail) =>
        Of("media-type", 415, "The media type is not one that this door takes", detail);

    public static ProblemModel For(Refusal refusal, int? index)
    {
        (string type, int status, string title) = refusal.Kind switch
        {
            RefusalKind.Unsound when refusal.Fault?.Layer == Layer.Encoding => ("record-form", 400, "The bytes are no record"),
            RefusalKind.Unsound => ("record-signature", 400, "The record's signature does not hold"),
            RefusalKind.Misplaced => ("record-place", 409, "The record does not continue its stream"),
            RefusalKind.Fork => ("record-fork", 409, "Another record stands at this place"),
            RefusalKind.NotAdmitted when refusal.Admission?.Kind == AdmissionRefusalKind.NotInvited =>
                ("not-invited", 403, "The stream is not invited"),
            RefusalKind.NotAdmitted => ("quota", 429, "A quota is used up"),
            RefusalKind.Busy => ("busy", 503, "The node is busy"),
            RefusalKind.DiskFull => ("disk-full", 507, "The node's disk is full"),
            _ => throw new InvalidOperationException($"Unnamed refusal {refusal.Kind}."),
        };
        return Of(type, status, title, refusal.Detail) with
        {
            Layer = refusal.Fault?.Layer.Word(),
            Reason = refusal.Fault?.Reason,
            Offset = refusal.Fault?.Offset,
            Index = index,
            Remaining = refusal.Admission?.Remaining,
            Limit = refusal.Admission?.Limit,
        };
    }

    public static IResult Answer(ProblemModel problem) =>
        Results.Json(problem, ApiJson.Default.ProblemModel, MediaType, problem.Status);
}

using Ledger.Records;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;

namespace Ledger.Node.Api;

/// <summary>Problem documents for what callers get wrong, and for what the node cannot do.</summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    public static ProblemModel BadParameter(string name, string expected) =>
        ProblemType.BadParameter.With($"Give '{name}' as {expected}.");

    public static ProblemModel NoSuchDoor() =>
        ProblemType.NoSuchDoor.With("See /docs for what this node answers, or /openapi/v1.json for machines.");

    public static ProblemModel For(Refusal refusal, int? index) => TypeOf(refusal).With(refusal.Detail) with
    {
        Layer = refusal.Fault?.Layer.Word(),
        Reason = refusal.Fault?.Reason,
        Offset = refusal.Fault?.Offset,
        Index = index,
        Remaining = refusal.Admission?.Remaining,
        Limit = refusal.Admission?.Limit,
    };

    public static IResult Answer(ProblemModel problem) => new ProblemResult(problem);

    private static ProblemType TypeOf(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.Unsound when refusal.Fault?.Layer == Layer.Encoding => ProblemType.RecordForm,
        RefusalKind.Unsound => ProblemType.RecordSignature,
        RefusalKind.Misplaced => ProblemType.RecordPlace,
        RefusalKind.Fork => ProblemType.RecordFork,
        RefusalKind.NotAdmitted when refusal.Admission?.Kind == AdmissionRefusalKind.NotInvited => ProblemType.NotInvited,
        RefusalKind.NotAdmitted => ProblemType.Quota,
        RefusalKind.Busy => ProblemType.Busy,
        RefusalKind.DiskFull => ProblemType.DiskFull,
        _ => throw new InvalidOperationException($"Unnamed refusal {refusal.Kind}."),
    };

    private sealed class ProblemResult(ProblemModel problem) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            if (ProblemType.All.First(type => type.Address == problem.Type).RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString();
            }

            return Results.Json(problem, ApiJson.Readable.ProblemModel, MediaType, problem.Status).ExecuteAsync(context);
        }
    }
}

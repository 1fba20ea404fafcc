using System.Collections.Immutable;

namespace Ledger.Node.Api;

/// <summary>One kind of problem document (RFC 9457). Its address never changes its meaning.</summary>
/// <param name="Title">The same in every document of this type.</param>
/// <param name="RetryAfterSeconds">Sent as Retry-After where sending again, unchanged, may succeed.</param>
internal sealed record ProblemType(string Name, int Status, string Title, int? RetryAfterSeconds = null)
{
    public const string Prefix = "urn:ledger:problem:";

    public static readonly ProblemType BadParameter = new("bad-parameter", 400, "A parameter cannot be read");
    public static readonly ProblemType UnknownParameter = new("unknown-parameter", 400, "The door has no such parameter");
    public static readonly ProblemType BadRequest = new("bad-request", 400, "The request cannot be read");
    public static readonly ProblemType RecordForm = new("record-form", 400, "The bytes are no record");
    public static readonly ProblemType RecordSignature = new("record-signature", 400, "A signature of the record does not hold");
    public static readonly ProblemType FreezeForm = new("freeze-form", 400, "The bytes are no freeze");
    public static readonly ProblemType ProposalForm = new("proposal-form", 400, "The bytes are no proposal");
    public static readonly ProblemType DigestsForm = new("digests-form", 400, "The bytes are no digests");
    public static readonly ProblemType NotInvited = new("not-invited", 403, "The stream is not invited");
    public static readonly ProblemType NotFound = new("not-found", 404, "This node does not hold what was asked for");
    public static readonly ProblemType NoSuchDoor = new("no-such-door", 404, "No such door");
    public static readonly ProblemType Method = new("method", 405, "The door takes other methods");
    public static readonly ProblemType NotAcceptable = new("not-acceptable", 406, "The door answers in other media types");
    public static readonly ProblemType Slow = new("slow", 408, "The request took too long to arrive", 1);
    public static readonly ProblemType RecordPlace = new("record-place", 409, "The record does not continue its stream");
    public static readonly ProblemType RecordFork = new("record-fork", 409, "Another record stands at this place");
    public static readonly ProblemType FreezeRefused = new("freeze-refused", 409, "The freeze is not heeded");
    public static readonly ProblemType ProposalRefused = new("proposal-refused", 409, "The proposal does not count here");
    public static readonly ProblemType NotSettled = new("not-settled", 409, "The record is not settled yet", 1);
    public static readonly ProblemType NotAnchored = new("not-anchored", 409, "The record is not anchored yet", 60);
    public static readonly ProblemType NoBlock = new("no-block", 409, "The chain has no block yet", 1);
    public static readonly ProblemType TooLarge = new("too-large", 413, "The request is too large");
    public static readonly ProblemType AddressTooLong = new("address-too-long", 414, "The address is too long");
    public static readonly ProblemType MediaTypeUnknown = new("media-type", 415, "The door takes other media types");
    public static readonly ProblemType NothingAccepted = new("nothing-accepted", 422, "No record of the batch was accepted");
    public static readonly ProblemType RangeTooLong = new("range-too-long", 422, "The range is too long for one file");
    public static readonly ProblemType Quota = new("quota", 429, "A quota is used up");
    public static readonly ProblemType HeadersTooLarge = new("headers-too-large", 431, "The headers are too large");
    public static readonly ProblemType Internal = new("internal", 500, "The node failed to answer");
    public static readonly ProblemType NotOffered = new("not-offered", 501, "This node is not set up for that");
    public static readonly ProblemType Busy = new("busy", 503, "The node is busy", 1);
    public static readonly ProblemType DiskFull = new("disk-full", 507, "The node's disk is full", 60);

    /// <summary>Of any door, before it has looked at anything of its own.</summary>
    public static readonly ImmutableArray<ProblemType> OfAnyDoor =
        [BadRequest, UnknownParameter, Method, AddressTooLong, HeadersTooLarge, Internal];

    public static readonly ImmutableArray<ProblemType> All =
    [
        BadParameter, UnknownParameter, BadRequest, RecordForm, RecordSignature, FreezeForm, ProposalForm, DigestsForm,
        NotInvited, NotFound, NoSuchDoor, Method, NotAcceptable, Slow, RecordPlace, RecordFork, FreezeRefused, ProposalRefused,
        NotSettled, NotAnchored, NoBlock, TooLarge, AddressTooLong, MediaTypeUnknown, NothingAccepted, RangeTooLong,
        Quota, HeadersTooLarge, Internal, NotOffered, Busy, DiskFull,
    ];

    public string Address => Prefix + Name;

    /// <param name="detail">One sentence that says what to do.</param>
    public ProblemModel With(string detail) => new(Address, Title, Status, detail);
}

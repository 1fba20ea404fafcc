using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Addresses;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Runtime.Governance;

namespace Ledger.Node.Doors;

/// <summary>
/// The configuration, and approvals of its next change. An approval authenticates itself by a member's cold key, as a
/// record does by a stream's, so this stands beside the door for records and needs no listener of its own.
/// </summary>
internal static class GovernanceDoors
{
    private const string Cbor = "application/cbor";

    /// <summary>Proposals that are read and judged at once; one more is refused as busy.</summary>
    private const int ProposalsMax = 8;

    /// <summary>A change fits into a record, and each member approves once.</summary>
    private const int ProposalBytesMax = 1 << 20;

    public static void Map(IEndpointRouteBuilder app)
    {
        Gate gate = new(ProposalsMax);
        app.MapGet("/v1/governance", Show).Produces<GovernanceModel>()
            .Describe(new Door("getGovernance", Door.Governance, "The configuration, and changes that wait for approvals"));
        app.MapPost("/v1/governance", (HttpRequest request, NodeReader reader) => SubmitAsync(request, reader, gate))
            .Accepts<byte[]>(Cbor).Produces<ProposalReceiptModel>()
            .Describe(new Door("submitApprovals", Door.Governance, "Hand in approvals of a change")
            {
                Description = $"A proposal file of at most {ProposalBytesMax} bytes, as `ledger gov` writes it. The node seals the "
                    + "approvals that it does not know in its own stream, all of them or, where one does not hold, none. "
                    + "Handing in the same again seals nothing.",
                Problems =
                [
                    ProblemType.ProposalForm, ProblemType.ProposalRefused, ProblemType.Slow, ProblemType.TooLarge,
                    ProblemType.MediaTypeUnknown, ProblemType.Busy,
                ],
            });
    }

    private static IResult Show(NodeReader reader)
    {
        GovernanceState state = reader.Node.Governance;
        return Results.Json(
            new GovernanceModel(
                state.Chain.ToString(), state.Height.Next.Value, state.InForce.Change, state.Decided.Change,
                Convert.ToHexStringLower(state.Decided.Encode()),
                [.. state.InForce.Validators.Select(member => Describe(member, reader))],
                [.. state.Proposals.Select(open => Describe(open, state.Decided))]),
            ApiJson.Readable.GovernanceModel);
    }

    private static MemberModel Describe(Validator member, NodeReader reader) => new(
        member.Name, FingerprintWords.Of(member.VoteKeyId), member.Power, member.VoteKeyId.ToString(),
        member.GovernanceKeyId.ToString(), member.Stream.ToString(),
        PeerId.TryParse(member.Peer.Span, out PeerId? peer) ? peer.ToString() : "", member.Name == reader.Self);

    private static ProposalModel Describe(OpenProposal open, Configuration decided) => new(
        open.Id.ToString(), open.At, Convert.ToHexStringLower(open.ChangeBytes.Span),
        [.. open.ApprovedBy.Select(member => member.Name)],
        new VoteCountModel(
            open.ApprovedBy.Aggregate(0UL, (sum, member) => sum + member.Power), decided.QuorumPower, decided.TotalPower));

    private static async Task<IResult> SubmitAsync(HttpRequest request, NodeReader reader, Gate gate)
    {
        if (!Negotiation.Is(request.ContentType, Cbor) || request.Headers.ContentEncoding.Count > 0)
        {
            return Problems.Answer(ProblemType.MediaTypeUnknown.With($"Send a proposal file as {Cbor}, not encoded."));
        }

        if (!gate.TryEnter(1))
        {
            return Problems.Answer(ProblemType.Busy.With("This node judges as many proposals as it may at once: send again in a second."));
        }

        try
        {
            if (await RequestBody.ReadAsync(request, ProposalBytesMax).ConfigureAwait(false) is not { } body)
            {
                return Problems.Answer(ProblemType.TooLarge.With(
                    $"A proposal file has at most {ProposalBytesMax} bytes here: leave approvals out, and hand them in one after the other."));
            }

            if (!ProposalFile.TryParse(body, out ProposalFile proposal, out CborError error))
            {
                return Problems.Answer(ProblemType.ProposalForm.With("Send a file that 'ledger gov propose' or 'approve' wrote.") with
                {
                    Reason = error.Fault.ToString(),
                    Offset = error.Offset,
                });
            }

            ProposalOutcome outcome = await reader.Node.SubmitAsync(proposal).ConfigureAwait(false);
            return outcome.Fault is { } fault
                ? Problems.Answer(ProblemType.ProposalRefused.With(fault))
                : Results.Json(
                    new ProposalReceiptModel(proposal.At, outcome.Sealed.Length, outcome.Record?.Id.ToString()),
                    ApiJson.Readable.ProposalReceiptModel);
        }
        finally
        {
            gate.Leave(1);
        }
    }
}

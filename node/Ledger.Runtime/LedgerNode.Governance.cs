using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Governance;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime;

/// <content>What the consortium decides about itself.</content>
public sealed partial class LedgerNode
{
    /// <summary>How long a node that keeps silent, as after a restore, holds up whoever hands in a proposal.</summary>
    private static readonly TimeSpan SealPatience = TimeSpan.FromSeconds(30);

    /// <summary>One at a time, so that an approval that comes twice at once is sealed once.</summary>
    private readonly SemaphoreSlim _proposals = new(1, 1);

    /// <summary>As of the last settled block.</summary>
    public GovernanceState Governance => GovernanceState.Of(Head, Store);

    /// <summary>
    /// Takes the approvals of a proposal up into the node's own stream, where they count: rule Q10. All of them, or none
    /// where one does not hold. Durable when this answers. Handing in the same again seals nothing.
    /// </summary>
    public async Task<ProposalOutcome> SubmitAsync(ProposalFile proposal)
    {
        await _proposals.WaitAsync().ConfigureAwait(false);
        try
        {
            GovernanceState state = Governance;
            bool isOwn = _ownStream is { } stream && AdmissionRules.IsOwnStream(Head.Configuration, stream);
            if (ProposalJudge.FindFault(proposal, state, isOwn) is { } fault)
            {
                return new ProposalOutcome(fault, [], null);
            }

            ImmutableArray<ChangeApproval> fresh = Fresh(proposal, state);
            Receipt? last = null;
            foreach (ChangeApproval[] part in fresh.Chunk(ProposalJudge.ApprovalsInOneRecord(proposal)))
            {
                CborMap body = Body.Governance(
                    (CborMap)CborValue.Decode(proposal.ChangeBytes.Span), proposal.At,
                    [.. part.Select(approval => (approval.Key, approval.Signature))]);
                last = await SealOwnAsync(RecordKind.Governance, body).WaitAsync(SealPatience, _clock).ConfigureAwait(false);
            }

            return new ProposalOutcome(null, fresh, last);
        }
        catch (TimeoutException)
        {
            return new ProposalOutcome(
                "This node may not seal in its own stream just now; /readyz says why. Hand the file to another validator's node.",
                [], null);
        }
        finally
        {
            _proposals.Release();
        }
    }

    /// <summary>
    /// Approvals of this very change that neither settled nor wait. What waits is read only where the chain does not say
    /// enough: anybody may hand in what is public.
    /// </summary>
    private ImmutableArray<ChangeApproval> Fresh(ProposalFile proposal, GovernanceState state)
    {
        Digest id = Digest.Of(proposal.SignedBytes);
        HashSet<KeyId> settled = [.. state.Proposals.Where(open => open.Id == id)
            .SelectMany(open => open.ApprovedBy).Select(member => member.GovernanceKeyId)];
        ImmutableArray<ChangeApproval> fresh = proposal.Approvals.RemoveAll(approval => settled.Contains(approval.Key));
        if (fresh.IsEmpty)
        {
            return fresh;
        }

        HashSet<KeyId> waiting = [.. WaitingApprovals(proposal)];
        return fresh.RemoveAll(approval => waiting.Contains(approval.Key));
    }

    /// <summary>In records that somebody answers for: what a peer only shared may be let go again.</summary>
    private IEnumerable<KeyId> WaitingApprovals(ProposalFile proposal) => _raw.Scan(Table.Pending, [], null)
        .Where(pair => PendingRecord.IsOfAcknowledged(pair.Value))
        .Select(pair => Store.Record(PendingRecord.IdOf(pair.Value)))
        .Where(record => record?.Kind == RecordKind.Governance)
        .SelectMany(record => GovernanceBody.TryRead(record!, out GovernanceBody? body, out _)
            && body.At == proposal.At && body.ChangeBytes.Span.SequenceEqual(proposal.ChangeBytes.Span)
            ? body.Approvals.Select(approval => approval.Key) : []);
}

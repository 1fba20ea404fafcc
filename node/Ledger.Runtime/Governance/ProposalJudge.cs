using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime.Execution;

namespace Ledger.Runtime.Governance;

/// <summary>Rule Q10: which proposals a node takes up into its own stream.</summary>
internal static class ProposalJudge
{
    /// <summary>Bytes of a record beside the change and the approvals: signature, header, names of members.</summary>
    private const int OverheadBytes = 6_000;

    /// <summary>Bytes of one encoded approval, rounded up.</summary>
    private const int ApprovalBytes = Limits.SignatureBytes + 64;

    /// <summary>How many approvals of this change one record holds; 0 where not one fits beside the change.</summary>
    public static int ApprovalsInOneRecord(ProposalFile proposal) =>
        Math.Max(0, (Limits.RecordBytes - OverheadBytes - proposal.ChangeBytes.Length) / ApprovalBytes);

    /// <summary>Null if every approval counts as things stand; else one sentence that says what to do.</summary>
    /// <param name="ownStream">Whether the node's stream is a validator's.</param>
    public static string? FindFault(ProposalFile proposal, GovernanceState state, bool ownStream)
    {
        Configuration decided = state.Decided;
        if (!ownStream)
        {
            return "This node has no validator's stream to seal approvals in: hand the file to a validator's node.";
        }

        if (proposal.Chain != state.Chain)
        {
            return $"The proposal is for chain {proposal.Chain}, and this node's is {state.Chain}: hand it to a node of that chain.";
        }

        if (proposal.At != decided.Change + 1)
        {
            return $"The proposal is for change {proposal.At}, and the next one here is {decided.Change + 1}: "
                + "propose it anew, and let members approve that.";
        }

        if (!proposal.Change.TryApply(decided, out _, out string fault))
        {
            return $"The change cannot be executed, {fault}: propose another.";
        }

        if (ApprovalsInOneRecord(proposal) == 0)
        {
            return $"The change has {proposal.ChangeBytes.Length} bytes, too many for one record: propose it in parts.";
        }

        if (proposal.Approvals.IsEmpty)
        {
            return "Nobody has approved the proposal yet: 'ledger gov approve' signs it.";
        }

        byte[] signed = proposal.SignedBytes;
        foreach (ChangeApproval approval in proposal.Approvals)
        {
            Validator? member = decided.Validators.FirstOrDefault(one => one.GovernanceKeyId == approval.Key);
            if (member is null)
            {
                return $"The key {approval.Key} is no member's governance key: leave that approval out.";
            }

            if (!MlDsa65.Verify(member.GovernanceKey.Span, signed, default, approval.Signature.Span))
            {
                return $"The approval of {member.Name} is not signed by its governance key: let it approve again.";
            }
        }

        return null;
    }
}

/// <summary>What came of a proposal that was handed in.</summary>
/// <param name="Fault">One sentence that says what to do; null where it was taken.</param>
/// <param name="Sealed">Approvals that this node sealed now; those it knew already are not sealed twice.</param>
/// <param name="Record">The record that brings them; null where all were known.</param>
public sealed record ProposalOutcome(string? Fault, ImmutableArray<ChangeApproval> Sealed, Intake.Receipt? Record);

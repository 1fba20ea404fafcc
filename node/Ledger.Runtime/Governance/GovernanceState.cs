using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records.Bodies;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Governance;

/// <summary>A change that some have approved and not enough have.</summary>
/// <param name="Id">SHA-256 of what is signed.</param>
/// <param name="At">Number that the change would get.</param>
/// <param name="ApprovedBy">Members whose approval settled, in the order of the configuration.</param>
public sealed record OpenProposal(
    Digest Id, ulong At, ReadOnlyMemory<byte> ChangeBytes, ImmutableArray<Validator> ApprovedBy);

/// <summary>What a consortium has decided, and what it is deciding, as of one settled block. Immutable.</summary>
/// <param name="InForce">At the height in progress.</param>
/// <param name="Decided">Decided last: in force two heights after the block that decided it. Its members approve what comes next.</param>
public sealed record GovernanceState(
    ChainId Chain, Height Height, Configuration InForce, Configuration Decided, ImmutableArray<OpenProposal> Proposals)
{
    internal static GovernanceState Of(ChainHead head, ChainStore store)
    {
        Configuration decided = head.Upcoming;
        ImmutableArray<OpenProposal>.Builder open = ImmutableArray.CreateBuilder<OpenProposal>();
        foreach (IGrouping<Digest, Approval> approvals in store.Approvals().GroupBy(approval => approval.Change))
        {
            if (store.Record(approvals.First().Record) is { } record
                && GovernanceBody.TryRead(record, out GovernanceBody? body, out _)
                && body.At == decided.Change + 1)
            {
                HashSet<KeyId> keys = [.. approvals.Select(approval => approval.Key)];
                open.Add(new OpenProposal(
                    approvals.Key, body.At, body.ChangeBytes,
                    [.. decided.Validators.Where(member => keys.Contains(member.GovernanceKeyId))]));
            }
        }

        return new GovernanceState(head.Chain, head.Height, head.Configuration, decided, open.ToImmutable());
    }
}

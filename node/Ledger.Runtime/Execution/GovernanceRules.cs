using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Execution;

/// <summary>
/// The conditions of rule Q4 by which approvals become a decision. Product code has only these; tests derive from the
/// class to break one at a time, and show that something then fails.
/// </summary>
internal class GovernanceRules
{
    public static GovernanceRules Sound { get; } = new();

    /// <summary>Whether an approval is for a change: of what it says, at the number that it has.</summary>
    public virtual bool IsFor(Approval approval, Digest change) => approval.Change == change;

    /// <summary>Whether this much power decides.</summary>
    /// <param name="deciding">The validators that were decided on last.</param>
    public virtual bool Decides(ulong power, Configuration deciding) => deciding.IsQuorum(power);
}

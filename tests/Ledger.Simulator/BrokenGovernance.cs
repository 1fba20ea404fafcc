using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;

namespace Ledger.Simulator;

/// <summary>Deliberate bugs in the tally of approvals, one each. They live here and nowhere else.</summary>
internal static class BrokenGovernance
{
    /// <summary>Whoever approved anything that waits has approved this as well.</summary>
    public sealed class ApprovalsOfOtherChangesCount : GovernanceRules
    {
        public override bool IsFor(Approval approval, Digest change) => true;
    }

    /// <summary>More than half of the power, where more than two thirds is asked for.</summary>
    public sealed class AMajorityDecides : GovernanceRules
    {
        public override bool Decides(ulong power, Configuration deciding) => 2 * power > deciding.TotalPower;
    }
}

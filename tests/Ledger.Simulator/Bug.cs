using Ledger.Consensus;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Loop;

namespace Ledger.Simulator;

/// <summary>
/// One deliberate bug, in the replica's rules, in those of the loop around it, in the tally of approvals or in the
/// store, and the invariants that it breaks.
/// </summary>
/// <param name="Rules">Each node's own.</param>
internal sealed record Bug(string Name, Func<LoopRules> Rules, params string[] Invariants)
{
    public static Bug None { get; } = new("none", () => LoopRules.Sound);

    /// <summary>It shows in one of hundreds of seeds.</summary>
    public bool IsRare { get; init; }

    /// <summary>A store whose writes return before they are on the disk.</summary>
    public bool SyncsWithoutData { get; init; }

    /// <summary>A store that says nothing of a write for which it had no space.</summary>
    public bool TakesFullForDone { get; init; }

    public SafetyRules Safety => Rules().Safety;

    public static Bug Of(SafetyRules rules, params string[] invariants) =>
        new(rules.GetType().Name, () => new Holding(rules), invariants);

    public static Bug Of(GovernanceRules rules, params string[] invariants) =>
        new(rules.GetType().Name, () => new Governed(rules), invariants);

    public static Bug Of<TRules>(params string[] invariants)
        where TRules : LoopRules, new() => new(typeof(TRules).Name, () => new TRules(), invariants);

    public override string ToString() => Name;

    private sealed class Holding(SafetyRules rules) : LoopRules
    {
        public override SafetyRules Safety => rules;
    }

    private sealed class Governed(GovernanceRules rules) : LoopRules
    {
        public override GovernanceRules Governance => rules;
    }
}

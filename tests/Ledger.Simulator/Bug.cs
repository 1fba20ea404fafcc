using Ledger.Consensus;

namespace Ledger.Simulator;

/// <summary>One deliberate bug, in the replica's rules or in the driver's, and the invariants that it breaks.</summary>
internal sealed record Bug(string Name, SafetyRules Safety, DriverRules Driver, params string[] Invariants)
{
    public static Bug None { get; } = new("none", SafetyRules.Sound, DriverRules.Sound);

    public static Bug Of(SafetyRules rules, params string[] invariants) =>
        new(rules.GetType().Name, rules, DriverRules.Sound, invariants);

    public static Bug Of(DriverRules rules, params string[] invariants) =>
        new(rules.GetType().Name, SafetyRules.Sound, rules, invariants);

    public override string ToString() => Name;
}

namespace Ledger.Simulator;

/// <summary>A rule of the simulated world that no honest replica may break.</summary>
internal sealed class InvariantBrokenException(string invariant, string detail)
    : Exception($"{invariant}: {detail}")
{
    public string Invariant { get; } = invariant;
}

namespace Ledger.Runtime.Roots;

/// <summary>What one node takes of integrators, whoever they are: a bare digest names nobody.</summary>
/// <param name="PerMinute">Digests in a minute; as many may come at once.</param>
/// <param name="WaitingMax">Digests that wait for a root, those not yet durable included.</param>
public sealed record RootLimits(ulong PerMinute, int WaitingMax)
{
    /// <summary>Digests of one submission.</summary>
    public const int SubmissionMax = 100_000;

    public static RootLimits Usual { get; } = new(PerMinute: 600_000, WaitingMax: 1_000_000);
}

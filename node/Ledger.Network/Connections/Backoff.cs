namespace Ledger.Network.Connections;

/// <summary>How long to wait before dialling again: twice as long after each failure, up to a minute, never for ever.</summary>
internal static class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="chance">From 0 to 1: spreads the wait over its upper half, so that peers do not return in step.</param>
    public static TimeSpan Delay(int failures, double chance)
    {
        double full = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(full * (0.5 + (Math.Clamp(chance, 0, 1) / 2)));
    }
}

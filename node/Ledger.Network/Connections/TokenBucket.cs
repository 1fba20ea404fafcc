namespace Ledger.Network.Connections;

/// <summary>
/// How fast something may come: so much a second, and a burst at once. Time is an input. What is spent beyond the burst is
/// a debt, and the answer says how long to wait until it is paid. Not thread-safe.
/// </summary>
/// <param name="perSecond">Refill per second, from 1.</param>
/// <param name="burst">What a full bucket holds.</param>
internal sealed class TokenBucket(long perSecond, long burst)
{
    // Longer pauses refill any bucket, and the product stays far from overflow.
    private const long MostMs = 3_600_000;

    private long _spent;
    private long _atMs;

    /// <summary>Spends; zero when that was within the limit.</summary>
    public TimeSpan Spend(long amount, long nowMs)
    {
        // What refills by now; a clock's first reading finds the bucket full.
        long elapsedMs = Math.Clamp(nowMs - _atMs, 0, MostMs);
        _spent = Math.Max(0, _spent - (elapsedMs * perSecond / 1_000));
        _atMs = nowMs;
        _spent = Math.Min(_spent + amount, 2 * burst);
        return _spent <= burst
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(((_spent - burst) * 1_000 / perSecond) + 1);
    }
}

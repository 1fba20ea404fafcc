using Ledger.Core;

namespace Ledger.Anchoring.Roots;

/// <summary>
/// How many digests a node takes: so many a minute, evenly refilled, up to a minute's worth at once. A value: taking
/// makes another one.
/// </summary>
/// <param name="PerMinute">Digests.</param>
/// <param name="Left">Digests that may come at <paramref name="At"/>.</param>
public sealed record DigestQuota(ulong PerMinute, ulong Left, UnixTime At)
{
    private const ulong MinuteMs = 60_000;

    public static DigestQuota Full(ulong perMinute, UnixTime now) => new(perMinute, perMinute, now);

    /// <summary>All of them or none.</summary>
    /// <param name="after">What is left then.</param>
    public bool TryTake(int count, UnixTime now, out DigestQuota after)
    {
        ulong passed = now > At ? Math.Min(now.Milliseconds - At.Milliseconds, MinuteMs) : 0;
        ulong fresh = passed * PerMinute / MinuteMs;

        // Time that bought nothing counts further, so that many small questions lose none of it.
        after = fresh == 0 && now >= At ? this : this with { Left = Math.Min(PerMinute, Left + fresh), At = now };
        if (after.Left < (ulong)count)
        {
            return false;
        }

        after = after with { Left = after.Left - (ulong)count };
        return true;
    }
}

using System.Security.Cryptography;

namespace Ledger.Client.Http;

/// <summary>
/// Waits longer each time, and no longer than a patience altogether. One for each thing that is tried.
/// </summary>
internal sealed class Backoff(TimeSpan patience, TimeProvider clock)
{
    private const int FirstMs = 50;
    private const int LongestMs = 5_000;

    private readonly long _start = clock.GetTimestamp();
    private int _nextMs = FirstMs;
    private bool _last;

    /// <summary>False once the patience is at its end; else true, after the wait.</summary>
    /// <param name="atLeast">What the node asked for, if it did.</param>
    public async Task<bool> TryWaitAsync(TimeSpan? atLeast, CancellationToken cancellation)
    {
        TimeSpan left = patience - clock.GetElapsedTime(_start);
        if (_last || left <= TimeSpan.Zero)
        {
            return false;
        }

        // A random half, so that clients that failed together do not come back together.
        int milliseconds = (_nextMs / 2) + RandomNumberGenerator.GetInt32((_nextMs / 2) + 1);
        _nextMs = Math.Min(_nextMs * 2, LongestMs);
        TimeSpan wait = TimeSpan.FromMilliseconds(milliseconds);
        wait = atLeast > wait ? atLeast.Value : wait;

        // The rest of the patience is waited in one piece, for one last try.
        _last = wait >= left;
        await Task.Delay(_last ? left : wait, clock, cancellation).ConfigureAwait(false);
        return true;
    }
}

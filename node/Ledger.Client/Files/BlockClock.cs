using Ledger.Core;

namespace Ledger.Client.Files;

/// <summary>
/// The time of the last block seen, carried forward by the machine's steady clock, which no one sets. A record settles
/// only in a block whose time is at least its own minus ten minutes, and a stream's time never runs back: one record
/// sealed under a clock that is far ahead would hold up all that follow. Thread-safe.
/// </summary>
internal sealed class BlockClock(TimeProvider clock)
{
    private volatile Seen? _seen;

    /// <summary>Blocks may be reported late, again, or out of order; the newest counts.</summary>
    public void See(UnixTime block)
    {
        if (block.Milliseconds > 0 && (_seen is not { } seen || block > seen.Block))
        {
            _seen = new Seen(block, clock.GetTimestamp());
        }
    }

    /// <summary>Why a record of this time must not be sealed; null if it may, or if no block was seen yet.</summary>
    public string? Refuses(UnixTime time)
    {
        if (_seen is not { } seen)
        {
            return null;
        }

        ulong now = seen.Block.Milliseconds + (ulong)clock.GetElapsedTime(seen.Timestamp).TotalMilliseconds;
        return time.Milliseconds <= now + Limits.RecordAheadOfBlockMs
            ? null
            : $"its time would be {(time.Milliseconds - now) / 60_000} minutes ahead of the last block seen, and no block "
                + "takes a record that is more than ten ahead; set this machine's clock, and where the stream's time "
                + "itself is ahead, seal a gap record of type clock";
    }

    private sealed record Seen(UnixTime Block, long Timestamp);
}

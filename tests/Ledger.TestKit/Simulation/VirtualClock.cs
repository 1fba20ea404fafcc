namespace Ledger.TestKit.Simulation;

/// <summary>
/// A node's clock in virtual time, skewed against the others'. Its timers fire on the thread that runs the network, one
/// after the other, and never once the node has crashed.
/// </summary>
/// <param name="after">Does something after a while of virtual time.</param>
/// <param name="now">Virtual time since the beginning.</param>
/// <param name="fired">Called after each timer: the node has something to do.</param>
public sealed class VirtualClock(
    DateTimeOffset epoch, TimeSpan skew, Func<TimeSpan> now, Action<TimeSpan, Action> after, Action fired)
    : TimeProvider
{
    public bool Stopped { get; set; }

    public override DateTimeOffset GetUtcNow() => epoch + skew + now();

    public override long GetTimestamp() => now().Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(VirtualClock clock, Action callback) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
                clock.After(dueTime, () => Fire(setting, period));
            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int setting, TimeSpan period)
        {
            if (setting != _setting || clock.Stopped)
                return;
            if (period > TimeSpan.Zero)
                clock.After(period, () => Fire(setting, period));
            callback();
            clock.Fired();
        }
    }

    private void After(TimeSpan delay, Action action) => after(delay, action);

    private void Fired() => fired();
}

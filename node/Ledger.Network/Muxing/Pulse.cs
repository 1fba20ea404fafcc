namespace Ledger.Network.Muxing;

/// <summary>
/// Tells all who wait that something changed. Whoever waits takes <see cref="Next"/> before he looks, so that no change
/// between the look and the wait is missed.
/// </summary>
internal sealed class Pulse
{
    private TaskCompletionSource? _waiting;

    public Task Next
    {
        get
        {
            TaskCompletionSource? present = Volatile.Read(ref _waiting);
            if (present is not null)
                return present.Task;
            TaskCompletionSource fresh = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _waiting, fresh, null) ?? fresh).Task;
        }
    }

    public void Set() => Interlocked.Exchange(ref _waiting, null)?.TrySetResult();
}

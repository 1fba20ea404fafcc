using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>How an act ended.</summary>
/// <param name="Error">What the caller of the guard gets to see instead of a result; null if there is one.</param>
internal sealed record ActEnd<T>(OutcomeStatus Status, T? Result, Exception? Error)
{
    public T ResultOrThrow()
    {
        if (Error is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(Error);
        }

        return Result!;
    }
}

/// <summary>
/// Runs an act under a deadline and a caller who may cancel, and says how it ended; never throws for the act.
/// </summary>
internal static class SupervisedAct
{
    public static async Task<ActEnd<T>> RunAsync<T>(
        ActContext context,
        Func<ActContext, CancellationToken, Task<T>> act,
        DateTimeOffset? deadline,
        TimeSpan grace,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        using CancellationTokenSource late = LateAt(deadline, clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        if (stop.IsCancellationRequested)
        {
            return Stopped<T>(late, deadline, cancellation);
        }

        CancellationToken token = stop.Token;
        Task<T> running = Task.Run(() => act(context, token), CancellationToken.None);
        await Task.WhenAny(running, WhenStopped(token)).ConfigureAwait(false);
        if (!running.IsCompleted)
        {
            using CancellationTokenSource enough = new();
            await Task.WhenAny(running, Task.Delay(grace, clock, enough.Token)).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
        }

        return End(running, late, deadline, stop, cancellation);
    }

    /// <summary>
    /// What the act itself did counts before what it was told: an act that finished late is executed, at its time.
    /// </summary>
    private static ActEnd<T> End<T>(
        Task<T> running,
        CancellationTokenSource late,
        DateTimeOffset? deadline,
        CancellationTokenSource stop,
        CancellationToken cancellation)
    {
        switch (running.Status)
        {
            case TaskStatus.RanToCompletion:
                return new ActEnd<T>(OutcomeStatus.Executed, running.Result, null);
            case TaskStatus.Faulted:
                return new ActEnd<T>(OutcomeStatus.Failed, default, running.Exception!.InnerException);
            case TaskStatus.Canceled when !stop.IsCancellationRequested:
                return new ActEnd<T>(
                    OutcomeStatus.Failed, default, new OperationCanceledException("The act gave itself up."));
            default:
                // It may still be running; whatever it throws later must not bring the process down.
                _ = running.ContinueWith(static task => task.Exception, TaskScheduler.Default);
                return Stopped<T>(late, deadline, cancellation);
        }
    }

    private static ActEnd<T> Stopped<T>(
        CancellationTokenSource late, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        if (!late.IsCancellationRequested)
        {
            return new ActEnd<T>(OutcomeStatus.Abandoned, default, new OperationCanceledException(cancellation));
        }

        TimeoutException error = new($"The act did not end by its deadline, {deadline:O}.");
        return new ActEnd<T>(OutcomeStatus.TimedOut, default, error);
    }

    /// <summary>Cancelled at that time; at once if it has passed, and never without one.</summary>
    internal static CancellationTokenSource LateAt(DateTimeOffset? deadline, TimeProvider clock)
    {
        if (deadline is not { } at)
        {
            return new CancellationTokenSource();
        }

        TimeSpan left = at - clock.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            // The longest delay that a timer takes is 49 days; a later deadline is none in the life of a process.
            return left < TimeSpan.FromDays(49)
                ? new CancellationTokenSource(left, clock)
                : new CancellationTokenSource();
        }

        CancellationTokenSource late = new();
        late.Cancel();
        return late;
    }

    private static Task WhenStopped(CancellationToken token)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(stopped.SetResult);
        return stopped.Task;
    }
}

using Ledger.Runtime.Ports;

namespace Ledger.Node.Hosting;

/// <summary>Where whoever meets damage reports it, so that the node stops rather than serve from a damaged store. Thread-safe.</summary>
internal sealed class NodeFailure
{
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails with the first damage that was reported; else never ends.</summary>
    public Task Task => _failed.Task;

    /// <summary>Anything but damage is a bug in the answer to one request, and does not concern the rest.</summary>
    public void Report(Exception exception)
    {
        if (exception is StoreCorruptException)
        {
            _failed.TrySetException(exception);
        }
    }
}

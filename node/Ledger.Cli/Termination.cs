using System.Runtime.InteropServices;

namespace Ledger.Cli;

/// <summary>
/// SIGINT and SIGTERM as a token for the verb that runs. It stands before the verb begins: the command-line library
/// listens only from a verb's first wait on, and a daemon that was started until then would be left behind.
/// </summary>
internal sealed class Termination : IDisposable
{
    private readonly CancellationTokenSource _told = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly TimeSpan _cleanUp;
    private Timer? _patience;

    /// <param name="cleanUp">How long a verb may take to end what it started; then the process ends without it.</param>
    public Termination(TimeSpan cleanUp)
    {
        _cleanUp = cleanUp;
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public CancellationToken Told => _told.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _patience?.Dispose();
        _told.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _patience ??= new Timer(
            _ => Environment.Exit(ExitCode.Cancelled), null, _cleanUp, Timeout.InfiniteTimeSpan);
        _told.Cancel();
    }
}

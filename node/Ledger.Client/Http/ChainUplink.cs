using System.Threading.Channels;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Records;

namespace Ledger.Client.Http;

/// <summary>
/// Sends the records of an open chain to a node as they become durable, and tells who waits how far a record has come.
/// It remembers nothing: at each start it asks the node where it stands. While the node is gone, records wait in the
/// chain file. Thread-safe.
/// </summary>
internal sealed class ChainUplink : IAsyncDisposable
{
    /// <summary>While somebody waits for a record.</summary>
    private static readonly TimeSpan PollEagerly = TimeSpan.FromMilliseconds(50);

    /// <summary>While records wait for a block, and nobody for them.</summary>
    private static readonly TimeSpan PollQuietly = TimeSpan.FromSeconds(1);

    /// <summary>Else; so often, too, the time of the last block is asked for.</summary>
    private static readonly TimeSpan PollIdly = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryLongest = TimeSpan.FromSeconds(30);

    private readonly StreamSealer _sealer;
    private readonly NodeClient _node;
    private readonly TimeProvider _clock;
    private readonly ChainReader _chain;
    private readonly ChainSubmission _submission;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock _gate = new();
    private readonly SortedDictionary<(ulong Seq, long Ticket), Waiter> _waiters = [];
    private long _tickets;
    private ChainFileException? _diverged;
    private volatile string? _problem;
    private long? _blockAsked;
    private Task _loop = Task.CompletedTask;

    private ChainUplink(StreamSealer sealer, NodeClient node, TimeProvider clock, ChainReader chain)
    {
        (_sealer, _node, _clock, _chain) = (sealer, node, clock, chain);
        _submission = node.Follow(chain, sealer.ChainFile);
    }

    public ulong Taken => _submission.Taken;

    public ulong Settled => _submission.Settled;

    /// <summary>Why nothing goes to the node just now; null while it does.</summary>
    public string? Problem => _problem;

    /// <summary>Asks the node for its head first; a node that does not answer is asked again later.</summary>
    /// <exception cref="ChainFileException">The node holds more than the file, or another history.</exception>
    /// <exception cref="NodeException">What answers is no node.</exception>
    public static async Task<ChainUplink> StartAsync(
        StreamSealer sealer, NodeClient node, TimeProvider clock, CancellationToken cancellation)
    {
        ChainReader chain = await Task.Run(() => ChainReader.Open(sealer.ChainFile, sealer.Disk), cancellation)
            .ConfigureAwait(false);
        ChainUplink uplink = new(sealer, node, clock, chain);
        try
        {
            await uplink._submission.CompareAsync(cancellation).ConfigureAwait(false);
            await uplink.SeeBlockAsync(cancellation).ConfigureAwait(false);
        }
        catch (NodeException e) when (e.Error == NodeError.Unreachable)
        {
            uplink._problem = e.Message;
        }
        catch (Exception e)
        {
            await uplink.DisposeAsync().ConfigureAwait(false);
            if (e is ChainFileException { Error: ChainFileError.Diverged } diverged)
            {
                sealer.Refuse(diverged);
            }

            throw;
        }

        sealer.Grown += uplink.Wake;
        uplink._loop = Task.Run(uplink.RunAsync, CancellationToken.None);
        return uplink;
    }

    /// <summary>Returns once the node says that the record has come so far.</summary>
    /// <param name="state">Settled or anchored.</param>
    /// <exception cref="ChainFileException">The node holds another history.</exception>
    /// <exception cref="OperationCanceledException">As the caller said, or as the uplink stopped.</exception>
    public async Task WaitAsync(Record record, RecordState state, CancellationToken cancellation)
    {
        Waiter waiter = new(record.Id, state);
        (ulong, long) place;
        lock (_gate)
        {
            if (_diverged is { } diverged)
            {
                throw diverged;
            }

            place = (record.Seq.Value, _tickets++);
            _waiters.Add(place, waiter);
        }

        Wake();
        try
        {
            await waiter.Arrived.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _waiters.Remove(place);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _sealer.Grown -= Wake;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        Finish(static waiter => waiter.Arrived.TrySetCanceled());
        _chain.Dispose();
        _stop.Dispose();
    }

    private void Wake() => _news.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        TimeSpan retry = PollQuietly;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_problem is not null)
                {
                    // Whatever went wrong may have cost the node what had not settled.
                    await _submission.CompareAsync(_stop.Token).ConfigureAwait(false);
                    _submission.Rewind();
                }

                await AdvanceAsync(_stop.Token).ConfigureAwait(false);
                (_problem, retry) = (null, PollQuietly);
                await PauseAsync(NextPoll(), _news.Reader).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (IsOtherHistory(e))
            {
                Diverge(e);
                return;
            }
            catch (Exception e) when (e is NodeException or ChainFileException)
            {
                _problem = e.Message;
                await PauseAsync(retry, null).ConfigureAwait(false);
                retry = retry * 2 < RetryLongest ? retry * 2 : RetryLongest;
            }
        }
    }

    /// <summary>Sends what is new and durable, and looks how far all has come.</summary>
    private async Task AdvanceAsync(CancellationToken stop)
    {
        _chain.Extend();
        ulong durable = Math.Min(_chain.Count, _sealer.DurableCount);
        await _submission.SendAsync(durable, stop).ConfigureAwait(false);
        if (_submission.Settled < durable)
        {
            await _submission.CompareAsync(stop).ConfigureAwait(false);
        }

        await ReleaseAsync(stop).ConfigureAwait(false);
        if (_blockAsked is not { } asked || _clock.GetElapsedTime(asked) >= PollIdly)
        {
            await SeeBlockAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of those whose record has come as far as they wait for.</summary>
    private async Task ReleaseAsync(CancellationToken stop)
    {
        Waiter[] settled;
        lock (_gate)
        {
            settled = [.. _waiters.TakeWhile(pair => pair.Key.Seq < _submission.Settled).Select(pair => pair.Value)];
        }

        bool anchors = true;
        foreach (Waiter waiter in settled)
        {
            if (waiter.State == RecordState.Anchored)
            {
                // In their order: what stands behind a record that is not anchored is not anchored either.
                anchors = anchors && await IsAnchoredAsync(waiter.Id, stop).ConfigureAwait(false);
                if (!anchors)
                {
                    continue;
                }
            }

            waiter.Arrived.TrySetResult();
        }
    }

    private async Task<bool> IsAnchoredAsync(RecordId id, CancellationToken stop) =>
        (await _node.GetRecordAsync(id, stop).ConfigureAwait(false))?.State == RecordState.Anchored;

    private async Task SeeBlockAsync(CancellationToken stop)
    {
        NodeStatus status = await _node.GetStatusAsync(stop).ConfigureAwait(false);
        _blockAsked = _clock.GetTimestamp();
        _sealer.SeeBlock(new UnixTime(status.Time));
    }

    private TimeSpan NextPoll()
    {
        lock (_gate)
        {
            return _waiters.Count > 0 ? PollEagerly
                : _submission.Settled < _sealer.DurableCount ? PollQuietly
                : PollIdly;
        }
    }

    /// <param name="news">Ends the pause early; null for a pause after trouble, which nothing shortens.</param>
    private async Task PauseAsync(TimeSpan pause, ChannelReader<bool>? news)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task time = Task.Delay(pause, _clock, over.Token);
        Task first = news is null
            ? time
            : await Task.WhenAny(time, news.WaitToReadAsync(over.Token).AsTask()).ConfigureAwait(false);
        await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await over.CancelAsync().ConfigureAwait(false);
        news?.TryRead(out _);
    }

    /// <summary>A node that holds another record in a place of ours tells of a fork.</summary>
    private static bool IsOtherHistory(Exception e) =>
        e is ChainFileException { Error: ChainFileError.Diverged }
        || e is NodeException { Problem.Type: "urn:ledger:problem:record-fork" };

    private void Diverge(Exception reason)
    {
        ChainFileException diverged = reason as ChainFileException ?? new ChainFileException(
            ChainFileError.Diverged,
            $"The node holds another record in a place of {_sealer.ChainFile}: {reason.Message} Nothing more is sealed. "
                + "Find out which history is yours, and whether the key was stolen.",
            reason);
        lock (_gate)
        {
            _diverged = diverged;
        }

        _problem = diverged.Message;
        _sealer.Refuse(diverged);
        Finish(waiter => waiter.Arrived.TrySetException(diverged));
    }

    private void Finish(Action<Waiter> end)
    {
        Waiter[] waiters;
        lock (_gate)
        {
            waiters = [.. _waiters.Values];
        }

        Array.ForEach(waiters, end);
    }

    private sealed record Waiter(RecordId Id, RecordState State)
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

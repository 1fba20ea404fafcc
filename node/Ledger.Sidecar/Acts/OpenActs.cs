using System.Collections.Concurrent;
using Ledger.Client;
using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Sidecar.Acts;

/// <summary>
/// Acts of other processes that are under way: each is ended once, by its caller, at its deadline, or when the sidecar
/// stops. Thread-safe.
/// </summary>
internal sealed class OpenActs : IAsyncDisposable
{
    /// <summary>Outcomes that are remembered, so that a caller who lost the answer learns that there was one.</summary>
    private const int EndedMax = 10_000;

    private readonly ConcurrentDictionary<RecordId, Entry> _open = new();
    private readonly ConcurrentDictionary<RecordId, RecordId> _ended = new();
    private readonly ConcurrentQueue<RecordId> _order = new();

    public void Add(GuardedAct act)
    {
        Entry entry = new(act);
        _open[act.Context.IntentId] = entry;
        if (act.Deadline is { } deadline)
        {
            TimeSpan left = deadline - DateTimeOffset.UtcNow;
            entry.Late.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            entry.Late.Token.Register(() => _ = EndLateAsync(act.Context.IntentId));
        }
    }

    /// <summary>The act, taken out for its caller to end; null if it is not under way.</summary>
    /// <remarks>Whoever takes it and cannot end it puts it back with <see cref="Add"/>.</remarks>
    public GuardedAct? Take(RecordId intent)
    {
        if (!_open.TryRemove(intent, out Entry? entry))
        {
            return null;
        }

        entry.Late.Dispose();
        return entry.Act;
    }

    /// <summary>Ends an act that was taken out.</summary>
    public async Task<Record> EndAsync(GuardedAct act, OutcomeStatus status)
    {
        Record outcome = await act.EndAsync(status).ConfigureAwait(false);
        _ended[act.Context.IntentId] = outcome.Id;
        _order.Enqueue(act.Context.IntentId);
        if (_order.Count > EndedMax && _order.TryDequeue(out RecordId oldest))
        {
            _ended.TryRemove(oldest, out _);
        }

        return outcome;
    }

    public RecordId? OutcomeOf(RecordId intent) => _ended.TryGetValue(intent, out RecordId outcome) ? outcome : null;

    /// <summary>Whatever is under way is abandoned, as far as anyone here can know.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (RecordId intent in _open.Keys)
        {
            await EndQuietlyAsync(intent, OutcomeStatus.Abandoned).ConfigureAwait(false);
        }
    }

    private Task EndLateAsync(RecordId intent) => EndQuietlyAsync(intent, OutcomeStatus.TimedOut);

    private async Task EndQuietlyAsync(RecordId intent, OutcomeStatus status)
    {
        if (Take(intent) is not { } act)
        {
            return;
        }

        try
        {
            await EndAsync(act, status).ConfigureAwait(false);
        }
        catch (OutcomeNotSealedException e)
        {
            // The next start finds the intent open, and says so in the chain.
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
        }
    }

    private sealed record Entry(GuardedAct Act)
    {
        public CancellationTokenSource Late { get; } = new();
    }
}

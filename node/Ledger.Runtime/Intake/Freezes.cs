using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Intake;

/// <summary>A freeze that this node heeds.</summary>
/// <param name="Number">Of the freeze; the stream's next one needs a larger one.</param>
/// <param name="Until">From then on the stream's records go into blocks again.</param>
public readonly record struct StreamFreeze(ulong Number, UnixTime Until);

/// <summary>Why a freeze is not heeded.</summary>
public enum FreezeRefusal
{
    /// <summary>This node knows no such stream.</summary>
    UnknownStream,

    /// <summary>Another chain, another key than the recovery key, or a number that is too small.</summary>
    NotHeeded,

    DiskFull,
}

/// <summary>The answer to a freeze.</summary>
/// <param name="Heeded">What is in force now; of no meaning beside a refusal.</param>
/// <param name="Refusal">Null where it is heeded, durably.</param>
/// <param name="Detail">One sentence that says what to do; null where there is no refusal.</param>
public readonly record struct FreezeOutcome(
    StreamFreeze Heeded, FreezeRefusal? Refusal = null, string? Detail = null);

/// <summary>
/// The last freeze of each stream, rule S16: durable, so that neither a restart nor an old freeze said again ends or
/// repeats one. Owned by the node's loop.
/// </summary>
internal sealed class Freezes
{
    private readonly Dictionary<StreamId, StreamFreeze> _heeded = [];

    public Freezes(IStore store)
    {
        foreach ((byte[] stream, byte[] value) in store.Scan(Table.Freezes, [], null))
        {
            _heeded[new StreamId(new Digest(stream))] = Read(value);
        }
    }

    /// <summary>The last freeze that is durable. Safe from any thread.</summary>
    public static StreamFreeze? Of(IStore store, StreamId stream) =>
        store.Get(Table.Freezes, stream.Value.Span) is { } value ? Read(value) : null;

    public StreamFreeze? Of(StreamId stream) =>
        _heeded.TryGetValue(stream, out StreamFreeze freeze) ? freeze : null;

    public bool IsFrozen(StreamId stream, UnixTime now) => Of(stream) is { } freeze && now < freeze.Until;

    /// <summary>Heeds a freeze, with its row in the batch, or says why not.</summary>
    /// <param name="state">Of the stream as this node knows it, with what waits; null where it knows none.</param>
    public FreezeOutcome Heed(Freeze freeze, ChainId chain, StreamState? state, UnixTime now, StoreBatch batch)
    {
        if (state is null)
        {
            return new FreezeOutcome(
                default, FreezeRefusal.UnknownStream, "Send the stream's records first: this node does not know it.");
        }

        if (freeze.Judge(chain, state, Of(freeze.Stream)?.Number) is { } fault)
        {
            return new FreezeOutcome(
                default, FreezeRefusal.NotHeeded, $"Seal another one with the stream's recovery key: {fault.Reason}.");
        }

        StreamFreeze heeded = new(freeze.Number, new UnixTime(now.Milliseconds + Freeze.DurationMs));
        _heeded[freeze.Stream] = heeded;
        batch.Put(
            Table.Freezes, freeze.Stream.Value.Span,
            [.. StoreKeys.Number(heeded.Number), .. StoreKeys.Number(heeded.Until.Milliseconds)]);
        return new FreezeOutcome(heeded);
    }

    /// <summary>Back to what it was before a freeze that could not be made durable.</summary>
    public void Restore(StreamId stream, StreamFreeze? before)
    {
        if (before is { } freeze)
        {
            _heeded[stream] = freeze;
        }
        else
        {
            _heeded.Remove(stream);
        }
    }

    private static StreamFreeze Read(ReadOnlySpan<byte> value) =>
        new(StoreKeys.Number(value[..8]), new UnixTime(StoreKeys.Number(value[8..])));
}

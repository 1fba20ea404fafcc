using System.Diagnostics.CodeAnalysis;
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
            _heeded[new StreamId(new Digest(stream))] =
                new StreamFreeze(StoreKeys.Number(value.AsSpan(0, 8)), new UnixTime(StoreKeys.Number(value.AsSpan(8, 8))));
        }
    }

    public StreamFreeze? Of(StreamId stream) =>
        _heeded.TryGetValue(stream, out StreamFreeze freeze) ? freeze : null;

    public bool IsFrozen(StreamId stream, UnixTime now) => Of(stream) is { } freeze && now < freeze.Until;

    /// <summary>Heeds a freeze, with its row in the batch, or says why not.</summary>
    /// <param name="state">Of the stream as this node knows it, with what waits; null where it knows none.</param>
    public bool TryHeed(
        Freeze freeze, ChainId chain, StreamState? state, UnixTime now, StoreBatch batch, out StreamFreeze heeded,
        [NotNullWhen(false)] out Fault? fault)
    {
        StreamFreeze? last = Of(freeze.Stream);
        heeded = new StreamFreeze(freeze.Number, new UnixTime(now.Milliseconds + Freeze.DurationMs));
        fault = state is null
            ? new Fault(Layer.Link, "the freeze is for a stream that this node does not know")
            : freeze.Judge(chain, state, last?.Number);
        if (fault is not null)
        {
            return false;
        }

        _heeded[freeze.Stream] = heeded;
        batch.Put(
            Table.Freezes, freeze.Stream.Value.Span,
            [.. StoreKeys.Number(heeded.Number), .. StoreKeys.Number(heeded.Until.Milliseconds)]);
        return true;
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
}

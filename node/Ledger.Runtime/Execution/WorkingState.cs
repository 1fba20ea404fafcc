using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Execution;

/// <summary>
/// Settled state with changes on top that are not stored yet: of a block being executed, or of records that wait.
/// Not thread-safe. Iteration follows key order, so that two nodes write the same batch.
/// </summary>
internal sealed class WorkingState(ChainStore store)
{
    private readonly SortedDictionary<StreamId, StreamState> _streams = [];
    private readonly SortedDictionary<byte[], Usage> _usage = new(BytewiseComparer.Instance);
    private readonly SortedDictionary<KeyId, ReadOnlyMemory<byte>> _publicKeys = [];
    private readonly SortedSet<byte[]> _offences = new(BytewiseComparer.Instance);

    public IReadOnlyDictionary<StreamId, StreamState> Streams => _streams;

    public IReadOnlyDictionary<byte[], Usage> UsageCounts => _usage;

    public IReadOnlyDictionary<KeyId, ReadOnlyMemory<byte>> PublicKeys => _publicKeys;

    public IReadOnlySet<byte[]> Offences => _offences;

    public StreamState? Stream(StreamId stream) =>
        _streams.TryGetValue(stream, out StreamState? state) ? state : store.Stream(stream);

    public void Set(StreamId stream, StreamState state) => _streams[stream] = state;

    /// <summary>Back to the settled state: nothing of this stream waits any more.</summary>
    public void Forget(StreamId stream) => _streams.Remove(stream);

    public Usage Usage(byte[] key) => _usage.TryGetValue(key, out Usage usage) ? usage : store.Usage(key);

    public void Set(byte[] key, Usage usage) => _usage[key] = usage;

    public void ClearUsage() => _usage.Clear();

    public void AddPublicKey(KeyId id, ReadOnlyMemory<byte> key) => _publicKeys[id] = key;

    public bool HasOffence(byte[] offence) =>
        _offences.Contains(offence) || store.Raw.Contains(Table.Misbehaviour, offence);

    public void AddOffence(byte[] offence) => _offences.Add(offence);

    private sealed class BytewiseComparer : IComparer<byte[]>
    {
        public static BytewiseComparer Instance { get; } = new();

        public int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
    }
}

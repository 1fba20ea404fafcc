using Ledger.Core;
using Ledger.Records.Streams;

namespace Ledger.Records.Chains;

/// <summary>
/// Finds the first revoked record of a stream as its records go by (rule V5). A revocation may reach back, so it must
/// be known which earlier records are by the key it names: those between that key's first record and the next key's,
/// less the ones that the recovery key signed in between. Only the latter are remembered, as runs.
/// </summary>
internal sealed class RevocationFinder
{
    /// <summary>First and last number of each unbroken run of records by the recovery key, ascending.</summary>
    private readonly List<(ulong First, ulong Last)> _recoveryRuns = [];

    /// <summary>For each key that is revoked, the record that revoked it first.</summary>
    private readonly SortedDictionary<KeyId, ulong> _revokedBy = [];

    /// <summary>Number of the first revoked record; null if none is.</summary>
    public long? First { get; private set; }

    /// <summary>Number of the record that revoked it.</summary>
    public long? FirstBy { get; private set; }

    /// <summary>Takes note of one sound record.</summary>
    /// <param name="before">The state before it; null before the first.</param>
    public void Observe(StreamState? before, Record record)
    {
        if (before is null)
        {
            return;
        }

        if (record.Kid == before.Recovery)
        {
            NoteRecovery(record.Seq.Value);
        }
        else if (_revokedBy.TryGetValue(record.Kid, out ulong by))
        {
            // A key that is revoked signed all the same.
            Report(record.Seq.Value, by);
        }

        if (record.Kind == RecordKind.Revoke)
        {
            FindEarlier(before, record);
        }
    }

    private void FindEarlier(StreamState before, Record revoke)
    {
        foreach ((int index, Sequence since) in StreamRules.Reach(before.Keys, Revocation.From(revoke)))
        {
            StreamKey key = before.Keys[index];
            _revokedBy.TryAdd(key.Kid, revoke.Seq.Value);

            // Up to the record before this one: a revoke never condemns itself.
            ulong end = index + 1 < before.Keys.Length ? before.Keys[index + 1].First.Value - 1 : revoke.Seq.Value - 1;
            ulong first = SkipRecovery(Math.Max(key.First.Value, since.Value));
            if (first <= end)
            {
                Report(first, revoke.Seq.Value);
            }
        }
    }

    private void NoteRecovery(ulong seq)
    {
        if (_recoveryRuns.Count > 0 && _recoveryRuns[^1].Last + 1 == seq)
        {
            _recoveryRuns[^1] = (_recoveryRuns[^1].First, seq);
        }
        else
        {
            _recoveryRuns.Add((seq, seq));
        }
    }

    private ulong SkipRecovery(ulong seq)
    {
        int low = 0;
        int high = _recoveryRuns.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _recoveryRuns[middle].Last < seq ? (middle + 1, high) : (low, middle);
        }

        return low < _recoveryRuns.Count && _recoveryRuns[low].First <= seq ? _recoveryRuns[low].Last + 1 : seq;
    }

    private void Report(ulong seq, ulong by)
    {
        if (First is null || (long)seq < First)
        {
            First = (long)seq;
            FirstBy = (long)by;
        }
    }
}

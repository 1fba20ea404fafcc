using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Intake;

/// <summary>
/// The door for record bytes: form, then signature, on the caller's threads, before the node's loop sees anything.
/// A submission is cut into stretches of 64 that the cores share; which core took which changes no answer. Thread-safe.
/// </summary>
internal sealed class RecordVerifier(ChainStore store)
{
    private static readonly int Cores = Environment.ProcessorCount;

    private readonly KnownKeys _known = new(store.PublicKey);

    /// <summary>Batches at rest; those of rare crowds are left to the collector.</summary>
    private readonly ConcurrentBag<IntakeBatch> _idle = [];

    /// <summary>
    /// Judges each record by itself. A key that a record brings along counts from that record on, so the order of the
    /// submission, and nothing else, decides what is known where.
    /// </summary>
    /// <param name="records">Kept, not copied.</param>
    /// <param name="refusals">As many places as records; written for those that are refused.</param>
    /// <returns>For each record itself, or null where it is refused.</returns>
    public VerifiedRecord?[] Verify(IReadOnlyList<ReadOnlyMemory<byte>> records, Refusal?[] refusals)
    {
        VerifiedRecord?[] verified = new VerifiedRecord?[records.Count];
        int stretches = (records.Count + IntakeBatch.RecordsMax - 1) / IntakeBatch.RecordsMax;
        IntakeBatch[] batches = Rent(Math.Min(stretches, Cores));
        CarriedKeys carried = new();
        for (int first = 0; first < stretches; first += batches.Length)
        {
            int count = Math.Min(batches.Length, stretches - first);
            ForEach(count, i => batches[i].Parse(records, (first + i) * IntakeBatch.RecordsMax, refusals));
            for (int i = 0; i < count; i++)
            {
                batches[i].FindKeys(carried, _known, refusals);
            }

            ForEach(count, i => batches[i].Verify(verified, refusals));
        }

        Return(batches);
        return verified;
    }

    /// <summary>
    /// Records that this node stored itself, read back at start. Null if one is missing, changed, or no longer
    /// verifies.
    /// </summary>
    public VerifiedRecord[]? Restore(ImmutableArray<RecordId> ids)
    {
        ReadOnlyMemory<byte>[] records = [.. ids.Select(id => (ReadOnlyMemory<byte>)store.RecordBytes(id))];
        VerifiedRecord?[] verified = Verify(records, new Refusal?[records.Length]);
        bool all = verified.Zip(ids).All(pair => pair.First?.Record.Id == pair.Second);
        return all ? [.. verified.Select(record => record!)] : null;
    }

    private static void ForEach(int count, Action<int> work)
    {
        if (count == 1)
        {
            work(0);
        }
        else
        {
            Parallel.For(0, count, work);
        }
    }

    private IntakeBatch[] Rent(int count)
    {
        IntakeBatch[] batches = new IntakeBatch[count];
        for (int i = 0; i < count; i++)
        {
            batches[i] = _idle.TryTake(out IntakeBatch? idle) ? idle : new IntakeBatch();
        }

        return batches;
    }

    private void Return(IntakeBatch[] batches)
    {
        foreach (IntakeBatch batch in batches)
        {
            if (_idle.Count < 2 * Cores)
            {
                _idle.Add(batch);
            }
        }
    }
}

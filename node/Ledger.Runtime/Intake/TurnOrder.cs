using Ledger.Core;

namespace Ledger.Runtime.Intake;

/// <summary>
/// In which order waiting records go into a block of this node: first what recovery keys signed, so that a thief cannot
/// out-run an owner; then in turns, each sponsor one record, each of its streams one record. A stream's own order is
/// kept. Policy of a proposer, not validity.
/// </summary>
internal static class TurnOrder
{
    /// <param name="streams">For each stream what waits of it, in its order; none is empty.</param>
    /// <param name="height">Of the block: each time another sponsor is the first.</param>
    public static IEnumerable<PendingRecord> Of(
        IEnumerable<IReadOnlyCollection<PendingRecord>> streams, Height height)
    {
        var all = streams.OrderBy(stream => stream.First().Arrival)
            .Select(stream => (Records: stream, First: CountUpToRecovery(stream)))
            .ToList();
        return all.SelectMany(stream => stream.Records.Take(stream.First))
            .Concat(InTurns(all.Select(stream => stream.Records.Skip(stream.First)), height));
    }

    private static int CountUpToRecovery(IReadOnlyCollection<PendingRecord> stream)
    {
        int count = 0, place = 0;
        foreach (PendingRecord pending in stream)
        {
            place++;
            count = pending.IsByRecovery ? place : count;
        }

        return count;
    }

    private static IEnumerable<PendingRecord> InTurns(IEnumerable<IEnumerable<PendingRecord>> streams, Height height)
    {
        SortedDictionary<string, Queue<IEnumerator<PendingRecord>>> bySponsor = new(StringComparer.Ordinal);
        foreach (IEnumerator<PendingRecord> stream in streams.Select(stream => stream.GetEnumerator()))
        {
            if (stream.MoveNext())
            {
                string sponsor = stream.Current.Sponsor;
                if (!bySponsor.TryGetValue(sponsor, out Queue<IEnumerator<PendingRecord>>? queue))
                {
                    bySponsor[sponsor] = queue = [];
                }

                queue.Enqueue(stream);
            }
        }

        Queue<Queue<IEnumerator<PendingRecord>>> turns = new(bySponsor.Values);
        for (ulong skipped = bySponsor.Count == 0 ? 0 : height.Value % (ulong)bySponsor.Count; skipped > 0; skipped--)
        {
            turns.Enqueue(turns.Dequeue());
        }

        while (turns.TryDequeue(out Queue<IEnumerator<PendingRecord>>? sponsor))
        {
            IEnumerator<PendingRecord> stream = sponsor.Dequeue();
            yield return stream.Current;
            if (stream.MoveNext())
            {
                sponsor.Enqueue(stream);
            }

            if (sponsor.Count > 0)
            {
                turns.Enqueue(sponsor);
            }
        }
    }
}

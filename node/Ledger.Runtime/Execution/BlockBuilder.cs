using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Intake;

namespace Ledger.Runtime.Execution;

/// <summary>Makes a block of what waits, in the order of acknowledgement.</summary>
internal static class BlockBuilder
{
    /// <summary>Bytes of one record id inside a body.</summary>
    private const int IdBytes = RecordId.Size + 2;

    /// <summary>Whether a block made now would hold at least one record.</summary>
    public static bool AnythingFits(ChainStore store, ChainHead head, Mempool mempool, UnixTime time) =>
        Fill(store, head, mempool, time, countMax: 1).Records.Count > 0;

    public static ExecutedBlock Build(ChainStore store, ChainHead head, Mempool mempool, UnixTime time, KeyId proposer)
    {
        int countMax = Math.Min(
            (int)head.Configuration.Parameters.BlockRecords,
            (Limits.BlockBodyBytes / IdBytes) - BlockBody.MisbehaviourMax);
        return Fill(store, head, mempool, time, countMax).Finish(head, time, proposer);
    }

    private static BlockExecutor Fill(ChainStore store, ChainHead head, Mempool mempool, UnixTime time, int countMax)
    {
        BlockExecutor executor = new(store);
        HashSet<StreamId> held = [];
        foreach (PendingRecord pending in mempool.InOrder)
        {
            if (executor.Records.Count >= countMax)
            {
                break;
            }

            // One record that does not fit yet holds back the rest of its stream, and nothing else.
            if (!held.Contains(pending.Record.Stream) && executor.TryAdd(head, pending.Verified, time) is not null)
            {
                held.Add(pending.Record.Stream);
            }
        }

        return executor;
    }
}

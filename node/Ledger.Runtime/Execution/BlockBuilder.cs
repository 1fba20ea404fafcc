using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Intake;

namespace Ledger.Runtime.Execution;

/// <summary>
/// Makes a block of what waits. Which records, and in which order, is this node's policy: any block that the executor
/// takes is valid.
/// </summary>
internal static class BlockBuilder
{
    /// <summary>Bytes of one record id inside a body.</summary>
    private const int IdBytes = RecordId.Size + 2;

    /// <summary>Bytes of a body that are kept free of record ids: a dozen misbehaviour files.</summary>
    private const int MisbehaviourBytesMax = 128 * 1024;

    /// <summary>Whether a block made now would hold anything.</summary>
    public static bool AnythingFits(
        ChainStore store, ChainHead head, IEnumerable<PendingRecord> waiting,
        IEnumerable<ReadOnlyMemory<byte>> misbehaviour, UnixTime time)
    {
        BlockExecutor executor = Fill(store, head, waiting, time, countMax: 1);
        return executor.Records.Count > 0 || misbehaviour.Any(file => executor.TryAddMisbehaviour(file) is null);
    }

    private static int RecordsMax(Parameters parameters) =>
        Math.Min((int)parameters.BlockRecords, (Limits.BlockBodyBytes - MisbehaviourBytesMax) / IdBytes);

    /// <param name="waiting">What may go in, in the order in which it is tried.</param>
    /// <param name="misbehaviour">Files that wait for a block; those that do not fit or stand already are left out.</param>
    public static ExecutedBlock Build(
        ChainStore store, ChainHead head, IEnumerable<PendingRecord> waiting,
        IEnumerable<ReadOnlyMemory<byte>> misbehaviour, UnixTime time, KeyId proposer,
        GovernanceRules? governance = null)
    {
        BlockExecutor executor =
            Fill(store, head, waiting, time, RecordsMax(head.Configuration.Parameters), governance);
        int bytes = 0;
        foreach (ReadOnlyMemory<byte> file in misbehaviour)
        {
            if (bytes + file.Length <= MisbehaviourBytesMax && executor.TryAddMisbehaviour(file) is null)
            {
                bytes += file.Length;
            }
        }

        return executor.Finish(time, proposer, head.Commit);
    }

    private static BlockExecutor Fill(
        ChainStore store, ChainHead head, IEnumerable<PendingRecord> waiting, UnixTime time, int countMax,
        GovernanceRules? governance = null)
    {
        BlockExecutor executor = new(store, head, governance);
        HashSet<StreamId> held = [];
        foreach (PendingRecord pending in waiting)
        {
            if (executor.Records.Count >= countMax)
            {
                break;
            }

            // One record that does not fit yet holds back the rest of its stream, and nothing else.
            if (!held.Contains(pending.Record.Stream) && executor.TryAdd(pending.Verified, time) is not null)
            {
                held.Add(pending.Record.Stream);
            }
        }

        return executor;
    }
}

using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs;
using Ledger.Records;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Execution;

/// <summary>
/// Executes a block that somebody made, this node itself in an earlier life included, and says whether it is what its
/// header claims: rules E1 to E9.
/// </summary>
internal static class BlockReplay
{
    /// <summary>
    /// The block as this node executes it on its head, or null and one clause that says why it cannot stand there.
    /// The same answer at every node with the same head.
    /// </summary>
    /// <param name="before">The commit of the block before that the header names; null for the first block.</param>
    /// <param name="records">Those of the body, in its order.</param>
    public static ExecutedBlock? TryExecute(
        ChainStore store, ChainHead head, Header header, BlockBody body, Commit? before, IReadOnlyList<VerifiedRecord> records,
        out string fault, GovernanceRules? governance = null)
    {
        fault = FaultOfForm(head, header, body) ?? FaultOfCommit(store, head, header, before) ?? "";
        if (fault.Length > 0)
        {
            return null;
        }

        BlockExecutor executor = new(store, head, governance);
        foreach (VerifiedRecord record in records)
        {
            if (executor.TryAdd(record, header.Time) is { } refused)
            {
                fault = $"record {refused.Record}: {refused.Reason}";
                return null;
            }
        }

        foreach (ReadOnlyMemory<byte> file in body.Misbehaviour)
        {
            if (executor.TryAddMisbehaviour(file) is { } refused)
            {
                fault = $"misbehaviour: {refused}";
                return null;
            }
        }

        ExecutedBlock block = executor.Finish(header.Time, header.Proposer, before);
        fault = block.Header.Id == header.Id ? "" : "its header is not the one that executing it gives";
        return fault.Length == 0 ? block : null;
    }

    /// <summary>E8: an empty block comes directly after one with content, or once the network was silent for long.</summary>
    public static bool MayBeEmpty(ChainHead head, UnixTime time) =>
        head.LastHadContent
        || time.Milliseconds >= head.Time.Milliseconds + head.Configuration.Parameters.HeartbeatMs;

    private static string? FaultOfForm(ChainHead head, Header header, BlockBody body)
    {
        if (header.Height != head.Height.Next || header.Previous != head.Block)
        {
            return "it does not follow the last block";
        }

        if (header.Time <= head.Time)
        {
            return "its time is not later than that of the block before";
        }

        if ((ulong)body.Records.Length > head.Configuration.Parameters.BlockRecords)
        {
            return "it holds more records than a block may";
        }

        if (body.IsEmpty && !MayBeEmpty(head, header.Time))
        {
            return "it is empty, and none is due";
        }

        return head.Configuration.Validators.Any(validator => validator.VoteKeyId == header.Proposer)
            ? null
            : "its proposer is no validator";
    }

    private static string? FaultOfCommit(ChainStore store, ChainHead head, Header header, Commit? before)
    {
        if ((before?.Digest ?? Digest.Zero) != header.Commit || (before is null) != (head.Commit is null))
        {
            return "the commit before it is not the one that it names";
        }

        if (before is null || before.IsSameAs(head.Commit))
        {
            return null;
        }

        Header last = store.Header(head.Height)!;
        Configuration signers = head.Configuration.Digest == last.Validators
            ? head.Configuration
            : store.Configuration(last.Validators);
        return QuorumCertificate.FindFault(before, last, signers);
    }
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;

namespace Ledger.TestKit;

/// <summary>
/// Writes a chain of <see cref="TestNetwork"/>'s one validator straight into a store, by the product's own execution: a
/// chain of days in minutes.
/// </summary>
public static class LongHistory
{
    private const int Streams = 10;

    /// <summary>The height that it comes to. Streams take turns, a block holds as many records as is said.</summary>
    /// <param name="apart">From one block's time to the next one's.</param>
    public static Height Write(IStore store, GenesisDocument genesis, int records, int blockRecords, TimeSpan apart)
    {
        ChainStore chain = new(store);
        RecordVerifier verifier = new(chain);
        ChainHead head = HeadLoader.Load(chain, genesis);
        Operator[] operators = [.. Enumerable.Range(0, Streams).Select(i => new Operator(500_000 + i))];
        for (int done = 0; done < records;)
        {
            int count = Math.Min(blockRecords, records - done);
            ReadOnlyMemory<byte>[] bytes =
                [.. Enumerable.Range(done, count).Select(i => (ReadOnlyMemory<byte>)operators[i % Streams].Next())];
            VerifiedRecord?[] verified = verifier.Verify(bytes, new Refusal?[count]);
            head = Settle(chain, head, verified, new UnixTime(head.Time.Milliseconds + (ulong)apart.TotalMilliseconds));
            done += count;
        }

        return head.Height;
    }

    private static ChainHead Settle(ChainStore chain, ChainHead head, VerifiedRecord?[] records, UnixTime time)
    {
        BlockExecutor executor = new(chain, head);
        foreach (VerifiedRecord? record in records)
        {
            if (executor.TryAdd(record!, time) is { } fault)
            {
                throw new InvalidOperationException($"A record of the history does not settle: {fault.Reason}.");
            }
        }

        ExecutedBlock block = executor.Finish(time, TestNetwork.VoteKey.Id, head.Commit);
        Header header = block.Header;
        byte[] signed = SignBytes.Vote(header.Chain, header.Height, Round.Zero, VoteStep.Precommit, header.Id);
        Commit commit = new(header.Height, Round.Zero, header.Id, ImmutableArray.Create(
            new CommitVote(0, TestNetwork.VoteKey.Sign(signed, new byte[MlDsa65.RandomizerBytes]))));
        StoreBatch batch = new();
        BlockWriter.Put(batch, chain, head, block, commit);
        chain.Raw.Write(batch);
        return BlockWriter.After(head, block, commit);
    }
}

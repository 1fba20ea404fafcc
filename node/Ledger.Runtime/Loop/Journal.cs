using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>What binds this validator until its height is settled: its journal, and the blocks that it names.</summary>
internal static class Journal
{
    private const byte EntryPrefix = (byte)'e';
    private const byte CandidatePrefix = (byte)'b';

    public static void Put(StoreBatch batch, JournalTicket ticket, JournalEntry entry) =>
        batch.Put(Table.Journal, [EntryPrefix, .. StoreKeys.Number(ticket.Value)], entry.Encode());

    /// <summary>Goes into the same batch as the journal entry that proposes it, so it is durable before anyone hears of it.</summary>
    public static void PutCandidate(StoreBatch batch, ExecutedBlock block) =>
        batch.Put(
            Table.Journal,
            [CandidatePrefix, .. block.Header.Id.Value.Span],
            new CborWriter(1_024).Array(2).Bytes(block.Header.Encode()).Bytes(block.Body.Encode()).ToArray());

    /// <summary>Everything here concerns the height that has just been settled, or one before.</summary>
    public static void DeleteUpTo(StoreBatch batch, IStore store)
    {
        foreach ((byte[] key, _) in store.Scan(Table.Journal, [], null))
        {
            batch.Delete(Table.Journal, key);
        }
    }

    public static ImmutableArray<JournalEntry> Load(IStore store, Height settled)
    {
        ImmutableArray<JournalEntry>.Builder entries = ImmutableArray.CreateBuilder<JournalEntry>();
        foreach ((_, byte[] value) in store.Scan(Table.Journal, [EntryPrefix], [EntryPrefix + 1]))
        {
            if (!JournalEntry.TryDecode(value, out JournalEntry? entry, out CborError error))
            {
                throw new StoreCorruptException($"The journal of votes cannot be read: {error}. Restore the node's folder from a backup.");
            }

            if (entry!.Height > settled)
            {
                entries.Add(entry);
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>Executes the proposed blocks again; what they contain was durable before they were proposed.</summary>
    public static IEnumerable<ExecutedBlock> LoadCandidates(ChainStore store, RecordVerifier verifier, ChainHead head)
    {
        foreach ((_, byte[] value) in store.Raw.Scan(Table.Journal, [CandidatePrefix], [CandidatePrefix + 1]))
        {
            CborReader reader = new(value);
            ReadOnlySpan<byte> encodedHeader = default;
            ReadOnlySpan<byte> encodedBody = default;
            if (!reader.TryReadArray(2) || !reader.TryReadBytes(out encodedHeader) || !reader.TryReadBytes(out encodedBody)
                || !Header.TryParse(encodedHeader, out Header header, out _) || !BlockBody.TryParse(encodedBody, out BlockBody body, out _))
            {
                throw new StoreCorruptException("A proposed block in the journal cannot be read. Restore the node's folder from a backup.");
            }

            if (header.Height == head.Height.Next)
            {
                yield return Execute(store, verifier, head, header, body);
            }
        }
    }

    private static ExecutedBlock Execute(ChainStore store, RecordVerifier verifier, ChainHead head, Header header, BlockBody body)
    {
        BlockExecutor executor = new(store);
        VerifiedRecord[] records = verifier.Restore(body.Records)
            ?? throw NotAgain(header, "a record is missing or no longer verifies");
        foreach (VerifiedRecord record in records)
        {
            if (executor.TryAdd(head, record, header.Time) is { } fault)
            {
                throw NotAgain(header, fault.Reason);
            }
        }

        ExecutedBlock block = executor.Finish(head, header.Time, header.Proposer);
        return block.Header.Id == header.Id
            ? block
            : throw new InvalidOperationException($"Executing block {header.Id} again gave {block.Header.Id}: execution is not deterministic.");
    }

    private static StoreCorruptException NotAgain(Header header, string reason) => new(
        $"The block proposed at height {header.Height} cannot be executed again: {reason}. "
        + "Restore the node's folder from a backup.");
}

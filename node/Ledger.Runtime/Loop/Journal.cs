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
    private const byte GuestPrefix = (byte)'g';

    /// <param name="number">Never used before, in earlier lives neither: what they wrote for this height binds as well.</param>
    public static void Put(StoreBatch batch, ulong number, JournalEntry entry) =>
        batch.Put(Table.Journal, [EntryPrefix, .. StoreKeys.Number(number)], entry.Encode());

    /// <summary>
    /// Durable before anyone hears of it, whether this node proposes the block or vouches for it: after a restart it can
    /// be executed and served again.
    /// </summary>
    public static void PutCandidate(StoreBatch batch, ExecutedBlock block)
    {
        ReadOnlySpan<byte> header = block.Header.Encoded.Span;
        ReadOnlySpan<byte> body = block.Body.Encoded.Span;
        ReadOnlySpan<byte> before = block.Before is { } commit ? commit.Encoded.Span : [];
        CborWriter writer = new CborWriter(header.Length + body.Length + before.Length + 32)
            .Array(3).Bytes(header).Bytes(body);
        batch.Put(
            Table.Journal,
            [CandidatePrefix, .. block.Header.Id.Value.Span],
            (block.Before is null ? writer.Null() : writer.Bytes(before)).WrittenSpan);
    }

    /// <summary>Notes a record that is kept for a candidate alone, to be dropped with it.</summary>
    public static void PutGuest(StoreBatch batch, RecordId record) =>
        batch.Put(Table.Journal, [GuestPrefix, .. record.Span], []);

    public static IEnumerable<RecordId> LoadGuests(IStore store) =>
        store.Scan(Table.Journal, [GuestPrefix], [GuestPrefix + 1]).Select(pair => new RecordId(pair.Key.AsSpan(1)));

    /// <summary>Everything here concerns the height that has just been settled, or one before.</summary>
    public static void DeleteUpTo(StoreBatch batch, IStore store)
    {
        foreach ((byte[] key, _) in store.Scan(Table.Journal, [], null))
        {
            batch.Delete(Table.Journal, key);
        }
    }

    public static ImmutableArray<JournalEntry> Load(IStore store, Height from)
    {
        ImmutableArray<JournalEntry>.Builder entries = ImmutableArray.CreateBuilder<JournalEntry>();
        foreach ((_, byte[] value) in store.Scan(Table.Journal, [EntryPrefix], [EntryPrefix + 1]))
        {
            if (!JournalEntry.TryDecode(value, out JournalEntry? entry, out CborError error))
            {
                throw new StoreCorruptException($"The journal of votes cannot be read: {error}. Restore the node's folder from a backup.");
            }

            if (entry!.Height >= from)
            {
                entries.Add(entry);
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>Executes the candidates again; what they contain was durable before anyone heard of them.</summary>
    public static IEnumerable<ExecutedBlock> LoadCandidates(
        ChainStore store, RecordVerifier verifier, ChainHead head, GovernanceRules governance)
    {
        foreach ((_, byte[] value) in store.Raw.Scan(Table.Journal, [CandidatePrefix], [CandidatePrefix + 1]))
        {
            if (!TryRead(value, out Header header, out BlockBody body, out Core.Chain.Commit? before))
            {
                throw new StoreCorruptException("A proposed block in the journal cannot be read. Restore the node's folder from a backup.");
            }

            if (header.Height == head.Height.Next)
            {
                yield return Execute(store, verifier, head, header, body, before, governance);
            }
        }
    }

    private static bool TryRead(byte[] value, out Header header, out BlockBody body, out Core.Chain.Commit? before)
    {
        header = null!;
        body = null!;
        before = null;
        CborReader reader = new(value);
        ReadOnlySpan<byte> encodedHeader = default;
        ReadOnlySpan<byte> encodedBody = default;
        if (!reader.TryReadArray(3) || !reader.TryReadBytes(out encodedHeader) || !reader.TryReadBytes(out encodedBody)
            || !Header.TryParse(encodedHeader, out header, out _) || !BlockBody.TryParse(encodedBody, out body, out _))
        {
            return false;
        }

        return reader.SkipIfNull()
            || (reader.TryReadBytes(out ReadOnlySpan<byte> commit) && Core.Chain.Commit.TryParse(commit, out before!, out _));
    }

    private static ExecutedBlock Execute(
        ChainStore store, RecordVerifier verifier, ChainHead head, Header header, BlockBody body, Core.Chain.Commit? before,
        GovernanceRules governance)
    {
        VerifiedRecord[] records = verifier.Restore(body.Records)
            ?? throw NotAgain(header, "a record is missing or no longer verifies");
        return BlockReplay.TryExecute(store, head, header, body, before, records, out string fault, governance)
            ?? throw NotAgain(header, fault);
    }

    private static StoreCorruptException NotAgain(Header header, string reason) => new(
        $"The block proposed at height {header.Height} cannot be executed again: {reason}. "
        + "Restore the node's folder from a backup.");
}

using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Proofs;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Execution;

/// <summary>A block and everything that storing it will write. Nothing is stored yet, and the parent is untouched.</summary>
/// <param name="Before">The commit of the block before that the header names; null in the first block.</param>
internal sealed record ExecutedBlock(
    Header Header,
    BlockBody Body,
    Commit? Before,
    ImmutableArray<VerifiedRecord> Records,
    WorkingState State,
    LogAppend Log,
    MapUpdate Map,
    GovernanceTally Governance);

/// <summary>Why a record cannot stand at this place in a block.</summary>
internal sealed record ExecutionFault(RecordId Record, string Reason, bool MayFitLater);

/// <summary>
/// Applies records to the state, one after the other: stream rules, admission, log, streams map. Deterministic: the same
/// parent, records, time and proposer give the same header at every node.
/// </summary>
internal sealed class BlockExecutor(ChainStore store, ChainHead parent, GovernanceRules? governance = null)
{
    private readonly WorkingState _state = new(store);
    private readonly GovernanceTally _governance = new(store, parent, governance ?? GovernanceRules.Sound);
    private readonly List<VerifiedRecord> _records = [];
    private readonly List<ReadOnlyMemory<byte>> _misbehaviour = [];
    private readonly ChainStore _store = store;

    public IReadOnlyList<VerifiedRecord> Records => _records;

    /// <summary>Adds one record at the end, or changes nothing and says why.</summary>
    public ExecutionFault? TryAdd(VerifiedRecord verified, UnixTime blockTime)
    {
        Record record = verified.Record;
        if (record.Time.Milliseconds > blockTime.Milliseconds + Limits.RecordAheadOfBlockMs)
        {
            return new ExecutionFault(record.Id, "the record's time is more than ten minutes ahead of the block", MayFitLater: true);
        }

        StreamState? before = _state.Stream(record.Stream);
        Configuration configuration = parent.Configuration;
        string? sponsor = before?.Sponsor ?? AdmissionRules.SponsorOf(configuration, record.Stream);
        if (sponsor is null)
        {
            return new ExecutionFault(record.Id, "nobody invited this stream", MayFitLater: false);
        }

        if (!StreamRules.TryApply(before, verified, parent.Terms(sponsor), out StreamState? after, out Fault? fault))
        {
            return new ExecutionFault(record.Id, fault.Reason, MayFitLater: fault.Layer == Layer.Gap);
        }

        AdmissionRefusal? refusal = AdmissionRules.TryCount(
            _state, configuration, record.Stream, sponsor, record.Bytes.Length, before is null, parent.Height.Next, blockTime);
        if (refusal is not null)
        {
            return new ExecutionFault(record.Id, refusal.Detail, MayFitLater: refusal.Kind != AdmissionRefusalKind.NotInvited);
        }

        _state.Set(record.Stream, after);
        _governance.Take(record);
        foreach (ReadOnlyMemory<byte> key in record.PublicKeys())
        {
            _state.AddPublicKey(KeyId.Of(key.Span), key);
        }

        _records.Add(verified);
        return null;
    }

    /// <summary>Adds a misbehaviour file, or changes nothing and says why in one clause (rule E9).</summary>
    /// <param name="file">Kept, not copied.</param>
    public string? TryAddMisbehaviour(ReadOnlyMemory<byte> file)
    {
        if (_misbehaviour.Count == BlockBody.MisbehaviourMax)
        {
            return "the block holds as many files as it may";
        }

        if (!MisbehaviourFile.TryParse(file, out MisbehaviourFile parsed, out CborError error))
        {
            return $"no misbehaviour file: {error}";
        }

        ConsensusStatement said = MisbehaviourFile.Read(parsed.First);
        if (said.Height > parent.Height.Next || !MisbehaviourVerifier.IsOfValidator(parsed, parent.Chain, parent.Configuration))
        {
            return "not of a validator, or of a height to come";
        }

        if (said.Height.Value + Limits.MisbehaviourBlocks <= parent.Height.Next.Value)
        {
            return "older than misbehaviour in a block may be";
        }

        byte[] offence = StoreKeys.Offence(parsed.Signer, said);
        if (_state.HasOffence(offence))
        {
            return "this contradiction stands in the chain already";
        }

        if (MisbehaviourVerifier.FindUnsigned(parsed) is not null)
        {
            return "a statement is not signed by the key";
        }

        _state.AddOffence(offence);
        _misbehaviour.Add(file);
        return null;
    }

    /// <summary>Closes the block: appends to the log, updates the map, makes the header.</summary>
    /// <param name="before">The commit of the parent that the header is to name.</param>
    public ExecutedBlock Finish(UnixTime time, KeyId proposer, Commit? before)
    {
        EntryHash[] entries = [.. _records.Select(verified => verified.Record.Entry)];
        LogAppend log = parent.Log.Append(entries);
        MapChange[] changes = [.. _state.Streams.Select(pair => new MapChange(pair.Key, pair.Value.MapValue))];
        if (!StreamsMap.TryApply(_store, parent.Streams, changes, out MapUpdate map, out MapFault fault))
        {
            throw new StoreCorruptException($"The streams map cannot be read: {fault}. Restore the node's folder from a backup.");
        }

        BlockBody body = new([.. _records.Select(verified => verified.Record.Id)], [.. _misbehaviour]);
        Header header = new()
        {
            Chain = parent.Chain,
            Height = parent.Height.Next,
            Time = time,
            Previous = parent.Block,
            Commit = before?.Digest ?? Digest.Zero,
            Proposer = proposer,
            Validators = parent.Configuration.Digest,
            Next = parent.Upcoming.Digest,
            Size = log.Frontier.Size,
            Root = log.Frontier.Root,
            Streams = map.Root,
            Body = body.Digest,
        };
        return new ExecutedBlock(header, body, before, [.. _records], _state, log, map, _governance);
    }
}

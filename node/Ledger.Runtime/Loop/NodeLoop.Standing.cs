using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>
/// Whether this validator may speak: how often its journal was written, the quarantine of one that was restored, and what
/// it has seen others do wrong.
/// </summary>
internal sealed partial class NodeLoop
{
    /// <summary>Contradictions that wait for a block; each validator gives at most a few in one height.</summary>
    private const int MisbehaviourMax = 256;

    private static readonly byte[] JournalNumberKey = "journal"u8.ToArray();
    private static readonly byte[] QuarantineKey = "quarantine"u8.ToArray();
    private static readonly byte[] OwnSealsKey = "own seals"u8.ToArray();

    private readonly SortedDictionary<Digest, ReadOnlyMemory<byte>> _misbehaviour = [];
    private readonly List<Action> _ownSealsDeferred = [];
    private UnixTime? _ownSealsFrom;
    private ulong _journalNumber;
    private bool _asksForHeads;

    /// <summary>What keeps this validator from voting, in one sentence; null when nothing does. Safe from any thread.</summary>
    public string? Problem { get; private set; }

    /// <summary>Told when <see cref="Problem"/> changed, on the loop's thread.</summary>
    public Action ProblemChanged { get; init; } = () => { };

    /// <summary>
    /// Counts this start, and says how long to keep silent: for ever, until others have shown how far they are, where the
    /// journal is not the one that this validator stopped with.
    /// </summary>
    private Height? CountStart()
    {
        ulong outside = _counter?.Read() ?? 0;
        ulong inside = _store.Raw.Get(Table.Meta, JournalNumberKey) is { } number ? StoreKeys.Number(number) : 0;
        Height? quarantine = _store.Raw.Get(Table.Meta, QuarantineKey) is { } until ? new Height(StoreKeys.Number(until)) : null;
        quarantine = _rules.KeepsQuarantine ? quarantine : null;
        _ownSealsFrom = _store.Raw.Get(Table.Meta, OwnSealsKey) is { } from ? new UnixTime(StoreKeys.Number(from)) : null;
        if (_rules.IsOlderThanLeft(inside, outside))
        {
            quarantine = ReplicaRecovery.UnboundedQuarantine;
            PutQuarantine(quarantine.Value);
        }

        _journalNumber = Math.Max(inside, outside);
        CountWrite();
        return quarantine;
    }

    /// <summary>
    /// One more write of what binds this node, its journal or a record of its own, in the same batch; outside once that
    /// is durable.
    /// </summary>
    private ulong CountWrite()
    {
        ulong number = ++_journalNumber;
        _queue.Batch.Put(Table.Meta, JournalNumberKey, StoreKeys.Number(number));
        _queue.AfterSync(() => _counter?.Write(number));
        return number;
    }

    private void CarryWarning(Effect effect)
    {
        switch (effect)
        {
            case AwaitHeads wait:
                Report($"This validator's journal is not the one it stopped with. It votes again once others of more than "
                    + $"two thirds of the power have shown their highest blocks: {wait.Heard} of {wait.Total} have so far.");
                AskForHeads();
                break;
            case QuarantineEnds ends:
                PutQuarantine(ends.Until);
                Report(null);
                ConsiderOwnSeals();
                break;
            case WarnSignedElsewhere warning:
                PutQuarantine(warning.SilentUntil);
                Report("This validator's key signed something that this node did not: it is used elsewhere, or this is an old "
                    + $"copy. The node keeps silent up to block {warning.SilentUntil}; make sure that only one runs.");
                break;
            case WarnInvalidBlockDecided invalid:
                throw new InvalidOperationException(
                    $"Validators of more than two thirds of the power decided block {invalid.Block} at height {invalid.Height}, "
                    + "which this program refuses. Run the version that the network runs; if it is this one, report it.");
            default:
                // For transcripts and counters.
                break;
        }
    }

    private void PutQuarantine(Height until)
    {
        _queue.Batch.Put(Table.Meta, QuarantineKey, StoreKeys.Of(until)).Delete(Table.Meta, OwnSealsKey);
        _ownSealsFrom = null;
    }

    private void Report(string? problem)
    {
        if (problem != Problem)
        {
            Problem = problem;
            ProblemChanged();
        }
    }

    /// <summary>
    /// A stream is not continued from an old state: the settled one comes first. What had been sealed and shared before
    /// gets the blocks of the quarantine to settle in, those that were made while this node was reading them, and the one
    /// after.
    /// </summary>
    private bool DefersOwnSeals =>
        _rules.WaitsForOwnHead && (_replica.QuarantineUntil > _head.Height || _head.Time < _ownSealsFrom);

    private void ConsiderOwnSeals()
    {
        bool isOver = _replica.QuarantineUntil <= _head.Height;
        if (isOver && _ownSealsFrom is null)
        {
            _ownSealsFrom = Now;
            _queue.Batch.Put(Table.Meta, OwnSealsKey, StoreKeys.Number(_ownSealsFrom.Value.Milliseconds));
        }

        if (isOver && !DefersOwnSeals)
        {
            SealDeferred();
        }
    }

    private void SealDeferred()
    {
        SealOwnGenesis();
        List<Action> deferred = [.. _ownSealsDeferred];
        _ownSealsDeferred.Clear();
        deferred.ForEach(seal => seal());
    }

    private void Keep(Misbehaviour found)
    {
        ReadOnlyMemory<byte> key = _head.Configuration.Validators[found.Validator.Value].VoteKey;
        byte[] file = found.ToFile(_head.Chain, key).Encode();
        if (_misbehaviour.Count < MisbehaviourMax)
        {
            _misbehaviour[Digest.Of(file)] = file;
        }
    }

    /// <summary>What stands in the chain now, or is too old for it (E9), needs no block any more, whoever's proof it was.</summary>
    private void ForgetProvenMisbehaviour()
    {
        foreach ((Digest digest, ReadOnlyMemory<byte> file) in _misbehaviour.ToArray())
        {
            if (MisbehaviourFile.TryParse(file, out MisbehaviourFile parsed, out _)
                && MisbehaviourFile.Read(parsed.First) is { } said
                && (said.Height.Value + Limits.MisbehaviourBlocks <= _head.Height.Next.Value
                    || _store.Raw.Contains(Table.Misbehaviour, StoreKeys.Offence(parsed.Signer, said))))
            {
                _misbehaviour.Remove(digest);
            }
        }
    }
}

using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using static Ledger.Simulator.Checker;

namespace Ledger.Simulator;

/// <summary>Where a crash strikes.</summary>
internal enum CrashPoint
{
    Now,
    BeforeWrite,
    AfterWrite,
    Spoken,
}

/// <summary>
/// One of the product's nodes and what befalls it: it is seen at every write and every word, and what it promised is
/// held against its disk.
/// </summary>
internal sealed class HonestNode : NodeWitness
{
    private const byte EntryPrefix = (byte)'e';

    private readonly World _world;
    private readonly Checker _checker;
    private readonly bool _takesFullForDone;
    private readonly VirtualNode _node;
    private readonly Dictionary<JournalEntry, (byte[] Key, byte[] Bytes)> _written = [];
    private readonly HashSet<RecordId> _sealed = [];
    private readonly Dictionary<Sequence, (RecordId Id, int Restores)> _own = [];
    private Height _settled;
    private int _restores;
    private Height _settledWhenBack;
    private Height _acknowledged;
    private MemoryStore? _backup;
    private (CrashPoint Point, Action Then)? _doom;

    public HonestNode(World world, Checker checker, int index, Bug bug)
    {
        _world = world;
        _checker = checker;
        _takesFullForDone = bug.TakesFullForDone;
        _node = new VirtualNode(world, index)
        {
            Skew = TimeSpan.FromMilliseconds(index < world.Plan.Nodes ? world.Plan.SkewMs[index] : 0),
            Rules = bug.Rules(),
            Witness = this,
            Bitcoin = checker.Anchors.BitcoinOf(index),
        };
        _node.Store.SyncWrites = !bug.SyncsWithoutData;
    }

    public int Index => _node.Index;

    public bool IsUp => _node.IsUp;

    public VirtualNode Node => _node;

    public ChainStore Chain => _node.Chain;

    public Height Settled => _settled;

    /// <summary>Until when nothing can be written.</summary>
    public long FullUntilMs { get; set; }

    /// <summary>Nothing befalls it any more.</summary>
    public void Spare()
    {
        FullUntilMs = 0;
        _doom = null;
    }

    /// <summary>Acknowledged here as sealed, and not known to be settled.</summary>
    public IEnumerable<RecordId> Unsettled => _sealed.Where(id => Chain.Placement(id) is null);

    public void Boot()
    {
        MemoryStore disk = _node.Store;
        _settled = Chain.Height;
        Require(
            _settled >= _acknowledged,
            "what was acknowledged as settled is not lost",
            $"n{Index} starts with {_settled}, and had said that {_acknowledged} is settled");
        foreach (RecordId id in _sealed)
        {
            Require(
                disk.Contains(Table.Records, id.Span),
                "what was acknowledged as sealed is not lost",
                $"n{Index} starts without record {id}");
        }

        _world.Say(Index, $"starts at {_settled.Next}");
        _node.Start();
    }

    /// <summary>Crashes now or at the next such moment; <paramref name="then"/> follows at once.</summary>
    public void CrashAt(CrashPoint point, Action then)
    {
        _doom = (point, then);
        if (point == CrashPoint.Now)
        {
            _doom = null;
            _node.Crash();
            OnDown(Fault.Crash, then);
        }
    }

    public void Back() => _backup = _node.Store.DurableCopy();

    /// <summary>An earlier store instead of the one it had.</summary>
    public void BootFromBackup()
    {
        if (_backup is { } backup)
        {
            _world.Count(Fault.OldBackup);
            _world.Say(Index, $"is brought back from an old backup");
            _settled = _acknowledged = new ChainStore(backup).Height;
            _sealed.Clear();
            _written.Clear();
            _restores++;
            _settledWhenBack = _checker.Oracle.Head.Height;
            foreach ((byte[] key, byte[] bytes) in backup.Scan(Table.Journal, [EntryPrefix], [EntryPrefix + 1]))
            {
                Note(key, bytes);
            }

            _node.RestoreAndStart(backup.Copy());
        }
        else
        {
            Boot();
        }
    }

    /// <summary>Offers records as a client would; says which were acknowledged as sealed or settled.</summary>
    public IReadOnlyList<RecordId> Submit(IReadOnlyList<byte[]> records)
    {
        SubmissionOutcome[] outcomes = _node.TrySubmit(records) ?? [];
        List<RecordId> acknowledged = [.. outcomes.Select(outcome => outcome.Receipt?.Id).OfType<RecordId>()];
        foreach (RecordId id in acknowledged.Where(_sealed.Add))
        {
            _world.Say(Index, $"acknowledges record {id.ToString()[..6]}");
        }

        return acknowledged;
    }

    public override bool TakesFullForDone => _takesFullForDone;

    public override void Writing(StoreBatch batch)
    {
        Strike(CrashPoint.BeforeWrite);
        bool full = _world.NowMs < FullUntilMs;
        _node.Store.Full = full;
        if (full)
        {
            _world.Count(Fault.DiskFull);
            _world.Say(Index, $"finds its disk full");
        }
    }

    public override void Written(StoreBatch batch)
    {
        foreach (StoreChange change in batch.Changes)
        {
            if (change is { Table: Table.Journal, Value: { } bytes } && change.Key[0] == EntryPrefix)
            {
                Note(change.Key, bytes);
            }
            else if (change is { Table: Table.Anchors, Value: { } anchor })
            {
                _checker.Anchors.OnSaved(Index, AnchorBatchCodec.Decode(anchor));
            }
        }

        Height joined = Chain.JoinedAt;
        if (_settled < joined)
        {
            _settled = joined;
            _world.Count(Fault.SnapshotJoin);
            _world.Say(Index, $"stands at {joined} by a snapshot");
            _checker.OnJoined(Index, Chain.Block(joined)!);
        }

        Height height = Chain.Height;
        while (_settled < height)
        {
            _settled = _settled.Next;
            SettledBlock block = Chain.Block(_settled)!;
            _written.Clear();
            _world.Say(Index, $"settles {block.Header.Id.Show()} at {_settled}, {block.Body.Records.Length} records");
            _checker.OnSettled(Index, block, Chain);
        }

        Strike(CrashPoint.AfterWrite);
    }

    public override void Said(ReadOnlyMemory<byte> message)
    {
        Require(
            ConsensusMessage.TryParse(message.Span, out ConsensusMessage read, out _),
            "what is said can be read",
            $"n{Index}: {message.Length} bytes");
        NodeDisk disk = new(_node.Store.DurableCopy(), _written);
        switch (read)
        {
            case ConsensusMessage.VoteMessage { Signed: var signed } when signed.Validator.Value == Index:
                _world.Say(Index, $"{signed.Vote.Show()}");
                _checker.OnVote(Index, signed.Vote, disk);
                break;
            case ConsensusMessage.ProposalMessage { Signed: var signed } when signed.Proposer.Value == Index:
                _world.Say(Index, $"{signed.Proposal.Show()}");
                _checker.OnProposal(Index, signed.Proposal, disk);
                break;
        }

        Strike(CrashPoint.Spoken);
    }

    public override void Stepped(Input? input, IReadOnlyList<Effect> effects)
    {
        _checker.OnStep(Index, effects);
        foreach (Effect effect in effects)
        {
            if (effect is CommitBlock { Commit: var decided })
            {
                _world.Say(Index, $"decides {decided.Block.Show()} at {decided.Height} in round {decided.Round}");
                _world.Decided(Index);
            }
            else if (_world.KeepTranscript)
            {
                Transcribe(effect);
            }
        }
    }

    public override void Happened(NodeEvent happened)
    {
        switch (happened)
        {
            case BlockSettledEvent { Block.Header: var header }:
                _acknowledged = header.Height > _acknowledged ? header.Height : _acknowledged;
                break;
            case RecordDisplaced displaced:
                _sealed.Remove(displaced.Record);
                _world.Say(Index, $"gives up record {displaced.Record.ToString()[..6]}: its stream went another way");
                break;
            case RecordSealed { Record: var record }:
                OnSealed(record);
                break;
            case PeerLied lied:
                Require(
                    _world.Plan.Liars.Any(liar => VirtualPeers.IdentityOf(liar) == lied.Peer),
                    "no honest one is accused",
                    $"n{Index} says of {lied.Peer}: {lied.Fault}");
                break;
            case ProposalRefused refused:
                _world.Say(Index, $"refuses {refused.Block.Show()} at {refused.Height}: {refused.Fault}");
                break;
        }
    }

    public override void PowerLost()
    {
        (CrashPoint point, Action then) = _doom!.Value;
        _doom = null;
        OnDown(
            point switch
            {
                CrashPoint.BeforeWrite => Fault.CrashBeforeWrite,
                CrashPoint.AfterWrite => Fault.CrashAfterWrite,
                _ => Fault.CrashAfterWord,
            },
            then);
    }

    public override bool Died(Exception reason) => reason is InvariantBrokenException
        ? false
        : throw new InvariantBrokenException("no honest node ends by itself", $"n{Index}: {reason}");

    /// <summary>Everything that settled anywhere lies here whole, up to this node's head.</summary>
    public void CheckLog(Oracle oracle)
    {
        ChainStore chain = Chain;
        for (Height height = new(1); height <= chain.Height; height = height.Next)
        {
            Require(
                chain.HeightOf(oracle.IdOf(height)) == height,
                "agreement",
                $"n{Index} holds another block {height}");
        }

        for (ulong index = 0; index < _node.Head.Log.Size.Value; index++)
        {
            RecordId id = oracle.Chain.RecordAt(new LogIndex(index))!.Value;
            Require(
                chain.RecordAt(new LogIndex(index)) == id
                    && chain.RecordBytes(id) is { } bytes && bytes.AsSpan().SequenceEqual(oracle.Chain.RecordBytes(id)),
                "the log is the same everywhere",
                $"n{Index}: entry {index}, record {id}");
        }
    }

    private void OnSealed(Record record)
    {
        if (record.Stream.Value != _world.Plan.Keys.StreamOf(Index).Id.Value)
        {
            return;
        }

        // What was lost with the disk, and had not settled when the node came back, may be sealed once more in another
        // way: others may settle it while the node is still reading.
        bool again = _own.TryGetValue(record.Seq, out (RecordId Id, int Restores) before);
        bool isLost = before.Restores < _restores
            && !(_checker.Oracle.Chain.Placement(before.Id)?.Height <= _settledWhenBack);
        Require(
            !again || before.Id == record.Id || isLost,
            "a node's own stream has one history",
            $"n{Index} sealed {before.Id} and {record.Id} as number {record.Seq}");
        _own[record.Seq] = (record.Id, _restores);
    }

    private void OnDown(Fault fault, Action then)
    {
        _world.Count(fault);
        _world.Say(Index, $"is down: {fault}");
        then();
    }

    private void Note(byte[] key, byte[] bytes)
    {
        if (JournalEntry.TryDecode(bytes, out JournalEntry? entry, out _))
        {
            _written[entry!] = (key, bytes);
        }
    }

    private void Strike(CrashPoint point)
    {
        if (_doom?.Point == point)
        {
            throw new PowerLostException();
        }
    }

    private void Transcribe(Effect effect)
    {
        switch (effect)
        {
            case RoundEntered entered:
                _world.Say(Index, $"enters {entered.Height}/{entered.Round}");
                break;
            case RuleApplied applied:
                _world.Say(Index, $"{applied.Rule.Show()}");
                break;
            case AwaitHeads waits:
                _world.Say(Index, $"waits: {waits.Heard} of {waits.Total} have told their highest block");
                break;
            case QuarantineEnds ends:
                _world.Say(Index, $"keeps silent up to {ends.Until}");
                break;
            case ReportMisbehaviour { Misbehaviour: DoubleVote two }:
                _world.Say(
                    Index,
                    $"reports n{two.Validator}: {two.First.Vote.Show()} and {two.Second.Vote.Block.Show()}");
                break;
            case ReportMisbehaviour { Misbehaviour: DoubleProposal two }:
                _world.Say(
                    Index,
                    $"reports n{two.Validator}: {two.First.Proposal.Show()} and {two.Second.Proposal.Block.Show()}");
                break;
        }
    }
}

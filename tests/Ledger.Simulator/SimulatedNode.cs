using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>
/// A driver around one replica: a disk that loses what was not synced, timers, a block builder, a fetcher and the
/// synchronisation of settled blocks. It decides nothing that the replica should.
/// </summary>
internal sealed partial class SimulatedNode
{
    /// <summary>A position draws an answer larger than itself, so nobody gets more than a few per second.</summary>
    private const long AnswerEveryMs = 200;

    /// <summary>Blocks in one answer to a peer that lags.</summary>
    private const int SyncBlocks = 8;

    private readonly World _world;
    private readonly Checker _checker;
    private readonly SafetyRules _rules;
    private readonly DriverRules _driver;
    private readonly SimulatedDisk _disk;
    private readonly List<Effect> _effects = [];
    private readonly Queue<Input> _inputs = new();
    private readonly long[] _answerAfterMs;
    private readonly Dictionary<(Height, Round, int, ValidatorIndex), BlockId?> _firsts = [];
    private Replica? _replica;
    private Height _syncTarget;
    private int _life;
    private bool _stepping;
    private bool _asksForHeads;
    private (CrashPoint Point, Action Then)? _doom;

    public SimulatedNode(World world, Checker checker, int index, Bug bug)
    {
        _world = world;
        _checker = checker;
        _rules = bug.Safety;
        _driver = bug.Driver;
        _disk = new SimulatedDisk(world);
        Index = index;
        _answerAfterMs = new long[world.Plan.Nodes];
    }

    public int Index { get; }

    public bool IsUp => _replica is not null;

    public Height Settled => new((ulong)_disk.Chain.Count);

    public Replica? Replica => _replica;

    public SimulatedDisk Disk => _disk;

    /// <summary>Records wait here for blocks up to this height.</summary>
    public Height WorkUpTo { get; set; } = new(ulong.MaxValue);

    public void Boot()
    {
        _life++;
        _asksForHeads = false;
        Height settled = Settled;
        _checker.OnBoot(Index, settled);
        if (_disk.IsNotAsItWasLeft && _driver.NoticesBackups)
        {
            _disk.Quarantine = ReplicaRecovery.UnboundedQuarantine;
        }

        _disk.CountStart();
        var recovery = new ReplicaRecovery(
            settled,
            settled == Height.Zero ? new UnixTime(World.EpochMs - 1_000) : _world.Block(_disk.Chain[^1].Block).Time,
            _world.Plan.ValidatorsAt(settled.Next),
            [.. _disk.Load(_driver.JournalFrom(settled))],
            _disk.Quarantine);
        _effects.Clear();
        var settings = new ReplicaSettings(_world.Plan.Signatures.KeyOf(Index), _driver.Limit(Plan.Timing));
        _world.Say(Index, $"starts at {settled.Next}{(_disk.Quarantine is null ? "" : " and keeps silent")}");
        _replica = Replica.Start(settings, recovery, _rules, _effects);
        CarryOut();
        Drain();
        Poll();
        Sync();
    }

    /// <summary>Crashes now or at the next such moment; <paramref name="then"/> follows at once.</summary>
    public void CrashAt(CrashPoint point, Action then)
    {
        _doom = (point, then);
        Strike(CrashPoint.Now);
    }

    /// <summary>An earlier journal and chain instead of those it had; it is down and starts from them.</summary>
    public void BootFromBackup()
    {
        _disk.Restore();
        _checker.OnRestored(Index, Settled);
        Boot();
    }

    public void Receive(int from, Wire wire)
    {
        if (_replica is not { } replica || (!_driver.HandsInContradictions && IsSecond(wire)))
        {
            return;
        }

        switch (wire)
        {
            case VoteWire vote when IsSigned(vote, replica.Validators):
                Take(new VoteHeard(vote.Vote));
                break;
            case ProposalWire proposal when IsSigned(proposal, replica.Validators):
                Take(new ProposalHeard(proposal.Proposal, _world.ClockOf(Index)));
                break;
            case PositionWire position when _world.NowMs >= _answerAfterMs[from]:
                _answerAfterMs[from] = _world.NowMs + AnswerEveryMs;
                Take(new PositionHeard(new PeerToken((ulong)from), position.Position));
                break;
            case SyncWire request:
                foreach (Commit commit in _disk.Chain.Skip((int)request.From.Value - 1).Take(SyncBlocks))
                {
                    _world.Send(Index, from, new CommitWire(commit));
                }

                break;
            case CommitWire received:
                Adopt(received.Commit);
                break;
            case HeadQuestionWire:
                _world.Send(Index, from, new HeadWire(_disk.Chain.Count > 0 ? _disk.Chain[^1] : null));
                break;
            case HeadWire head when head.Commit is null || IsGenuine(head.Commit):
                Take(new HeadProven(_world.Plan.Signatures.KeyOf(from), head.Commit?.Height ?? Height.Zero));
                break;
        }
    }

    private bool IsSecond(Wire wire)
    {
        ((Height, Round, int, ValidatorIndex) Place, BlockId? Block)? said = wire switch
        {
            VoteWire { Vote: { Vote: var vote } signed } =>
                ((vote.Height, vote.Round, (int)vote.Step, signed.Validator), vote.Block),
            ProposalWire { Proposal: { Proposal: var proposal } signed } =>
                ((proposal.Height, proposal.Round, 0, signed.Proposer), proposal.Block),
            _ => null,
        };
        return said is { } message && !_firsts.TryAdd(message.Place, message.Block)
            && _firsts[message.Place] != message.Block;
    }

    private bool IsSigned(VoteWire vote, ValidatorSet validators) =>
        _world.IsSigned(vote.Vote, validators)
        || (!_driver.ChecksSignatures && validators.Contains(vote.Vote.Validator));

    private bool IsSigned(ProposalWire proposal, ValidatorSet validators) =>
        _world.IsSigned(proposal.Proposal, validators)
        || (!_driver.ChecksSignatures && validators.Contains(proposal.Proposal.Proposer));

    private void Strike(CrashPoint point)
    {
        if (_doom is { } doom && doom.Point == point)
        {
            _doom = null;
            _world.Count(Fault.Crash);
            _world.Say(Index, $"crashes");
            _disk.Crash();
            _inputs.Clear();
            _replica = null;
            _life++;
            doom.Then();
        }
    }

    /// <summary>A settled block from a peer: taken if its commit proves itself and it is the next.</summary>
    private void Adopt(Commit commit)
    {
        if (commit.Height == Settled.Next
            && _replica!.Phase != ReplicaPhase.Settling
            && (!_driver.ChecksCommits || IsGenuine(commit)))
        {
            _syncTarget = _syncTarget > commit.Height.Next ? _syncTarget : commit.Height.Next;
            ulong write = _disk.Write(commit);
            _disk.Sync(write);
            Settle(commit);
        }
    }

    /// <summary>Precommits for it by more than two thirds of the power, each signed, each validator once.</summary>
    private bool IsGenuine(Commit commit)
    {
        ValidatorSet validators = _world.Plan.ValidatorsAt(commit.Height);
        var voters = default(VoterMask);
        ulong power = 0;
        foreach (SignedVote signed in commit.Precommits)
        {
            var meant = new Vote(commit.Height, commit.Round, Core.Chain.VoteStep.Precommit, commit.Block);
            if (signed.Vote != meant
                || !_world.IsSigned(signed, validators)
                || (_driver.CountsVotersOnce && voters.Contains(signed.Validator)))
            {
                return false;
            }

            voters = voters.With(signed.Validator);
            power += validators.PowerOf(signed.Validator).Value;
        }

        return power * 3 > validators.Total.Value * 2;
    }

    private void Settle(Commit commit)
    {
        _checker.OnSettled(Index, commit);
        Height next = commit.Height.Next;
        ValidatorSet validators = _world.Plan.ValidatorsAt(next);
        if (!validators.Equals(_world.Plan.ValidatorsAt(commit.Height)))
        {
            _world.Count(Fault.ValidatorChange);
        }

        _disk.Drop(commit.Height);
        _world.Say(Index, $"settles {_world.NameOf(commit.Block)} at {commit.Height}");
        Take(new BlockSettled(commit.Height, commit.Block, _world.Block(commit.Block).Time, validators));
    }

    private void Take(Input input)
    {
        _inputs.Enqueue(input);
        Drain();
    }

    private void Drain()
    {
        if (_stepping)
        {
            return;
        }

        _stepping = true;
        while (_replica is not null && _inputs.TryDequeue(out Input? input))
        {
            _effects.Clear();
            _checker.BeforeStep(Index, _replica);
            _replica.Step(input, _effects);
            _checker.AfterStep(Index, _replica, input, _effects);
            CarryOut();
        }

        _stepping = false;
    }

    private void CarryOut()
    {
        bool was = _stepping;
        _stepping = true;
        int life = _life;
        for (int i = 0; i < _effects.Count && life == _life; i++)
        {
            Effect effect = _effects[i];
            CarryOut(effect);
            if (effect is PersistJournal)
            {
                Later(_world.Random.Between(0, 10), () => Strike(CrashPoint.Writing));
            }
            else if (effect is SignAndBroadcastVote or SignAndBroadcastProposal)
            {
                Strike(CrashPoint.Spoken);
            }
        }

        _stepping = was;
    }

    /// <summary>Work waits, or does not, at this node; looked at now and then, as a mempool would tell.</summary>
    private void Poll()
    {
        if (_replica is { Phase: ReplicaPhase.WaitingForWork } idle && idle.Height <= WorkUpTo)
        {
            if (_world.Chaos && _world.Random.Chance(_world.Plan.IdlePercent))
            {
                _world.Count(Fault.Idleness);
            }
            else
            {
                Take(new HeightWanted(idle.Height));
            }
        }

        Later(_world.Random.Between(20, 200), Poll);
    }

    private void Sync()
    {
        if (_syncTarget > Settled.Next)
        {
            int peer = _world.Random.Below(_world.Plan.Nodes);
            for (int other = 0; _world.Plan.Scripted && other < _world.Plan.Nodes; other++)
            {
                peer = other == Index ? peer : other;
            }

            _world.Send(Index, peer, new SyncWire(Settled.Next));
        }

        Later(_world.Random.Between(200, 500), Sync);
    }

    private void AskForHeads()
    {
        if (_replica?.QuarantineUntil == ReplicaRecovery.UnboundedQuarantine)
        {
            Broadcast(new HeadQuestionWire());
            Later(_world.Random.Between(500, 2_000), AskForHeads);
        }
    }

    private void Later(long delayMs, Action action)
    {
        int life = _life;
        _world.After(delayMs, () =>
        {
            if (life == _life)
            {
                action();
            }
        });
    }
}

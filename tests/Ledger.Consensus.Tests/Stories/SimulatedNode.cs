using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// What a story puts around one replica: a disk, timers, a block builder and the exchange of settled blocks, each with
/// the least that the story needs. It decides nothing that the replica should.
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

    public SimulatedNode(World world, Checker checker, int index, StoryBug bug)
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
        if (_disk.IsNotAsItWasLeft && _driver.NoticesBackups)
        {
            _disk.Quarantine = ReplicaRecovery.UnboundedQuarantine;
        }

        _disk.CountStart();
        var recovery = new ReplicaRecovery(
            settled,
            settled == Height.Zero ? new UnixTime(World.EpochMs - 1_000) : _world.Block(_disk.Chain[^1].Block).Time,
            _world.Plan.Validators,
            [.. _disk.Load(_driver.JournalFrom(settled))],
            _disk.Quarantine);
        _effects.Clear();
        var settings = new ReplicaSettings(VoteSignatures.KeyOf(Index), _driver.Limit(Plan.Timing));
        _world.Say(Index, $"starts at {settled.Next}{(_disk.Quarantine is null ? "" : " and keeps silent")}");
        _replica = Replica.Start(settings, recovery, _rules, _effects);
        CarryOut();
        Drain();
        Poll();
        Sync();
    }

    public void Crash()
    {
        if (IsUp)
        {
            _world.Say(Index, $"crashes");
            _disk.Crash();
            _inputs.Clear();
            _replica = null;
            _life++;
        }
    }

    /// <summary>An earlier journal and chain instead of those it had; it is down and starts from them.</summary>
    public void BootFromBackup()
    {
        _disk.Restore();
        Boot();
    }

    public void Receive(int from, Wire wire)
    {
        if (!IsUp || (!_driver.HandsInContradictions && IsSecond(wire)))
        {
            return;
        }

        switch (wire)
        {
            case VoteWire vote when _world.IsSigned(vote.Vote):
                Take(new VoteHeard(vote.Vote));
                break;
            case ProposalWire proposal when _world.IsSigned(proposal.Proposal):
                Take(new ProposalHeard(proposal.Proposal, _world.Clock));
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
                Take(new HeadProven(VoteSignatures.KeyOf(from), head.Commit?.Height ?? Height.Zero));
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

    /// <summary>A settled block from a peer: taken if its commit proves itself and it is the next.</summary>
    private void Adopt(Commit commit)
    {
        if (commit.Height == Settled.Next
            && _replica!.Phase != ReplicaPhase.Settling
            && IsGenuine(commit))
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
        ValidatorSet validators = _world.Plan.Validators;
        var voters = default(VoterMask);
        ulong power = 0;
        foreach (SignedVote signed in commit.Precommits)
        {
            var meant = new Vote(commit.Height, commit.Round, Core.Chain.VoteStep.Precommit, commit.Block);
            if (signed.Vote != meant
                || !_world.IsSigned(signed)
                || voters.Contains(signed.Validator))
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
        _disk.Drop(commit.Height);
        _world.Say(Index, $"settles {_world.NameOf(commit.Block)} at {commit.Height}");
        Take(new BlockSettled(commit.Height, commit.Block, _world.Block(commit.Block).Time, _world.Plan.Validators));
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
            CarryOut(_effects[i]);
        }

        _stepping = was;
    }

    /// <summary>Work waits, or does not, at this node; looked at now and then, as a mempool would tell.</summary>
    private void Poll()
    {
        if (_replica is { Phase: ReplicaPhase.WaitingForWork } idle && idle.Height <= WorkUpTo)
        {
            Take(new HeightWanted(idle.Height));
        }

        Later(20, Poll);
    }

    private void Sync()
    {
        if (_syncTarget > Settled.Next)
        {
            int peer = Index == _world.Plan.Nodes - 1 ? Index - 1 : _world.Plan.Nodes - 1;
            _world.Send(Index, peer, new SyncWire(Settled.Next));
        }

        Later(200, Sync);
    }

    private void AskForHeads()
    {
        if (_replica?.QuarantineUntil == ReplicaRecovery.UnboundedQuarantine)
        {
            Broadcast(new HeadQuestionWire());
            Later(500, AskForHeads);
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

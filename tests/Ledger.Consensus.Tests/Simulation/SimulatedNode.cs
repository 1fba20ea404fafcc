using Ledger.Core;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>
/// A driver around one replica: a disk that loses what was not synced, timers, a block builder, a fetcher and the
/// synchronisation of settled blocks. It decides nothing that the replica should.
/// </summary>
internal sealed class SimulatedNode
{
    private readonly World _world;
    private readonly Checker _checker;
    private readonly SafetyRules _rules;
    private readonly List<JournalEntry> _disk = [];
    private readonly SortedDictionary<JournalTicket, JournalEntry> _writing = [];
    private readonly List<Commit> _chain = [];
    private readonly List<Effect> _effects = [];
    private readonly Queue<Input> _inputs = new();
    private Replica? _replica;
    private List<JournalEntry> _backup = [];
    private Height _syncTarget;
    private int _life;
    private bool _stepping;

    public SimulatedNode(World world, Checker checker, int index, SafetyRules rules)
    {
        _world = world;
        _checker = checker;
        _rules = rules;
        Index = index;
    }

    public int Index { get; }

    public bool IsUp => _replica is not null;

    public Height Settled => new((ulong)_chain.Count);

    public Replica? Replica => _replica;

    public void Boot(Height? quarantineUntil = null)
    {
        _life++;
        Height settled = Settled;
        var recovery = new ReplicaRecovery(
            settled,
            settled == Height.Zero ? new UnixTime(World.EpochMs - 1_000) : _world.Block(_chain[^1].Block).Time,
            _world.Plan.ValidatorsAt(settled.Next),
            [.. _disk.Where(entry => entry.Height > settled)],
            quarantineUntil);
        _effects.Clear();
        _replica = Replica.Start(new ReplicaSettings(Plan.KeyOf(Index), Plan.Timing), recovery, _rules, _effects);
        _world.Say(Index, $"boot at {_replica.Height}{(quarantineUntil is null ? "" : " in quarantine")}");
        CarryOut();
        Drain();
        Poll();
        Sync();
    }

    /// <summary>Writes under way reach the disk or not, as luck will have it; nothing else is lost.</summary>
    public void Crash()
    {
        _world.Count(Fault.Crash);
        _world.Say(Index, "crash");
        foreach (JournalEntry entry in _writing.Values)
        {
            bool survives = _world.Random.Chance(30);
            _world.Count(survives ? Fault.SurvivingWrite : Fault.LostWrite);
            if (survives)
            {
                _disk.Add(entry);
            }
        }

        _writing.Clear();
        _inputs.Clear();
        _replica = null;
        _life++;
    }

    public void TakeBackup() => _backup = [.. _disk];

    /// <summary>Brings an old journal back; the driver noticed, so the replica starts under quarantine.</summary>
    public void BootFromBackup(Func<Height> highestProven)
    {
        _world.Count(Fault.OldBackup);
        _disk.Clear();
        _disk.AddRange(_backup);
        Boot(ReplicaRecovery.UnboundedQuarantine);
        Later(_world.Random.Between(50, 2_000), () =>
            Take(new QuarantineBounded(new Height(highestProven().Value + 2))));
    }

    public void Receive(int from, Wire wire)
    {
        if (!IsUp)
        {
            return;
        }

        switch (wire)
        {
            case VoteWire vote:
                Take(new VoteHeard(vote.Vote));
                break;
            case ProposalWire proposal:
                Take(new ProposalHeard(proposal.Proposal, _world.ClockOf(Index)));
                break;
            case PositionWire position:
                Take(new PositionHeard(new PeerToken((ulong)from), position.Position));
                break;
            case SyncWire request:
                foreach (Commit commit in _chain.Skip((int)request.From.Value - 1).Take(8))
                {
                    _world.Send(Index, from, new CommitWire(commit));
                }

                break;
            case CommitWire received:
                Adopt(received.Commit);
                break;
        }
    }

    /// <summary>A settled block from a peer: taken if its commit proves itself and it is the next.</summary>
    private void Adopt(Commit commit)
    {
        if (commit.Height == Settled.Next
            && _replica!.Phase != ReplicaPhase.Settling
            && _checker.IsGenuine(commit))
        {
            Settle(commit);
        }
    }

    private void Settle(Commit commit)
    {
        _chain.Add(commit);
        _checker.OnSettled(Index, commit);
        Height next = commit.Height.Next;
        UnixTime time = _world.Block(commit.Block).Time;
        _world.Say(Index, $"settled {commit.Height} {Short(commit.Block)}");
        Take(new BlockSettled(commit.Height, commit.Block, time, _world.Plan.ValidatorsAt(next)));
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
            _checker.BeforeStep(Index, _replica, input);
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
        foreach (Effect effect in _effects.ToList())
        {
            CarryOut(effect);
        }

        _stepping = was;
    }

    private void CarryOut(Effect effect)
    {
        _checker.OnEffect(Index, effect, _disk);
        switch (effect)
        {
            case BuildBlock build:
                Build(build);
                break;
            case CheckBlock check:
                Check(check);
                break;
            case PersistJournal persist:
                _writing.Add(persist.Ticket, persist.Entry);
                Later(_world.Random.Between(0, 15), () => OnSynced(persist));
                break;
            case SignAndBroadcastProposal said:
                var proposal = new SignedProposal(
                    said.Proposal, new ValidatorIndex(Index), _world.Block(said.Proposal.Block).Time, new byte[1]);
                _world.Say(Index, $"says {Text(said.Proposal)}");
                Broadcast(new ProposalWire(proposal));
                Later(1, () => Take(new ProposalHeard(proposal, _world.ClockOf(Index))));
                break;
            case SignAndBroadcastVote said:
                var vote = new SignedVote(said.Vote, said.Validator, new byte[1]);
                _world.Say(Index, $"says {Text(said.Vote)}");
                Broadcast(new VoteWire(vote));
                Later(1, () => Take(new VoteHeard(vote)));
                break;
            case ArmTimeout arm:
                Later(
                    arm.After.Ticks / TimeSpan.TicksPerMillisecond,
                    () => Take(new TimeoutElapsed(arm.Height, arm.Round, arm.Kind)));
                break;
            case CommitBlock decided:
                Later(_world.Random.Between(0, 30), () => Settle(decided.Commit));
                break;
            default:
                CarryOutTalk(effect);
                break;
        }
    }

    private void CarryOutTalk(Effect effect)
    {
        switch (effect)
        {
            case Rebroadcast again:
                if (again.Proposal is { } proposal)
                {
                    Broadcast(new ProposalWire(proposal));
                }

                foreach (SignedVote vote in again.Votes)
                {
                    Broadcast(new VoteWire(vote));
                }

                break;
            case AnnouncePosition announce:
                Broadcast(new PositionWire(announce.Position));
                break;
            case SendMessages send:
                foreach (SignedProposal held in send.Proposals)
                {
                    _world.Send(Index, (int)send.Peer.Value, new ProposalWire(held));
                }

                foreach (SignedVote vote in send.Votes)
                {
                    _world.Send(Index, (int)send.Peer.Value, new VoteWire(vote));
                }

                break;
            case SendCommit send when send.Height.Value >= 1 && send.Height <= Settled:
                _world.Send(Index, (int)send.Peer.Value, new CommitWire(_chain[(int)send.Height.Value - 1]));
                break;
            case RequestSync sync:
                _syncTarget = sync.Height;
                break;
            case RoundEntered entered:
                _world.Say(Index, $"enters {entered.Height}/{entered.Round}");
                break;
            case RuleApplied applied:
                _world.Say(Index, $"rule {applied.Rule}");
                break;
        }
    }

    private void OnSynced(PersistJournal persist)
    {
        _writing.Remove(persist.Ticket);
        _disk.Add(persist.Entry);
        Take(new JournalPersisted(persist.Ticket));
    }

    private void Build(BuildBlock build)
    {
        // The builder waits until its clock has passed the block before.
        long wait = (long)build.NotBefore.Milliseconds - (long)_world.ClockOf(Index).Milliseconds;
        Later(Math.Max(0, wait) + _world.Random.Between(1, 20), () =>
        {
            SimulatedBlock block = _world.NewBlock(build.Height, _world.ClockOf(Index));
            Take(new BlockBuilt(build.Height, build.Round, block.Id, block.Time));
        });
    }

    private void Check(CheckBlock check)
    {
        SimulatedBlock block = _world.Block(check.Block);
        if (!block.Served)
        {
            return;
        }

        bool slow = _world.Chaos && _world.Random.Chance(5);
        if (slow)
        {
            _world.Count(Fault.SlowFetch);
        }

        Later(_world.Random.Between(1, slow ? 3_000 : 30), () =>
            Take(new BlockChecked(check.Height, check.Block, block.Valid && block.Height == check.Height)));
    }

    /// <summary>Work waits, or does not, at this node; looked at now and then, as a mempool would tell.</summary>
    private void Poll()
    {
        if (_replica is { Phase: ReplicaPhase.WaitingForWork } idle)
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

        Later(_world.Random.Between(100, 400), Poll);
    }

    private void Sync()
    {
        if (_syncTarget > Settled.Next)
        {
            int peer = _world.Random.Below(_world.Plan.Nodes);
            _world.Send(Index, peer, new SyncWire(Settled.Next));
        }

        Later(_world.Random.Between(200, 500), Sync);
    }

    private void Broadcast(Wire wire)
    {
        for (int to = 0; to < _world.Plan.Nodes; to++)
        {
            if (to != Index)
            {
                _world.Send(Index, to, wire);
            }
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

    private static string Short(BlockId? block) => block is { } id ? id.ToString()[..6] : "nil";

    private static string Text(Vote vote) => $"{vote.Step} {vote.Height}/{vote.Round} {Short(vote.Block)}";

    private static string Text(Proposal said) =>
        $"Proposal {said.Height}/{said.Round} {Short(said.Block)} valid {said.ValidRound?.ToString() ?? "-"}";
}

using Ledger.Core;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>
/// A driver around one replica: a disk that loses what was not synced, timers, a block builder, a fetcher and the
/// synchronisation of settled blocks. It decides nothing that the replica should.
/// </summary>
internal sealed partial class SimulatedNode
{
    /// <summary>A position draws an answer larger than itself, so nobody gets more than a few per second.</summary>
    private const long AnswerEveryMs = 200;

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
    private readonly long[] _answerAfterMs;
    private Height? _quarantine;
    private Func<Height> _highestProven = () => Height.Zero;
    private bool _stepping;
    private (CrashPoint Point, Action Then)? _doom;

    public SimulatedNode(World world, Checker checker, int index, SafetyRules rules)
    {
        _world = world;
        _checker = checker;
        _rules = rules;
        Index = index;
        _answerAfterMs = new long[world.Plan.Nodes];
    }

    public int Index { get; }

    public bool IsUp => _replica is not null;

    public Height Settled => new((ulong)_chain.Count);

    public Replica? Replica => _replica;

    public void Boot()
    {
        _life++;
        Height settled = Settled;
        var recovery = new ReplicaRecovery(
            settled,
            settled == Height.Zero ? new UnixTime(World.EpochMs - 1_000) : _world.Block(_chain[^1].Block).Time,
            _world.Plan.ValidatorsAt(settled.Next),
            [.. _disk.Where(entry => entry.Height > settled)],
            _quarantine);
        _effects.Clear();
        _replica = Replica.Start(new ReplicaSettings(Plan.KeyOf(Index), Plan.Timing), recovery, _rules, _effects);
        _world.Say(Index, $"boot at {_replica.Height}{(_quarantine is null ? "" : " in quarantine")}");
        CarryOut();
        Drain();
        Poll();
        Sync();
        if (_quarantine == ReplicaRecovery.UnboundedQuarantine)
        {
            Later(_world.Random.Between(50, 2_000), LearnHowFarOthersAre);
        }
    }

    /// <summary>Crashes now or at the next such moment; <paramref name="then"/> follows at once.</summary>
    public void CrashAt(CrashPoint point, Action then)
    {
        _doom = (point, then);
        Strike(CrashPoint.Now);
    }

    private void Strike(CrashPoint point)
    {
        if (_doom is { } doom && doom.Point == point)
        {
            _doom = null;
            Crash();
            doom.Then();
        }
    }

    /// <summary>Writes under way reach the disk or not, as luck will have it; nothing else is lost.</summary>
    private void Crash()
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

    /// <summary>
    /// Brings an old journal back; the driver noticed, so the replica starts under quarantine, and stays so however
    /// often it restarts.
    /// </summary>
    public void BootFromBackup(Func<Height> highestProven)
    {
        _world.Count(Fault.OldBackup);
        _disk.Clear();
        _disk.AddRange(_backup);
        _quarantine = ReplicaRecovery.UnboundedQuarantine;
        _highestProven = highestProven;
        Boot();
    }

    private void LearnHowFarOthersAre()
    {
        Take(new QuarantineBounded(new Height(_highestProven().Value + 2)));
        _quarantine = _replica?.QuarantineUntil ?? _quarantine;
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
            case PositionWire position when _world.NowMs >= _answerAfterMs[from]:
                _answerAfterMs[from] = _world.NowMs + AnswerEveryMs;
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
        int life = _life;
        foreach (Effect effect in _effects.ToList())
        {
            CarryOut(effect);
            if (effect is PersistJournal)
            {
                Later(_world.Random.Between(0, 10), () => Strike(CrashPoint.Writing));
            }
            else if (effect is SignAndBroadcastVote or SignAndBroadcastProposal)
            {
                Strike(CrashPoint.Spoken);
            }

            if (life != _life)
            {
                break;
            }
        }

        _stepping = was;
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

        Later(_world.Random.Between(20, 200), Poll);
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

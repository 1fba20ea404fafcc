using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <content>Carrying out what the replica asks for.</content>
internal sealed partial class SimulatedNode
{
    /// <summary>How long until a write that found no space is tried again.</summary>
    private const long RetryMs = 50;

    private void CarryOut(Effect effect)
    {
        _checker.OnEffect(Index, effect, _disk, _replica!.Validators);
        switch (effect)
        {
            case BuildBlock build:
                Build(build);
                break;
            case CheckBlock check:
                Check(check);
                break;
            case PersistJournal persist:
                Persist(persist);
                break;
            case SignAndBroadcastProposal said:
                SignedProposal proposal = _world.Sign(Index, said.Proposal, _replica!.Self!.Value);
                _world.Say(Index, $"{said.Proposal.Show(_world)}");
                Broadcast(new ProposalWire(proposal));
                Later(1, () => Take(new ProposalHeard(proposal, _world.ClockOf(Index))));
                break;
            case SignAndBroadcastVote said:
                SignedVote vote = _world.Sign(Index, said.Vote, said.Validator);
                _world.Say(Index, $"{said.Vote.Show(_world)}");
                Broadcast(new VoteWire(vote));
                Later(1, () => Take(new VoteHeard(vote)));
                break;
            case ArmTimeout arm when _driver.Tells(arm.Kind):
                Later(
                    arm.After.Ticks / TimeSpan.TicksPerMillisecond,
                    () => Take(new TimeoutElapsed(arm.Height, arm.Round, arm.Kind)));
                break;
            case CommitBlock decided:
                Store(decided.Commit);
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
            case Rebroadcast again when _driver.SaysAgain:
                if (again.Proposal is { } proposal)
                {
                    Broadcast(new ProposalWire(proposal));
                }

                foreach (SignedVote vote in again.Votes)
                {
                    Broadcast(new VoteWire(vote));
                }

                break;
            case AnnouncePosition announce when _driver.SaysAgain:
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
                _world.Send(Index, (int)send.Peer.Value, new CommitWire(_disk.Chain[(int)send.Height.Value - 1]));
                break;
            case RequestSync sync:
                _syncTarget = sync.Height > _syncTarget ? sync.Height : _syncTarget;
                break;
            case AwaitHeads when !_asksForHeads:
                _asksForHeads = true;
                Later(_world.Random.Between(10, 500), AskForHeads);
                break;
            case QuarantineEnds ends:
                _disk.Quarantine = ends.Until;
                break;
            case WarnSignedElsewhere warning:
                _disk.Quarantine = warning.SilentUntil;
                break;
        }

        Transcribe(effect);
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
            case WarnSignedElsewhere warning:
                _world.Say(Index, $"sees its key used elsewhere, keeps silent up to {warning.SilentUntil}");
                break;
            case ReportMisbehaviour { Misbehaviour: DoubleVote two }:
                _world.Say(
                    Index,
                    $"reports n{NodeOf(two.Validator)}: {two.First.Vote.Show(_world)}"
                    + $" and {_world.NameOf(two.Second.Vote.Block)}");
                break;
            case ReportMisbehaviour { Misbehaviour: DoubleProposal two }:
                _world.Say(
                    Index,
                    $"reports n{NodeOf(two.Validator)}: {two.First.Proposal.Show(_world)}"
                    + $" and {_world.NameOf(two.Second.Proposal.Block)}");
                break;
        }
    }

    private int NodeOf(ValidatorIndex validator) => _world.Plan.NodeOf(_replica!.Validators[validator].Key);

    private void Persist(PersistJournal persist)
    {
        if (_disk.IsFull)
        {
            _world.Count(Fault.DiskFull);
            Later(RetryMs, _driver.WaitsForSpace
                ? () => Persist(persist)
                : () => Take(new JournalPersisted(persist.Ticket)));
            return;
        }

        ulong write = _disk.Write(persist.Entry);
        Later(_world.Random.Between(0, 15), () =>
        {
            if (_driver.SyncsData)
            {
                _disk.Sync(write);
            }

            Take(new JournalPersisted(persist.Ticket));
        });
    }

    private void Store(Commit commit)
    {
        _world.Say(Index, $"decides {_world.NameOf(commit.Block)} at {commit.Height} in round {commit.Round}");
        _world.Decided(Index);
        ulong write = _disk.Write(commit);
        if (!_driver.SettlesOnceDurable)
        {
            _checker.OnAcknowledged(Index, commit.Height);
        }

        void Finish()
        {
            if (_disk.IsFull)
            {
                _world.Count(Fault.DiskFull);
                Later(RetryMs, Finish);
                return;
            }

            _disk.Sync(write);
            _checker.OnAcknowledged(Index, commit.Height);
            Settle(commit);
        }

        Later(_world.Random.Between(0, 30), Finish);
    }

    private void Build(BuildBlock build)
    {
        // The builder waits until its clock has passed the block before.
        long wait = (long)build.NotBefore.Milliseconds - (long)_world.ClockOf(Index).Milliseconds;
        Later(Math.Max(0, wait) + _world.Random.Between(1, 20), () =>
        {
            SimulatedBlock block = _world.NewBlock(build.Height, _world.ClockOf(Index));
            _disk.HoldBlock(block.Id);
            Take(new BlockBuilt(build.Height, build.Round, block.Id, block.Time));
        });
    }

    private void Check(CheckBlock check)
    {
        SimulatedBlock block = _world.Block(check.Block);
        if (!_driver.FetchesBeforeItVouches)
        {
            Take(new BlockChecked(check.Height, check.Block, Valid: true));
            return;
        }

        if (!block.Served)
        {
            return;
        }

        bool slow = _world.Chaos && _world.Random.Chance(_world.Plan.Scripted ? 0 : 5);
        if (slow)
        {
            _world.Count(Fault.SlowFetch);
        }

        Later(_world.Random.Between(1, slow ? 3_000 : 30), () =>
        {
            _disk.HoldBlock(block.Id);
            Take(new BlockChecked(check.Height, check.Block, block.Valid && block.Height == check.Height));
        });
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
}

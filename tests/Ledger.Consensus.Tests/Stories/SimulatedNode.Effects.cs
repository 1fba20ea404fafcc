using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <content>Carrying out what the replica asks for.</content>
internal sealed partial class SimulatedNode
{
    /// <summary>How long until a write that found no space is tried again.</summary>
    private const long RetryMs = 50;

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
                Persist(persist);
                break;
            case SignAndBroadcastProposal said:
                SignedProposal proposal = _world.Sign(Index, said.Proposal, _replica!.Self!.Value);
                _world.Say(Index, $"{said.Proposal.Show(_world)}");
                Broadcast(new ProposalWire(proposal));
                Later(1, () => Take(new ProposalHeard(proposal, _world.Clock)));
                break;
            case SignAndBroadcastVote said:
                SignedVote vote = World.Sign(Index, said.Vote, said.Validator);
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
                _world.Send(Index, (int)send.Peer.Value, new CommitWire(_disk.Chain[(int)send.Height.Value - 1]));
                break;
            case RequestSync sync:
                _syncTarget = sync.Height > _syncTarget ? sync.Height : _syncTarget;
                break;
            case AwaitHeads when !_asksForHeads:
                _asksForHeads = true;
                Later(10, AskForHeads);
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
                    $"reports n{two.Validator}: {two.First.Vote.Show(_world)}"
                    + $" and {_world.NameOf(two.Second.Vote.Block)}");
                break;
            case ReportMisbehaviour { Misbehaviour: DoubleProposal two }:
                _world.Say(
                    Index,
                    $"reports n{two.Validator}: {two.First.Proposal.Show(_world)}"
                    + $" and {_world.NameOf(two.Second.Proposal.Block)}");
                break;
        }
    }

    private void Persist(PersistJournal persist)
    {
        if (_disk.IsFull)
        {
            Later(RetryMs, _driver.WaitsForSpace
                ? () => Persist(persist)
                : () => Take(new JournalPersisted(persist.Ticket)));
            return;
        }

        ulong write = _disk.Write(persist.Entry);
        Later(0, () =>
        {
            _disk.Sync(write);
            Take(new JournalPersisted(persist.Ticket));
        });
    }

    private void Store(Commit commit)
    {
        _world.Say(Index, $"decides {_world.NameOf(commit.Block)} at {commit.Height} in round {commit.Round}");
        ulong write = _disk.Write(commit);

        void Finish()
        {
            if (_disk.IsFull)
            {
                Later(RetryMs, Finish);
                return;
            }

            _disk.Sync(write);
            Settle(commit);
        }

        Later(0, Finish);
    }

    private void Build(BuildBlock build)
    {
        // The builder waits until its clock has passed the block before.
        long wait = (long)build.NotBefore.Milliseconds - (long)_world.Clock.Milliseconds;
        Later(Math.Max(0, wait) + 1, () =>
        {
            SimulatedBlock block = _world.NewBlock(build.Height, _world.Clock);
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

        Later(1, () =>
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

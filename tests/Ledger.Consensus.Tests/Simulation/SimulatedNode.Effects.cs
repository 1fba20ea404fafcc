using Ledger.Core;

namespace Ledger.Consensus.Tests.Simulation;

/// <content>Carrying out what the replica asks for.</content>
internal sealed partial class SimulatedNode
{
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
                _world.Decided(Index);
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

    private static string Short(BlockId? block) => block is { } id ? id.ToString()[..6] : "nil";

    private static string Text(Vote vote) => $"{vote.Step} {vote.Height}/{vote.Round} {Short(vote.Block)}";

    private static string Text(Proposal said) =>
        $"Proposal {said.Height}/{said.Round} {Short(said.Block)} valid {said.ValidRound?.ToString() ?? "-"}";
}

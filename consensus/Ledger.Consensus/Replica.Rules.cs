using Ledger.Consensus.Rounds;
using Ledger.Consensus.Tally;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <content>From what is known to the paper's conditions, and from its rules to effects.</content>
public sealed partial class Replica
{
    /// <summary>Lets rules fire until none applies. Each moves the state forward, so this ends.</summary>
    private void ApplyRules()
    {
        while (_phase == ReplicaPhase.Deliberating && Applicable() is { } transition)
        {
            Take(transition);
        }
    }

    private Transition? Applicable()
    {
        foreach (RoundEvent happened in WhatHolds())
        {
            if (RoundRules.Next(_round, happened, _rules) is { } transition)
            {
                return transition;
            }
        }

        return null;
    }

    /// <summary>The conditions that hold now, those that leave the round first.</summary>
    private IEnumerable<RoundEvent> WhatHolds()
    {
        if (_precommitted is { } decided && CheckOf(decided.Block) == CheckState.Valid)
        {
            yield return new RoundEvent.QuorumPrecommittedBlock(decided.Round, decided.Block);
        }

        if (_laterRounds.HonestRound(_rules) is { } ahead)
        {
            yield return new RoundEvent.HonestInRound(ahead);
        }

        if (_messages.Find(_round.Round) is not { } now)
        {
            yield break;
        }

        if (_round.Step == RoundStep.Propose && now.Proposal is { } proposal && Judge(proposal) is { } judged)
        {
            yield return judged;
        }

        if (now.Prevotes.QuorumBlock is { } polka && CheckOf(polka) == CheckState.Valid)
        {
            yield return new RoundEvent.QuorumPrevotedBlock(polka);
        }

        if (now.Prevotes.HasQuorumForNil)
        {
            yield return new RoundEvent.QuorumPrevotedNil();
        }

        if (now.Prevotes.HasQuorum)
        {
            yield return new RoundEvent.QuorumPrevoted();
        }

        if (now.Precommits.HasQuorum)
        {
            yield return new RoundEvent.QuorumPrecommitted();
        }
    }

    /// <summary>
    /// Lines 22 and 28; null while the block is being checked or the quorum for an earlier round is lacking.
    /// </summary>
    private RoundEvent? Judge(HeardProposal proposal)
    {
        BlockId block = proposal.Content.Block;
        CheckState check = CheckOf(block);
        if (proposal.Content.ValidRound is not { } validRound)
        {
            bool timely = _rules.IsTimely(
                proposal.Signed.BlockTime, _settledTime, proposal.HeardAt, _settings.Timing, _round.Round);
            bool refused = !timely || !_rules.LockAllowsFresh(_round.Locked, block);
            return refused || check != CheckState.Asked
                ? new RoundEvent.FreshProposal(block, timely && check == CheckState.Valid)
                : null;
        }

        if (_messages.Find(validRound)?.Prevotes.HasQuorumFor(block) != true)
        {
            return null;
        }

        return check != CheckState.Asked || !_rules.LockAllowsCertified(_round.Locked, block, validRound)
            ? new RoundEvent.CertifiedProposal(block, validRound, check == CheckState.Valid)
            : null;
    }

    private void Take(Transition transition)
    {
        _round = transition.Next;
        _effects.Add(new RuleApplied(transition.Rule, _height, _round.Round));
        Perform(transition.Action);
    }

    private void Perform(RoundAction? action)
    {
        switch (action)
        {
            case null:
                break;
            case RoundAction.GetBlock:
                _effects.Add(new BuildBlock(_height, _round.Round, new UnixTime(_settledTime.Milliseconds + 1)));
                break;
            case RoundAction.Propose propose:
                Commit(new ProposalEntry(new Proposal(_height, _round.Round, propose.ValidRound, propose.Block)));
                break;
            case RoundAction.Cast cast:
                Commit(EntryFor(new Vote(_height, _round.Round, cast.Step, cast.Block)));
                break;
            case RoundAction.Arm arm:
                Arm(arm.Kind);
                break;
            case RoundAction.StartRound start:
                StartRound(start.Round);
                break;
            case RoundAction.Decide decide:
                Decide(decide);
                break;
            default:
                throw new InvalidOperationException($"Unknown action {action}.");
        }
    }

    private JournalEntry EntryFor(Vote vote) =>
        vote is { Step: VoteStep.Precommit, Block: { } block }
            ? new LockEntry(_height, vote.Round, block, _messages.Open(vote.Round).Prevotes.VotesFor(block))
            : new VoteEntry(vote);

    /// <summary>Lines 51 to 54; the next height starts once this one is executed and durable.</summary>
    private void Decide(RoundAction.Decide decide)
    {
        _phase = ReplicaPhase.Settling;
        StepVotes precommits = _messages.Open(decide.Round).Precommits;
        _effects.Add(
            new CommitBlock(new Commit(_height, decide.Round, decide.Block, precommits.VotesFor(decide.Block))));
    }

    private void OnBlockBuilt(BlockBuilt input)
    {
        bool mine = MaySign
            && _phase == ReplicaPhase.Deliberating
            && input.Height == _height
            && input.Round == _round.Round
            && _validators.ProposerOf(_height, _round.Round) == _self
            && !_signed.HasProposal(_height, _round.Round);
        if (mine && input.BlockTime <= _settledTime)
        {
            throw new ArgumentException($"A block at {input.BlockTime} is not after {_settledTime}.", nameof(input));
        }

        if (mine && RoundRules.Next(_round, new RoundEvent.BlockAtHand(input.Block), _rules) is { } transition)
        {
            Take(transition);
        }
        else
        {
            Ignore(input, IgnoreReason.Stale);
        }
    }

    private void OnBlockChecked(BlockChecked input)
    {
        if (input.Height != _height || CheckOf(input.Block) != CheckState.Asked || !_checks.ContainsKey(input.Block))
        {
            Ignore(input, input.Height == _height ? IgnoreReason.AlreadyKnown : IgnoreReason.Stale);
            return;
        }

        bool valid = _rules.IsValid(input.Valid);
        _checks[input.Block] = valid ? CheckState.Valid : CheckState.Invalid;
        if (!valid && _precommitted is { } decided && decided.Block == input.Block)
        {
            _effects.Add(new WarnInvalidBlockDecided(_height, decided.Round, decided.Block));
        }
    }

    private CheckState CheckOf(BlockId block) => _checks.GetValueOrDefault(block, CheckState.Asked);

    private void RequireCheck(Round round, BlockId block, bool again)
    {
        if (_checks.TryAdd(block, CheckState.Asked) || (again && _checks[block] == CheckState.Asked))
        {
            _effects.Add(new CheckBlock(_height, round, block));
        }
    }

    /// <summary>Answers are kept for the blocks that a remembered proposal, lock or quorum names.</summary>
    private void ForgetChecks()
    {
        foreach (BlockId block in _checks.Keys.Where(block => !IsNamed(block)).ToList())
        {
            _checks.Remove(block);
        }
    }

    private bool IsNamed(BlockId block) =>
        block == _round.Locked?.Block
        || block == _round.Valid?.Block
        || block == _precommitted?.Block
        || _messages.AnyRound(round =>
            round.Proposal?.Content.Block == block || round.Prevotes.QuorumBlock == block);
}

using Ledger.Consensus.Rounds;
using Ledger.Consensus.Tally;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <content>From height to height, and from round to round.</content>
public sealed partial class Replica
{
    /// <summary>Rounds of a height whose messages are kept, the current one included.</summary>
    private const uint RoundsKept = 16;

    private void EnterHeight(Height height, UnixTime settledTime, ValidatorSet validators)
    {
        // Early messages were verified against the set in force then; under another set their indices mean nothing.
        List<Input> early = height == _height.Next && validators.Equals(_validators)
            ? _nextHeight.TakeUpTo(new Round(uint.MaxValue))
            : [];
        if (!validators.Equals(_validators))
        {
            _heardAt = new Height[validators.Count];
        }

        _height = height;
        _settledTime = settledTime;
        _validators = validators;
        _self = _settings.Key is { } key ? validators.IndexOf(key) : null;
        _phase = ReplicaPhase.WaitingForWork;
        _round = RoundState.Initial;
        _messages = new HeightMessages(validators, _rules);
        _laterRounds = new EarlyMessages(validators);
        _nextHeight = new EarlyMessages(validators);
        _precommitted = null;
        _checks.Clear();
        _unsynced.Clear();
        _signed.DropBelow(height);

        BoundQuarantine();
        List<JournalEntry> own = _signed.At(height);
        if (own.Count > 0 && MaySign)
        {
            Resume(own);
        }
        else if (_wanted >= height)
        {
            StartRound(Round.Zero);
        }

        HandInEarly(early);
    }

    /// <summary>
    /// Goes on where the journal ends: same round, same step, same lock; nothing is said differently.
    /// </summary>
    private void Resume(List<JournalEntry> own)
    {
        Round last = own[^1].Round;
        RoundStep step = SigningLog.VoteOf(own[^1]) switch
        {
            { Step: VoteStep.Precommit } => RoundStep.Precommit,
            { Step: VoteStep.Prevote } => RoundStep.Prevote,
            _ => RoundStep.Propose,
        };
        _phase = ReplicaPhase.Deliberating;
        var held = own.FindLast(entry => entry is LockEntry) as LockEntry;
        CertifiedBlock? locked = held is null
            ? null
            : _rules.LockAgain(new CertifiedBlock(held.Block, held.Round));
        _round = RoundState.Resumed(last, step, locked);
        if (held is not null)
        {
            foreach (SignedVote prevote in _rules.PolkaOf(held))
            {
                _messages.Open(held.Round).Prevotes.Add(prevote);
            }

            RequireCheck(held.Round, held.Block, again: false);
        }

        if (step == RoundStep.Propose)
        {
            StartRound(last);
        }
        else
        {
            AnnounceRound();
        }

        foreach (JournalEntry entry in own.Where(entry => MattersStill(entry.Round)))
        {
            Speak(entry);
        }

        if (_rules.CastsWhatNobodySaw)
        {
            CastWhatNobodySaw(last, step);
        }
    }

    /// <summary>
    /// Votes that were on their way to the disk when it left their step, so nobody has seen them. Others may wait for
    /// them, and what made this validator go on may be known to nobody any more: for the block of its precommit, or nil.
    /// </summary>
    private void CastWhatNobodySaw(Round last, RoundStep step)
    {
        uint first = last.Value < RoundsKept ? 0 : last.Value - RoundsKept + 1;
        for (uint i = first; i <= last.Value; i++)
        {
            var round = new Round(i);
            bool isPast = round < last;
            if ((isPast || step == RoundStep.Precommit) && !_signed.HasVote(_height, round, VoteStep.Prevote))
            {
                BlockId? block = _signed.Locked(_height, round)?.Block;
                Commit(EntryFor(new Vote(_height, round, VoteStep.Prevote, block)));
            }

            if (isPast && !_signed.HasVote(_height, round, VoteStep.Precommit))
            {
                Commit(EntryFor(new Vote(_height, round, VoteStep.Precommit, null)));
            }
        }
    }

    /// <summary>Line 11: <c>Function StartRound(round)</c>.</summary>
    private void StartRound(Round round)
    {
        _phase = ReplicaPhase.Deliberating;
        bool mine = MaySign
            && _validators.ProposerOf(_height, round) == _self
            && !_signed.HasProposal(_height, round);
        Transition started = RoundRules.Next(_round, new RoundEvent.Started(round, mine), _rules)
            ?? throw new InvalidOperationException("A round can always be started.");
        _round = started.Next;
        _messages.Keep(MattersStill);
        _signed.Keep(MattersStill, _height);
        ForgetChecks();
        AnnounceRound();
        _effects.Add(new RuleApplied(started.Rule, _height, round));
        Perform(started.Action);
        HandInEarly(_laterRounds.TakeUpTo(round));
    }

    private void AnnounceRound()
    {
        Round round = _round.Round;
        _effects.Add(new RoundEntered(_height, round, _validators.ProposerOf(_height, round)));
        if (_round.Step == RoundStep.Propose)
        {
            Arm(TimeoutKind.Propose);
        }

        Arm(TimeoutKind.Resend);
    }

    private void Arm(TimeoutKind kind) =>
        _effects.Add(new ArmTimeout(_height, _round.Round, kind, _settings.Timing.Of(kind, _round.Round)));

    private void OnHeightWanted(HeightWanted input)
    {
        if (input.Height < _height)
        {
            Ignore(input, IgnoreReason.PastHeight);
            return;
        }

        _wanted = input.Height > _wanted ? input.Height : _wanted;
        if (input.Height == _height && _phase == ReplicaPhase.WaitingForWork)
        {
            StartRound(Round.Zero);
        }
        else
        {
            Ignore(input, IgnoreReason.AlreadyKnown);
        }
    }

    private void OnBlockSettled(BlockSettled input)
    {
        if (input.Height < _height)
        {
            Ignore(input, IgnoreReason.PastHeight);
            return;
        }

        if (input.Height == _height && _phase == ReplicaPhase.Settling && _precommitted?.Block != input.Block)
        {
            throw new InvalidOperationException(
                $"Height {_height}: decided {_precommitted?.Block}, but {input.Block} was settled.");
        }

        if (input.Height > _height)
        {
            // The buffer for "the next height" was for another one.
            _nextHeight = new EarlyMessages(_validators);
            _height = input.Height;
        }

        _settings = input.Settings ?? _settings;
        EnterHeight(input.Height.Next, input.BlockTime, input.Next);
    }

    private void OnTimeout(TimeoutElapsed input)
    {
        if (_phase != ReplicaPhase.Deliberating || input.Height != _height || input.Round != _round.Round)
        {
            Ignore(input, IgnoreReason.Stale);
        }
        else if (input.Kind == TimeoutKind.Resend)
        {
            OnNothingMoved();
        }
        else if (RoundRules.Next(_round, new RoundEvent.TimedOut(input.Kind), _rules) is { } transition)
        {
            Take(transition);
        }
        else
        {
            Ignore(input, IgnoreReason.Stale);
        }
    }

    /// <summary>
    /// The current and recent rounds, those of our lock and valid block, and the one our proposal points to.
    /// </summary>
    private bool MattersStill(Round round) =>
        round <= _round.Round
        && (_round.Round.Value - round.Value < RoundsKept
            || round == _round.Locked?.Round
            || round == _round.Valid?.Round
            || round == _precommitted?.Round
            || round == _messages.Find(_round.Round)?.Proposal?.Content.ValidRound);
}

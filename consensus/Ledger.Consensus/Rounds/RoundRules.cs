using Ledger.Core;
using Ledger.Core.Chain;
using static Ledger.Consensus.Rounds.RoundAction;
using static Ledger.Consensus.Rounds.RoundEvent;

namespace Ledger.Consensus.Rounds;

/// <summary>
/// Algorithm 1 of arXiv 1807.04938 as a function: state and event in, next state and action out, null where no rule
/// applies. It counts nothing, signs nothing and knows no clock. Two departures, both towards more liveness and
/// without bearing on safety: the proposer, too, times its own proposal out (a builder may have nothing to build), and
/// a quorum of votes for a block stands for its proposal in lines 36 and 49 (an honest voter in it saw one).
/// </summary>
internal static class RoundRules
{
    public static Transition? Next(RoundState state, RoundEvent happened, SafetyRules rules) => (state.Step, happened) switch
    {
        // 14: if proposer(h_p, round_p) = p then  15: if validValue_p ≠ nil then  16: proposal ← validValue_p
        // 19: broadcast ⟨PROPOSAL, h_p, round_p, proposal, validRound_p⟩
        (_, Started { Mine: true } started) when state.Valid is { } valid =>
            new(ProtocolRule.ProposeValidAgain, state.Enter(started.Round), new Propose(valid.Block, valid.Round)),

        // 17: else  18: proposal ← getValue()
        (_, Started { Mine: true } started) =>
            new(ProtocolRule.AskForBlock, state.Enter(started.Round), new GetBlock()),

        // 20: else  21: schedule OnTimeoutPropose(h_p, round_p)
        (_, Started started) =>
            new(ProtocolRule.AwaitProposal, state.Enter(started.Round), null),

        // 19: broadcast ⟨PROPOSAL, h_p, round_p, proposal, validRound_p⟩ with validRound_p = -1
        (RoundStep.Propose, BlockAtHand built) when state.Valid is null =>
            new(ProtocolRule.ProposeFresh, state, new Propose(built.Block, null)),

        // 22: upon ⟨PROPOSAL, h_p, round_p, v, -1⟩ from proposer(h_p, round_p) while step_p = propose
        // 23: if valid(v) ∧ (lockedRound_p = -1 ∨ lockedValue_p = v)  24: broadcast ⟨PREVOTE, h_p, round_p, id(v)⟩
        (RoundStep.Propose, FreshProposal fresh) when fresh.Sound && rules.LockAllowsFresh(state.Locked, fresh.Block) =>
            Prevote(ProtocolRule.PrevoteFresh, state, fresh.Block),

        // 25: else  26: broadcast ⟨PREVOTE, h_p, round_p, nil⟩
        (RoundStep.Propose, FreshProposal) => Prevote(ProtocolRule.RefuseFresh, state, null),

        // 28: upon ⟨PROPOSAL, h_p, round_p, v, vr⟩ AND 2f+1 ⟨PREVOTE, h_p, vr, id(v)⟩
        //     while step_p = propose ∧ (vr ≥ 0 ∧ vr < round_p)
        // 29: if valid(v) ∧ (lockedRound_p ≤ vr ∨ lockedValue_p = v)  30: broadcast ⟨PREVOTE, h_p, round_p, id(v)⟩
        (RoundStep.Propose, CertifiedProposal certified)
            when certified.Sound && rules.LockAllowsCertified(state.Locked, certified.Block, certified.ValidRound) =>
            Prevote(ProtocolRule.PrevoteCertified, state, certified.Block),

        // 31: else  32: broadcast ⟨PREVOTE, h_p, round_p, nil⟩
        (RoundStep.Propose, CertifiedProposal) => Prevote(ProtocolRule.RefuseCertified, state, null),

        // 36: upon 2f+1 ⟨PREVOTE, h_p, round_p, id(v)⟩ while valid(v) ∧ step_p ≥ prevote for the first time
        // 37: if step_p = prevote  38: lockedValue_p ← v  39: lockedRound_p ← round_p
        // 40: broadcast ⟨PRECOMMIT, h_p, round_p, id(v)⟩  41: step_p ← precommit
        // 42: validValue_p ← v  43: validRound_p ← round_p
        (RoundStep.Prevote, QuorumPrevotedBlock polka) when !state.PolkaSeen =>
            Precommit(ProtocolRule.LockAndPrecommit, Lock(state, polka.Block, rules), polka.Block),

        // 36 with step_p = precommit: 42, 43 alone
        (RoundStep.Precommit, QuorumPrevotedBlock polka) when !state.PolkaSeen =>
            new(ProtocolRule.RememberValid, Remember(state, polka.Block), null),

        // 44: upon 2f+1 ⟨PREVOTE, h_p, round_p, nil⟩ while step_p = prevote  45: broadcast ⟨PRECOMMIT, …, nil⟩
        (RoundStep.Prevote, QuorumPrevotedNil) => Precommit(ProtocolRule.PrecommitNil, state, null),

        // 34: upon 2f+1 ⟨PREVOTE, h_p, round_p, *⟩ while step_p = prevote for the first time
        // 35: schedule OnTimeoutPrevote(h_p, round_p)
        (RoundStep.Prevote, QuorumPrevoted) when !state.PrevoteTimeoutArmed =>
            new(ProtocolRule.ArmPrevoteTimeout, state with { PrevoteTimeoutArmed = true }, new Arm(TimeoutKind.Prevote)),

        // 47: upon 2f+1 ⟨PRECOMMIT, h_p, round_p, *⟩ for the first time  48: schedule OnTimeoutPrecommit(h_p, round_p)
        (_, QuorumPrecommitted) when !state.PrecommitTimeoutArmed =>
            new(ProtocolRule.ArmPrecommitTimeout, state with { PrecommitTimeoutArmed = true }, new Arm(TimeoutKind.Precommit)),

        // 49: upon 2f+1 ⟨PRECOMMIT, h_p, r, id(v)⟩ while decision_p[h_p] = nil  50: if valid(v)  51: decision_p[h_p] = v
        (_, QuorumPrecommittedBlock decided) =>
            new(ProtocolRule.Decide, state, new Decide(decided.Round, decided.Block)),

        // 55: upon f+1 ⟨*, h_p, round, *, *⟩ with round > round_p  56: StartRound(round)
        (_, HonestInRound ahead) when ahead.Round > state.Round =>
            new(ProtocolRule.SkipToRound, state, new StartRound(ahead.Round)),

        // 57: OnTimeoutPropose  58: if … step_p = propose  59: broadcast ⟨PREVOTE, h_p, round_p, nil⟩  60: step_p ← prevote
        (RoundStep.Propose, TimedOut { Kind: TimeoutKind.Propose }) =>
            Prevote(ProtocolRule.PrevoteNilOnTimeout, state, null),

        // 61: OnTimeoutPrevote  62: if … step_p = prevote  63: broadcast ⟨PRECOMMIT, …, nil⟩  64: step_p ← precommit
        (RoundStep.Prevote, TimedOut { Kind: TimeoutKind.Prevote }) =>
            Precommit(ProtocolRule.PrecommitNilOnTimeout, state, null),

        // 65: OnTimeoutPrecommit  66: if height = h_p ∧ round = round_p  67: StartRound(round_p + 1)
        (_, TimedOut { Kind: TimeoutKind.Precommit }) when state.Round.Value < uint.MaxValue =>
            new(ProtocolRule.NextRoundOnTimeout, state, new StartRound(state.Round.Next)),

        _ => null,
    };

    private static Transition Prevote(ProtocolRule rule, RoundState state, BlockId? block) =>
        new(rule, state with { Step = RoundStep.Prevote }, new Cast(VoteStep.Prevote, block));

    private static Transition Precommit(ProtocolRule rule, RoundState state, BlockId? block) =>
        new(rule, state with { Step = RoundStep.Precommit }, new Cast(VoteStep.Precommit, block));

    private static RoundState Lock(RoundState state, BlockId block, SafetyRules rules) =>
        Remember(state, block) with { Locked = rules.LockOn(new CertifiedBlock(block, state.Round)) };

    private static RoundState Remember(RoundState state, BlockId block) =>
        state with { Valid = new CertifiedBlock(block, state.Round), PolkaSeen = true };
}
